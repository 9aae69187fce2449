"""What the search for neighbours will cost at 384 dimensions: exact search and cells as benchmarks/neighbors.py measured them.

How many partitions a record goes to, and what an HNSW graph or product codes cost, was not measured: these are guesses.
"""

from engine.relation import Forecast, Scale

DIMENSIONS = 384
PAIRS_A_SECOND = 2.1e8
"""Products with the choice among them, a CPU-second, of exact search and inside of cells."""
ASSIGNED_SECONDS = 60e-6
"""A record: its cells, and its way to them."""
GROUPS_A_RECORD = 1.5
"""Partitions that a record goes to."""


def forecast(scale: Scale, index: str, cells: int, probes: int, k: int) -> Forecast:
    """The cost at a scale.

    >>> forecast(Scale(10**6, 10**9, 10, 1, 1, 1), "ivf", 4096, 32, 10).exchanged_bytes // 10**6
    1789
    """
    n, row = scale.records, 2 * DIMENSIONS
    found = 21 * k * n
    inside = n // max(1, scale.partitions)
    if index == "ivf":
        looked = n * n * min(1.0, probes / max(1, cells))
        exchanged = found * GROUPS_A_RECORD + GROUPS_A_RECORD * n * (row + 4 * probes + 20) + 32 * cells * row
        seconds, files = looked / PAIRS_A_SECOND + ASSIGNED_SECONDS * n, 3 * scale.ranges + scale.partitions + scale.units
        task = int(GROUPS_A_RECORD * inside * (4 * row))
    else:
        exchanged, files = found * scale.ranges, 2 * scale.ranges
        seconds = n * (n / PAIRS_A_SECOND if index == "flat" else 150e-6 * scale.ranges)
        task = n // max(1, scale.ranges) * (4 * row)
    return Forecast(int(exchanged), 0, files, task, seconds)
