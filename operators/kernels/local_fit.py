"""Derivatives of a signal by local parabolas at its real time stamps: Savitzky-Golay where the steps are even."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CELLS = 1 << 20


def window_of(times: Floats, seconds: float) -> int:
    """How many samples, an odd number from 3 on, lie in a window of so many seconds at the median step.

    >>> window_of(np.arange(100) / 10, 1.5)
    15
    """
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    wide = round(min(seconds / step, len(times))) if step > 0 else 3
    odd = wide if wide % 2 else wide - 1
    return max(3, min(odd, len(times) - 1 + len(times) % 2))


def fitted(times: Floats, values: Floats, window: int) -> tuple[Floats, Floats]:
    """The value and first derivative at each time of the parabola through the ``window`` samples around it.

    Within half a window of either end it is the parabola of the first or last window. For even steps this is the
    Savitzky-Golay filter of order 2 (Savitzky and Golay 1964) with scipy's ``mode="interp"``; uneven steps are taken as
    they are. Linear cost in samples times window.

    Args:
        times: (n,) seconds, strictly increasing, n >= 3.
        values: (n,) finite.
        window: 3 or more, at most n.

    >>> times = np.array([0.0, 0.1, 0.3, 0.4, 0.9])
    >>> fitted(times, times**2, 3)[1].round(9).tolist()
    [0.0, 0.2, 0.6, 0.8, 1.8]
    """
    smooth, slope = np.empty(len(times)), np.empty(len(times))
    first = np.clip(np.arange(len(times)) - window // 2, 0, len(times) - window)
    step = max(1, _CELLS // window)
    for start in range(0, len(times), step):
        rows = slice(start, min(start + step, len(times)))
        smooth[rows], slope[rows] = _parabolas(times, values, times[rows], first[rows], window)
    return smooth, slope


def _parabolas(times: Floats, values: Floats, centres: Floats, first: NDArray[np.int64], window: int) -> tuple[Floats, Floats]:
    """By the normal equations, in time counted from the centre in units of the window's length."""
    at = first[:, None] + np.arange(window)
    length = times[at[:, -1]] - times[at[:, 0]]
    offset = (times[at] - centres[:, None]) / length[:, None]
    level = values[first]
    rise = values[at] - level[:, None]
    square = offset * offset
    sums = [offset.sum(1), square.sum(1), np.einsum("nk,nk->n", offset, square), np.einsum("nk,nk->n", square, square)]
    moments = [np.full(len(at), float(window)), *sums]
    matrix = np.stack([np.stack([moments[i + j] for j in range(3)], 1) for i in range(3)], 1)
    right = np.stack([rise.sum(1), np.einsum("nk,nk->n", offset, rise), np.einsum("nk,nk->n", square, rise)], 1)
    found = np.linalg.solve(matrix, right[:, :, None])[:, :, 0]
    return found[:, 0] + level, found[:, 1] / length
