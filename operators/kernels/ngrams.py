"""Hashes of the word n-grams of records, in numba over the ``words`` column."""

from typing import Any

import numba as nb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.hashing import mix
from operators.kernels.words import word_spans

_STEP = np.uint64(0x9E3779B97F4A7C15)


@nb.njit(nogil=True, cache=True)
def _ngram_hashes(offsets: Any, words: Any, n: Any) -> Any:
    bounds = np.zeros(len(offsets), np.int64)
    for i in range(len(offsets) - 1):
        bounds[i + 1] = bounds[i] + max(offsets[i + 1] - offsets[i] - n + 1, 0)
    out = np.empty(bounds[-1], np.uint64)
    for i in range(len(offsets) - 1):
        for k in range(bounds[i + 1] - bounds[i]):
            at = offsets[i] + k
            mixed = words[at]
            for j in range(1, n):
                mixed = mix(mixed + _STEP) ^ words[at + j]
            out[bounds[i] + k] = mix(mixed + _STEP) if n > 1 else mixed
    return bounds, out


def ngram_hashes(offsets: NDArray[np.int64], words: NDArray[np.uint64], n: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The n-grams of word sequences: those of record ``i`` are ``bounds[i]`` to ``bounds[i + 1]``; none crosses records.

    Hashes are mixed over all 64 bits; the order of words matters; unigrams keep their word's hash. About 5 ns an n-gram.

    Args:
        offsets: (records + 1,) where the words of each record start.
        words: hashes of the words.
        n: words to an n-gram.

    >>> bounds, hashes = ngram_hashes(np.array([0, 3, 5, 5]), np.array([7, 8, 7, 7, 8], np.uint64), 2)
    >>> bounds.tolist(), bool(hashes[0] == hashes[2]), bool(hashes[0] == hashes[1])
    ([0, 2, 3, 3], True, False)
    """
    bounds, hashes = _ngram_hashes(offsets, words, n)
    return bounds, hashes


def words_of(batch: pa.RecordBatch) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.uint64]]:
    """Where ``words`` is not null, the offsets of each record's words, and their hashes."""
    spans = word_spans(batch["words"])
    return batch["words"].is_valid().to_numpy(zero_copy_only=False), spans.offsets, spans.hashes
