"""What every number that rests on a search for neighbours says of that search."""

import math
from collections.abc import Mapping

from engine.state import Quantiles, Ratio, Tally
from engine.value import Z95, Value

RECALL = "neighbors.recall."
SELF = {"0.0": "recall of the search"}
REFERENCE = {"0.1": "recall of the search in the reference"}
BOTH = {**REFERENCE, "0.2": "recall of the search in the holdout"}
ATTACK = {"1.0": "recall of the search from the reference", "2.0": "recall of the search from the holdout"}
"""Searches, by the sides that they lead from and to (`operators.neighbors.rows`)."""


def recall(counts: Tally, searches: Mapping[str, str]) -> dict[str, Value]:
    """The share of the true nearest neighbours that searches found, measured on a sample; nothing where they were exact.

    Args:
        counts: of the rounds.
        searches: what they are called, by the sides that they lead from and to.

    >>> counts = Tally({"neighbors.recall.0.0.hits": 97, "neighbors.recall.0.0.asked": 100})
    >>> recall(counts, SELF)["recall of the search"].value
    0.97
    """
    found = {name: Ratio(counts[f"{RECALL}{pair}.hits"], counts[f"{RECALL}{pair}.asked"]) for pair, name in searches.items()}
    return {name: ratio.share() for name, ratio in found.items() if ratio.n}


def quantile(sketch: Quantiles, share: float, most: float) -> Value | None:
    """A quantile, with the interval of its rank (normal approximation of the binomial); None of no values.

    >>> import numpy as np
    >>> found = quantile(Quantiles.of(np.arange(1, 101)), 0.5, 1000.0)
    >>> [round(number) for number in (found.low, found.value, found.high)]
    [40, 50, 60]
    """
    if not sketch.n:
        return None
    half = Z95 * math.sqrt(share * (1 - share) / sketch.n)
    shares = (max(0.0, share - half), share, min(1.0, share + half))
    low, value, high = (min(most, sketch.quantile(one) or 0.0) for one in shares)
    return Value(value, n=sketch.n, low=low, high=high, estimator="sketch")
