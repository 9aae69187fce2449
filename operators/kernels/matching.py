"""Pairs that belong together against pairs that were shuffled: ranks, and whether there is anything to rank by."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SURE = 4.0
"""Standard errors by which right pairs must lie above shuffled ones: chance does it three times in 100,000."""


class Matching(NamedTuple):
    """How right pairs stand among shuffled ones.

    Args:
        n: pairs.
        matched, shuffled: the mean similarity of right pairs, and of all others.
        above: the share of shuffled partners that the right one is more similar than, ties half, both ways: 0.5 by chance.
        z: how many standard errors that is above chance. Under chance each of n ranks is uniform, so the error is 1/sqrt(12 n).
    """

    n: int
    matched: float
    shuffled: float
    above: float
    z: float

    @property
    def obstacle(self) -> str | None:
        """Why similarities mean nothing, in one sentence; None where they do."""
        if self.z >= SURE:
            return None
        return (
            f"the encoder does not tell right captions from shuffled ones ({self.above:.3f} of {self.n} pairs' partners rank "
            f"below the right one, 0.5 by chance, z = {self.z:.1f}, needed {SURE:g}): untrained weights, another domain, or "
            f"too few pairs"
        )


def matching(similarity: Floats) -> Matching:
    """How the diagonal of a matrix stands among the rest.

    Args:
        similarity: (n, n) of picture i and text j, n at least 2.

    >>> matching(np.eye(8)).above, matching(np.eye(8)).obstacle
    (1.0, None)
    >>> matching(np.ones((8, 8))).obstacle is None
    False
    """
    n = len(similarity)
    right = np.diag(similarity)
    above = float(np.mean([(n - ranks(one)).mean() / (n - 1) for one in (similarity, similarity.T)]))
    shuffled = float((similarity.sum() - right.sum()) / (n * (n - 1)))
    return Matching(n, float(right.mean()), shuffled, above, (above - 0.5) * math.sqrt(12 * n))


def ranks(similarity: Floats) -> Floats:
    """(n,) the rank of the right partner in each row, 1 the first; of equals the middle one.

    >>> ranks(np.array([[0.9, 0.1], [0.5, 0.5]])).tolist()
    [1.0, 1.5]
    """
    right = np.diag(similarity)[:, None]
    found: Floats = 1 + (similarity > right).sum(1) + ((similarity == right).sum(1) - 1) / 2
    return found
