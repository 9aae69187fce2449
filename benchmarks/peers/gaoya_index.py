"""gaoya's MinHashStringIndex: every document inserted, then queried; what it returns is linked."""

from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from gaoya.minhash import MinHashStringIndex
from grouping import BANDS, NGRAM, PERMUTATIONS, ROWS, THRESHOLD, Array, main, not_the_first, shards

BATCH = 10_000


def removed(corpus: Path) -> Array:
    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=THRESHOLD,
        num_bands=BANDS,
        band_size=ROWS,
        num_hashes=PERMUTATIONS,
        analyzer="word",
        lowercase=False,
        ngram_range=(NGRAM, NGRAM),
        id_container="smallvec",
    )
    for shard in shards(corpus):
        for batch in pq.ParquetFile(shard).iter_batches(BATCH):
            index.par_bulk_insert_docs(batch["id"].to_pylist(), batch["text"].to_pylist())
    left, right = [], []
    for shard in shards(corpus):
        for batch in pq.ParquetFile(shard).iter_batches(BATCH):
            alike = index.par_bulk_query(batch["text"].to_pylist())
            left.append(np.repeat(batch["id"].to_numpy(), list(map(len, alike))))
            right.append(np.fromiter(chain.from_iterable(alike), np.int64))
    return not_the_first(np.concatenate(left), np.concatenate(right), index.size())


if __name__ == "__main__":
    main(removed)
