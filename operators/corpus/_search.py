"""What every number that rests on a search for neighbours says of that search."""

import math

from engine.state import Quantiles, Ratio, Tally
from engine.value import Z95, Value


def recall(counts: Tally) -> dict[str, Value]:
    """The share of the true nearest neighbours that the search found, measured on a sample; nothing where it was exact.

    >>> recall(Tally({"neighbors.recall.hits": 97, "neighbors.recall.asked": 100}))["recall of the search"].value
    0.97
    """
    asked = counts.counts.get("neighbors.recall.asked", 0)
    if not asked:
        return {}
    return {"recall of the search": Ratio(counts.counts.get("neighbors.recall.hits", 0), asked).share()}


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
