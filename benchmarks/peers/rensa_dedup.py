"""rensa's RMinHashDeduplicator over 5-grams of words; a document is removed where one that was kept before it is similar."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from grouping import BANDS, NGRAM, PERMUTATIONS, THRESHOLD, Array, main, shards
from rensa import RMinHashDeduplicator


def ngrams(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[at : at + NGRAM]) for at in range(max(1, len(words) - NGRAM + 1))]


def documents(batch: object) -> Iterator[tuple[str, list[str]]]:
    for row, text in zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True):
        yield str(row), ngrams(text)


def removed(corpus: Path) -> Array:
    tool = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True, num_bands=BANDS)
    found = []
    for shard in shards(corpus):
        for batch in pq.ParquetFile(shard).iter_batches(1024):
            kept = np.array(tool.add_pairs(documents(batch)), bool)
            found.append(batch["id"].to_numpy()[~kept])
    return np.concatenate(found)


if __name__ == "__main__":
    main(removed)
