"""Vectors in the plane."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def plane(vectors: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The two directions in which vectors differ most: principal components.

    Returns:
        (n, 2) coordinates, each direction's largest weight positive; (2,) the share of the variance along each.

    >>> at, shares = plane(np.array([[0.0, 0, 0], [4, 0, 0], [0, 2, 0], [4, 2, 0]]))
    >>> at.round(9).tolist(), shares.tolist()
    ([[-2.0, -1.0], [2.0, -1.0], [-2.0, 1.0], [2.0, 1.0]], [0.8, 0.2])
    """
    centred = vectors.astype(np.float64) - vectors.mean(0, dtype=np.float64)
    values, directions = np.linalg.eigh(centred.T @ centred)
    values, directions = values[::-1].clip(min=0), directions[:, ::-1]
    if directions.shape[1] < 2:
        values, directions = np.r_[values, 0.0], np.c_[directions, np.zeros(len(directions))]
    chosen = directions[:, :2]
    signs = np.sign(chosen[np.abs(chosen).argmax(0), [0, 1]])
    total = values.sum()
    return centred @ (chosen * np.where(signs == 0, 1, signs)), values[:2] / total if total else np.zeros(2)
