"""The signatures that the library datasketch makes, so that indexes of them stay of use.

A token is an n-gram of words (`operators.kernels.tokens`) joined by one space, as UTF-8; a text of fewer words than n has
one, of all its words; a text without words and a null have none. Its hash h is the first four bytes of its SHA-1. Lane j is
the minimum over the tokens of

- affine32 (datasketch's default from 2.0): ``a[j] * fmix(h) + b[j]`` modulo 2**32, fmix being MurmurHash3's 32-bit finaliser;
- legacy (the only one before 2.0): ``(a[j] * h + b[j] mod 2**64) mod (2**61 - 1)``, of which the lower 32 bits.

Source: datasketch 2.0.0, minhash.py (Zhu; MIT licence).
"""

from typing import Any, Literal

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.sha1 import sha1_32
from operators.kernels.shingles import BLOCK, KINDS
from operators.kernels.tokens import find_words

Scheme = Literal["affine32", "legacy"]

_EMPTY = np.uint64(0xFFFFFFFF)
_MERSENNE = np.uint64((1 << 61) - 1)


def datasketch_permutations(count: int, seed: int, scheme: Scheme) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The factors a and b of ``datasketch.MinHash(count, seed, scheme=scheme)``, from numpy's frozen legacy generator.

    >>> [lane.tolist() for lane in datasketch_permutations(2, 1, "affine32")]
    [[3582191691, 4270784983], [3093770124, 4005303368]]
    """
    generator = np.random.RandomState(seed)
    if scheme == "legacy":
        drawn = [
            (generator.randint(1, int(_MERSENNE), dtype=np.uint64), generator.randint(0, int(_MERSENNE), dtype=np.uint64))
            for _ in range(count)
        ]
        a, b = np.array(drawn, np.uint64).reshape(count, 2).T
        return np.ascontiguousarray(a), np.ascontiguousarray(b)
    odd = generator.randint(0, 1 << 31, count, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return odd.astype(np.uint64), generator.randint(0, 1 << 32, count, dtype=np.uint32).astype(np.uint64)


@nb.njit(inline="always")
def _fmix(h: Any) -> Any:
    h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(h ^ (h >> np.uint32(16)))


@nb.njit(inline="always")
def _modulo_mersenne(v: Any) -> Any:
    v = (v & _MERSENNE) + (v >> np.uint64(61))
    return v - _MERSENNE if v >= _MERSENNE else v


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _lower(lanes: Any, h: Any, a: Any, b: Any, legacy: Any) -> None:
    if legacy:
        x = np.uint64(h)
        for j in range(len(lanes)):
            lanes[j] = min(lanes[j], _modulo_mersenne(a[j] * x + b[j]) & _EMPTY)
    else:
        x = np.uint64(_fmix(h))
        for j in range(len(lanes)):
            lanes[j] = min(lanes[j], (a[j] * x + b[j]) & _EMPTY)


@nb.njit(nogil=True, cache=True)
def _signatures(offsets: Any, data: Any, valid: Any, kinds: Any, n: Any, a: Any, b: Any, legacy: Any) -> Any:
    out = np.full((len(valid), len(a)), _EMPTY)
    starts, ends, w = np.empty(BLOCK + n - 1, np.int64), np.empty(BLOCK + n - 1, np.int64), np.zeros(80, np.uint32)
    for i in range(len(valid)):
        at, stop, kept = offsets[i], offsets[i + 1], np.int64(0)
        while valid[i] and at < stop:
            short = at == offsets[i]
            at, m = find_words(data, at, stop, kinds, starts, ends, kept)
            if m < n and m > 0 and short:
                _lower(out[i], sha1_32(data, starts, ends, 0, m, w), a, b, legacy)
            for first in range(m - n + 1):
                _lower(out[i], sha1_32(data, starts, ends, first, first + n, w), a, b, legacy)
            kept = min(m, n - 1)
            for j in range(kept):
                starts[j], ends[j] = starts[m - kept + j], ends[m - kept + j]
    return out


def datasketch_signatures(
    texts: Strings, size: int, count: int = 128, seed: int = 1, scheme: Scheme = "affine32"
) -> NDArray[np.uint64]:
    """The ``hashvalues`` of a ``datasketch.MinHash(count, seed, scheme=scheme)`` that saw the n-grams of each text: (n, count).

    A row becomes a MinHash again with ``datasketch.MinHash(seed=seed, scheme=scheme, hashvalues=row)``; datasketch before 2.0
    takes those of ``legacy`` and has no ``scheme``. Bytes that are no UTF-8 are hashed as they are. About a
    quarter of a microsecond a token.

    Args:
        texts: what to sign.
        size: words to a token, from 1 to 1000.
        count: lanes.
        seed: of the permutations, below 2**32.
        scheme: which permutations.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> rows = datasketch_signatures(strings(pa.array(["to be or not to be", "to be or not to  be!"])), 2)
    >>> import datasketch
    >>> ours = [datasketch.MinHash(seed=1, scheme="affine32", hashvalues=row) for row in rows]
    >>> theirs = datasketch.MinHash(128, 1)
    >>> theirs.update_batch([b"to be", b"be or", b"or not", b"not to"])
    >>> ours[0] == theirs, round(ours[0].jaccard(ours[1]), 2)
    (True, 0.8)
    """
    if not 1 <= size <= 1000 or count < 1 or scheme not in ("affine32", "legacy"):
        raise ValueError(f"no signatures of {count} lanes, {size} words and scheme {scheme!r}")
    a, b = datasketch_permutations(count, seed, scheme)
    signatures: NDArray[np.uint64] = _signatures(*texts, KINDS, size, a, b, scheme == "legacy")
    return signatures
