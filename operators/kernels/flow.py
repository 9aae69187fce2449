"""Optical flow: how far each pixel moves from one frame to the next."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_WINDOW, _ITERATIONS, _LEVELS, _LEAST_SIDE = 9, 4, 5, 12
_FLAT, _STEP = 1.0, 1.0
"""Beside the squared gradients of a window, levels of grey: where hardly anything is to be seen, nothing is said to move.
And the most pixels that a refinement moves one by, where a window holds two motions."""


def flow(before: Floats, after: Floats) -> tuple[Floats, Floats]:
    """(height, width) how many pixels to the right and downwards each pixel of ``before`` has moved in ``after``.

    Lucas and Kanade 1981, dense, over windows of 9 x 9, refined four times at each level of a pyramid of up to five (Bouguet
    2000). Motion of up to a tenth of the frame is followed, its mean length within a quarter; within a flat surface none is
    seen.

    Args:
        before, after: (height, width) brightness, 0 to 255.

    >>> pattern = np.random.default_rng(0).uniform(0, 255, (8, 8)).repeat(8, 0).repeat(8, 1)
    >>> right, down = flow(pattern, np.roll(pattern, 3, 1))
    >>> float(np.median(right).round(1)), float(np.median(down).round(1))
    (3.0, 0.0)
    """
    levels = [(before, after)]
    while len(levels) < _LEVELS and min(levels[-1][0].shape) >= 2 * _LEAST_SIDE:
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    right, down = (np.zeros_like(levels[-1][0]) for _ in range(2))
    for before, after in reversed(levels):
        if right.shape != before.shape:
            right, down = (2 * _stretched(part, before.shape) for part in (right, down))
        right, down = _refined(before, after, right, down)
    return right, down


def displacement(before: Floats, after: Floats) -> float:
    """The mean length of the flow, as a share of the frame's diagonal."""
    right, down = flow(before, after)
    return float(np.hypot(right, down).mean() / np.hypot(*before.shape))


def _refined(before: Floats, after: Floats, right: Floats, down: Floats) -> tuple[Floats, Floats]:
    across, along = np.gradient(before)[::-1]
    for _ in range(_ITERATIONS):
        moved, inside = _moved(after, right, down)
        x, y, left = across * inside, along * inside, moved - before  # what left the frame says nothing
        xx, xy, yy, xt, yt = (_windowed(part) for part in (x * x, x * y, y * y, x * left, y * left))
        xx, yy = xx + _FLAT, yy + _FLAT
        determinant = xx * yy - xy * xy
        right = right - np.clip((yy * xt - xy * yt) / determinant, -_STEP, _STEP)
        down = down - np.clip((xx * yt - xy * xt) / determinant, -_STEP, _STEP)
    return right, down


def _windowed(values: Floats) -> Floats:
    """The mean over the window, edges repeated."""
    half = _WINDOW // 2
    for axis in (0, 1):
        wide = np.pad(values, [(half + 1, half) if at == axis else (0, 0) for at in (0, 1)], "edge").cumsum(axis)
        size = values.shape[axis]
        values = np.asarray(wide.take(range(_WINDOW, _WINDOW + size), axis) - wide.take(range(size), axis)) / _WINDOW
    return values


def _moved(image: Floats, right: Floats, down: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The image looked up at displaced pixels, between four of them, and which of these lie inside it."""
    height, width = image.shape
    wanted_y, wanted_x = np.arange(height)[:, None] + down, np.arange(width)[None, :] + right
    y, x = np.clip(wanted_y, 0, height - 1), np.clip(wanted_x, 0, width - 1)
    inside = (y == wanted_y) & (x == wanted_x)
    top, left = y.astype(np.int64), x.astype(np.int64)
    bottom, after = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    y, x = y - top, x - left
    upper = image[top, left] * (1 - x) + image[top, after] * x
    lower = image[bottom, left] * (1 - x) + image[bottom, after] * x
    return upper * (1 - y) + lower * y, inside


def _halved(image: Floats) -> Floats:
    height, width = (size // 2 * 2 for size in image.shape)
    half: Floats = image[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    return half


def _stretched(values: Floats, shape: tuple[int, int]) -> Floats:
    rows, columns = (np.minimum(np.arange(size) // 2, old - 1) for size, old in zip(shape, values.shape, strict=True))
    return values[np.ix_(rows, columns)]
