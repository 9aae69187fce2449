"""What can be said of a picture's quality without another to hold it against, from its pixels alone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 2048
"""Of a larger picture the signals are those of its middle."""
_BLOCK = 8
_EVEN = 0.5
"""Levels of grey that are the same to the eye: the spread of a plain colour after JPEG."""
_LEAST = 0.25
"""Of a level of grey, beside every step: blocks with nothing inside have a finite number."""


class Signals(NamedTuple):
    """The signals of one picture.

    Args:
        dark_end, light_end: the 1st and the 99th percentile of brightness, 0 to 1.
        contrast: the standard deviation of brightness (RMS contrast, Peli 1990), 0 to 0.5.
        entropy: of the 256 levels of brightness, 0 to 8 bits.
        sharpness: the variance of the Laplacian of brightness at 0 to 255 (Pech-Pacheco et al. 2000), 0 and up.
        blockiness: how much greater the steps between neighbouring pixels are across the borders of 8 x 8 blocks than inside
            them (after Wang, Sheikh and Bovik 2002): 1 for a picture without blocks; 1 as well where there are no steps.
        colours: the greatest standard deviation of any channel, 0 to 0.5; 0 for a picture of one colour.
        aspect: the shorter side by the longer, 0 to 1.
    """

    dark_end: float
    light_end: float
    contrast: float
    entropy: float
    sharpness: float
    blockiness: float
    colours: float
    aspect: float


def signals(image: Image.Image) -> Signals:
    """The signals of a picture in RGB.

    >>> signals(Image.new("RGB", (64, 32), (255, 255, 255)))[:7]
    (1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    """
    aspect = min(image.size) / max(image.size)
    image = _middle(image)
    grey = np.asarray(image.convert("L"))
    low, high = np.percentile(grey, (1, 99)) / 255
    shares = np.bincount(grey.reshape(-1), minlength=256) / grey.size
    entropy = -sum(float(share * np.log2(share)) for share in shares if share > 0)
    colours = float(np.asarray(image, np.float64).std((0, 1)).max()) / 255
    return Signals(
        float(low),
        float(high),
        float(grey.std()) / 255,
        max(0.0, entropy),
        sharpness(grey),
        blockiness(grey),
        colours,
        aspect,
    )


def sharpness(grey: NDArray[np.uint8]) -> float:
    """The variance of the 4-neighbour Laplacian, edges repeated.

    >>> sharpness(np.array([[0, 0, 0], [0, 255, 0], [0, 0, 0]], np.uint8)) > 100
    True
    """
    wide = np.pad(grey.astype(np.int32), 1, "edge")
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return float((around - 4 * wide[1:-1, 1:-1]).var())


def blockiness(grey: NDArray[np.uint8]) -> float:
    """Mean step across the borders of 8 x 8 blocks by the mean step inside them, of the direction where it is the greater.

    >>> blockiness(np.repeat(np.repeat(np.array([[0, 9], [9, 0]], np.uint8), 8, 0), 8, 1))
    37.0
    """
    return max(_steps(grey), _steps(grey.T))


def _steps(grey: NDArray[np.uint8]) -> float:
    size = np.abs(np.diff(grey.astype(np.int16), axis=1)).mean(0)
    border = np.arange(1, grey.shape[1]) % _BLOCK == 0
    if not border.any() or size.max() < _EVEN:
        return 1.0
    return float((size[border].mean() + _LEAST) / (size[~border].mean() + _LEAST))


def _middle(image: Image.Image) -> Image.Image:
    """The middle ``SIDE`` by ``SIDE`` pixels, cut at the borders of JPEG's blocks."""
    left, top = (max(0, (size - SIDE) // 2 // _BLOCK * _BLOCK) for size in image.size)
    return image.crop((left, top, min(left + SIDE, image.width), min(top + SIDE, image.height)))
