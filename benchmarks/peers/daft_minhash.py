"""Daft's minhash expression, its bands grouped and its candidates verified by numpy: the fastest peer measured.

Signatures are gathered into one array while Daft streams its batches. A band becomes a 64-bit key; in each band every document
is paired with the first of its key, and a pair stays where at least 0.8 of the permutations agree.

A third argument bounds how many files Daft reads at a time: 1 takes half the memory and about the same CPU seconds.
"""

import sys
from pathlib import Path

import daft
import numpy as np
from daft import col
from grouping import BANDS, NGRAM, PERMUTATIONS, ROWS, THRESHOLD, Array, documents, main, not_the_first

TURN = 50_000  # pairs verified at a time
FOLD = np.random.default_rng(1).integers(0, 1 << 63, ROWS // 2, np.uint64) | np.uint64(1)


def band_pairs(keys: Array) -> tuple[Array, Array]:
    """Each document of a band beside the first with its key."""
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    new = np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1]))
    first = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return first[~new], order[~new]


def removed(corpus: Path) -> Array:
    if sys.argv[3:]:
        daft.set_execution_config(scantask_max_parallel=int(sys.argv[3]))
    hashed = col("text").minhash(num_hashes=PERMUTATIONS, ngram_size=NGRAM, hash_function="xxhash3_64")
    frame = daft.read_parquet(f"{corpus}/*.parquet").select(col("id"), hashed.alias("minhash"))
    signature = np.empty((documents(corpus), PERMUTATIONS), np.uint32)
    for batch in frame.to_arrow_iter():
        signature[batch["id"].to_numpy()] = batch["minhash"].flatten().to_numpy().reshape(-1, PERMUTATIONS)
    halves = signature.view(np.uint64).reshape(len(signature), BANDS, ROWS // 2)
    bands = [band_pairs(halves[:, band] @ FOLD) for band in range(BANDS)]
    pairs = np.unique(np.concatenate([left * len(signature) + right for left, right in bands]))
    left, right = pairs // len(signature), pairs % len(signature)
    agree = np.empty(len(pairs))
    for at in range(0, len(pairs), TURN):
        turn = slice(at, at + TURN)
        agree[turn] = np.mean(signature[left[turn]] == signature[right[turn]], axis=1)
    return not_the_first(left[agree >= THRESHOLD], right[agree >= THRESHOLD], len(signature))


if __name__ == "__main__":
    main(removed)
