"""Locality-sensitive hashing of MinHash signatures: which pairs of records are worth comparing, in numba.

A signature of ``k`` lanes agrees with another's in each lane with probability ``s``, their Jaccard similarity (Broder 1997).
It is cut into ``b`` bands of ``r`` lanes; two records with all lanes of a band alike share a bucket, and are found with
probability ``1 - (1 - s**r)**b`` (Indyk and Motwani 1998; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4).
"""

import math
from dataclasses import dataclass
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.hashing import C1, C2, mix

_BLOCK = 512


@dataclass(frozen=True)
class Bands:
    """How a signature is cut: ``bands`` of ``rows`` lanes each."""

    bands: int
    rows: int

    @property
    def permutations(self) -> int:
        """Lanes a signature needs."""
        return self.bands * self.rows


def detection(bands: Bands, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability, 0 to 1, that two records of Jaccard similarity ``s`` share a bucket.

    >>> detection(Bands(18, 6), np.array([0.5, 0.8, 1.0])).round(3).tolist()
    [0.247, 0.996, 1.0]
    """
    return 1.0 - (1.0 - s**bands.rows) ** bands.bands


def choose(threshold: float, most: int = 128, detection: float = 0.995) -> Bands:
    """The cut with the fewest false candidates among those that find pairs at ``threshold`` with probability ``detection``.

    That is the most rows for which at most ``most`` lanes reach it, then the fewest bands. Where none reaches it, the
    greatest probability there is: ``most`` bands of one row.

    >>> choose(0.8)
    Bands(bands=18, rows=6)
    """
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"A similarity threshold lies above 0 and at most at 1, not at {threshold}.")
    for rows in range(most, 0, -1):
        missed = 1.0 - threshold**rows
        if 1.0 - missed ** (most // rows) >= detection:
            return Bands(next(b for b in range(1, most // rows + 1) if 1.0 - missed**b >= detection), rows)
    return Bands(most, 1)


def error(similarity: float, k: int) -> float:
    """Standard error of `estimate` from ``k`` lanes at a true similarity: ``sqrt(s (1 - s) / k)``.

    >>> round(error(0.8, 108), 3)
    0.038
    """
    return math.sqrt(similarity * (1.0 - similarity) / k)


@nb.njit(nogil=True, cache=True)
def _band_keys(signatures: Any, band: Any, rows: Any) -> Any:
    """Lane by lane over blocks of records: record by record waits for memory at every step, up to five times as long."""
    keys = np.full(len(signatures), mix(C2 + np.uint64(band)), np.uint64)
    for start in range(0, len(keys), _BLOCK):
        stop = min(start + _BLOCK, len(keys))
        for lane in range(band * rows, (band + 1) * rows):
            for i in range(start, stop):
                key = (keys[i] ^ np.uint64(signatures[i, lane])) * C1
                keys[i] = key ^ key >> np.uint64(32)
        for i in range(start, stop):
            keys[i] = mix(keys[i])
    return keys


def band_keys(signatures: NDArray[Any], band: int, rows: int) -> NDArray[np.uint64]:
    """The bucket of each of ``n`` signatures, uint16 or uint32 of shape (n, k), in one band: well mixed, the band's own.

    Signatures of other widths have other keys. A record without a signature (all lanes at their maximum) is to be left
    out by the caller. About 8 ns a row.

    >>> signatures = np.array([[1, 2, 3, 4], [1, 2, 9, 9]], np.uint16)
    >>> [len(np.unique(band_keys(signatures, band, 2))) for band in (0, 1)]
    [1, 2]
    """
    if not 0 <= band < signatures.shape[1] // rows:
        raise ValueError(f"Signatures of {signatures.shape[1]} lanes have no band {band} of {rows} rows.")
    keys: NDArray[np.uint64] = _band_keys(signatures, band, rows)
    return keys


@nb.njit(nogil=True, cache=True)
def _estimate(a: Any, b: Any) -> Any:
    shares = np.empty(len(a), np.float32)
    for i in range(len(a)):
        same = 0
        for lane in range(a.shape[1]):
            same += a[i, lane] == b[i, lane]
        shares[i] = same / a.shape[1]
    return shares


def estimate(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """Estimated Jaccard similarity, 0 to 1, of ``m`` pairs of signatures, both (m, k): the share of equal lanes.

    Unbiased for whole lanes, with standard error `error`. Lanes cut to 16 bits agree by chance once in 65,536: the estimate
    is high by ``(1 - s) / 65536``, so the correction of Li and König (b-bit minwise hashing, WWW 2010) is left out.

    >>> estimate(np.array([[1, 2, 3, 4]], np.uint16), np.array([[1, 2, 3, 5]], np.uint16)).tolist()
    [0.75]
    """
    if a.shape != b.shape:
        raise ValueError(f"Signatures of shape {a.shape} have no pairs in shape {b.shape}.")
    shares: NDArray[np.float32] = _estimate(a, b)
    return shares
