"""What the search for neighbours will cost at 384 dimensions: exact search and cells as benchmarks/neighbors.py measured them.

How many partitions a record goes to where there are several, and what an HNSW graph or product codes cost, was not measured:
these are guesses.
"""

from engine.relation import Forecast, Scale
from operators.neighbors.cells import GROUP_ROWS, sampled_for

DIMENSIONS = 384
PAIRS_A_SECOND = 2.3e8
"""Products with the choice among them, a CPU-second, of exact search."""
ASSIGNED_SECONDS, A_CENTROID_SECONDS = 83e-6, 5.3e-9
"""A record, and each centroid that it is compared with."""
LOOKED_SECONDS, A_VECTOR_SECONDS = 0.77e-6, 26e-9
"""A record and cell that it looks into, and each vector there."""
TRAINED_SECONDS = 2.1e-3
"""A cell."""
GROUPS_A_RECORD = 1.5
"""Partitions that a record goes to, where there are several."""
FOUND_BYTES = 9.7
"""A neighbour that was found, on its way."""
ANSWERED = 1000
"""Records that are answered exactly too."""


def forecast(scale: Scale, index: str, cells: int, probes: int, k: int) -> Forecast:
    """The cost at a scale.

    >>> forecast(Scale(10**6, 10**9, 10, 1, 1, 1), "ivf", 16384, 96, 10).exchanged_bytes // 10**6
    1384
    """
    n, row = scale.records, 2 * DIMENSIONS
    found = FOUND_BYTES * k * n
    inside = n // max(1, scale.partitions)
    if index == "ivf":
        groups = GROUPS_A_RECORD if n > GROUP_ROWS else 1.0
        exchanged = groups * (found + n * (row + 4 * probes + 20)) + (min(n, sampled_for(cells)) + cells) * (row + 12)
        exchanged += ANSWERED * (row + FOUND_BYTES * k)
        looked = probes * (LOOKED_SECONDS + A_VECTOR_SECONDS * n / max(1, cells))
        seconds = TRAINED_SECONDS * cells + n * (ASSIGNED_SECONDS + A_CENTROID_SECONDS * cells + looked)
        files = 3 * scale.ranges + scale.partitions + scale.units
        task = int(GROUPS_A_RECORD * inside * (4 * row))
    else:
        exchanged, files = found * scale.ranges, 2 * scale.ranges
        seconds = n * (n / PAIRS_A_SECOND if index == "flat" else 150e-6 * scale.ranges)
        task = n // max(1, scale.ranges) * (4 * row)
    return Forecast(int(exchanged), 0, files, task, seconds)
