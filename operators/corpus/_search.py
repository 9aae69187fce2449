"""What every number that rests on a search for neighbours says of that search."""

from engine.state import Ratio, Tally
from engine.value import Value


def recall(counts: Tally) -> dict[str, Value]:
    """The share of the true nearest neighbours that the search found, measured on a sample; nothing where it was exact.

    >>> recall(Tally({"neighbors.recall.hits": 97, "neighbors.recall.asked": 100}))["recall of the search"].value
    0.97
    """
    asked = counts.counts.get("neighbors.recall.asked", 0)
    if not asked:
        return {}
    return {"recall of the search": Ratio(counts.counts.get("neighbors.recall.hits", 0), asked).share()}
