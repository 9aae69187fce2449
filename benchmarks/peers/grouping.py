"""What every peer is given: the corpus's place, groups of linked documents, and a file of ids to remove.

A peer runs in an environment of its own as ``python peers/NAME.py CORPUS REMOVED.npy``: Parquet shards with `id` and `text`
in, the ids to remove out. The parameters are the same for all: word 5-grams, 112 permutations, 14 bands of 8 rows, and a
threshold of 0.8 where the tool verifies its candidates.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

NGRAM, BANDS, ROWS = 5, 14, 8
PERMUTATIONS = BANDS * ROWS
THRESHOLD = 0.8

Array = np.ndarray[Any, np.dtype[Any]]


def shards(corpus: Path) -> list[Path]:
    """The corpus's files in the order of their documents."""
    return sorted(corpus.glob("*.parquet"))


def documents(corpus: Path) -> int:
    """How many documents the files hold."""
    return sum(pq.ParquetFile(path).metadata.num_rows for path in shards(corpus))


def not_the_first(left: Array, right: Array, documents: int) -> Array:
    """The documents that are linked, by any chain of pairs, to one with a smaller id."""
    links = coo_array((np.ones(len(left), bool), (left, right)), (documents, documents))
    _, labels = connected_components(links, directed=False)
    _, first = np.unique(labels, return_index=True)
    return np.setdiff1d(np.arange(documents), first, assume_unique=True)


def main(removed: Callable[[Path], Array]) -> None:
    """Run a peer from its command line."""
    corpus, found = Path(sys.argv[1]), Path(sys.argv[2])
    np.save(found, removed(corpus).astype(np.int64))
