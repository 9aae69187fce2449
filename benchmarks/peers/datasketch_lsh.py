"""datasketch's MinHash (xxhash, `update_batch`) and MinHashLSH; candidates verified by the estimate.

The third argument is its scheme of permutations: `affine32` is the default since 2.0, `legacy` what releases before it had.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import xxhash
from datasketch import MinHash, MinHashLSH
from grouping import BANDS, NGRAM, PERMUTATIONS, ROWS, THRESHOLD, Array, main, not_the_first, shards


def ngrams(text: str) -> list[bytes]:
    words = text.encode().split()
    return [b" ".join(words[at : at + NGRAM]) for at in range(max(1, len(words) - NGRAM + 1))]


def removed(corpus: Path) -> Array:
    empty = MinHash(num_perm=PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest, scheme=sys.argv[3])
    lsh = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    sketches, left, right = [], [], []
    for shard in shards(corpus):
        for batch in pq.ParquetFile(shard, memory_map=True).iter_batches(1024, columns=["text"]):
            for text in batch["text"].to_pylist():
                sketch = empty.copy()
                sketch.update_batch(ngrams(text))
                alike = [other for other in lsh.query(sketch) if sketches[other].jaccard(sketch) >= THRESHOLD]
                left += alike
                right += [len(sketches)] * len(alike)
                lsh.insert(len(sketches), sketch, check_duplication=False)
                sketches.append(sketch)
    return not_the_first(np.array(left, np.int64), np.array(right, np.int64), len(sketches))


if __name__ == "__main__":
    main(removed)
