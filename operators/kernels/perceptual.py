"""Hashes of what an image looks like: pHash of 64 bits and PDQ of 256, as the libraries of those names compute them."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]

PHASH_BITS, PDQ_BITS = 64, 256
PHASH_NEAR, PDQ_NEAR = 8, 31
"""Hamming distances up to which two images count as near-duplicates: the usual 8 of 64, and the 31 of PDQ's authors."""
PDQ_QUALITY = 50
"""Below it PDQ's authors advise not to match: the image has hardly any gradient."""
_PDQ_SIDE, _PDQ_DCT, _PDQ_MOST = 64, 16, 512
_DECIMALS = 4
"""Of a frequency. What the order of summation leaves, which differs between machines, lies below; a grey level far above."""


def phash(image: Image.Image) -> int:
    """pHash: which of the 8 x 8 lowest frequencies of the image, at 32 x 32, lie above their median (Zauner 2010, 3.2.1).

    Bits in reading order, the first the highest, as imagehash prints them.

    >>> f"{phash(Image.linear_gradient('L')):016x}"
    '8000800080008000'
    """
    small = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float64)
    rows = _dct(32, 8)
    low = (rows @ small @ rows.T).round(_DECIMALS)
    return _packed(low > np.median(low))


def pdq(image: Image.Image) -> tuple[bytes, int]:
    """PDQ's 256 bits, in the order that its authors print as 64 hex digits, and the quality, 0 to 100.

    Larger images are first scaled to 512 x 512, as their tool does.

    >>> hashed, quality = pdq(Image.new("RGB", (100, 80), "red"))
    >>> len(hashed), quality
    (32, 0)

    Source: Facebook 2019, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", section 4.
    """
    if max(image.size) > _PDQ_MOST:
        image = image.resize((_PDQ_MOST, _PDQ_MOST), Image.Resampling.BILINEAR)
    brightness = np.asarray(image, np.float64) @ np.array([0.299, 0.587, 0.114])
    small = _decimated(_smoothed(_smoothed(brightness)))
    rows = _dct(_PDQ_SIDE, _PDQ_DCT + 1)[1:] * np.sqrt(2 / _PDQ_SIDE)
    low = (rows @ small @ rows.T).round(_DECIMALS)
    # Ties are told by the bits of a float32 in the original; a lower median of 256 leaves 128 above it.
    return _packed_bytes(low > np.sort(low, axis=None)[PDQ_BITS // 2 - 1]), _quality(small)


def hamming(u: NDArray[np.uint8], v: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(n,) in how many bits rows of bytes differ.

    >>> hamming(np.array([[255, 0]], np.uint8), np.array([[254, 3]], np.uint8)).tolist()
    [3]
    """
    distance: NDArray[np.int64] = np.bitwise_count(u ^ v).sum(-1, dtype=np.int64)
    return distance


@cache
def _dct(size: int, kept: int) -> Floats:
    """The first rows of an unscaled DCT-II."""
    rows: Floats = np.cos(np.pi / (2 * size) * np.outer(np.arange(kept), 2 * np.arange(size) + 1))
    return rows


def _packed(bits: NDArray[np.bool_]) -> int:
    return int.from_bytes(np.packbits(bits.reshape(-1)).tobytes(), "big")


def _packed_bytes(bits: NDArray[np.bool_]) -> bytes:
    """Bit ``16 i + j`` for frequency (i, j), the highest first."""
    return np.packbits(bits.reshape(-1)[::-1]).tobytes()


def _smoothed(pixels: Floats) -> Floats:
    """A box of about half the distance between samples, along rows and along columns; at the edges it is cut off."""
    for axis in (1, 0):
        pixels = _boxed(pixels, axis)
    return pixels


def _boxed(pixels: Floats, axis: int) -> Floats:
    size = pixels.shape[axis]
    window = (size + 2 * _PDQ_SIDE - 1) // (2 * _PDQ_SIDE)
    after = (window + 2) // 2
    stop = np.minimum(np.arange(size) + after, size)
    start = np.maximum(np.arange(size) + after - window, 0)
    sums = np.concatenate([np.zeros_like(pixels.take([0], axis)), pixels.cumsum(axis)], axis)
    shape = (-1, 1) if axis == 0 else (1, -1)
    means: Floats = (sums.take(stop, axis) - sums.take(start, axis)) / (stop - start).reshape(shape)
    return means


def _decimated(pixels: Floats) -> Floats:
    at = [((np.arange(_PDQ_SIDE) + 0.5) * size / _PDQ_SIDE).astype(np.int64) for size in pixels.shape]
    return pixels[np.ix_(*at)]


def _quality(small: Floats) -> int:
    steps = sum(np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum() for axis in (0, 1))
    return min(100, int(steps) // 90)
