"""What the profile and the sample of a table cost, as benchmarks/tabular.py measured them on two busy cores."""

from engine.metric import FoldCost
from operators.table.column import LABEL_CHARACTERS
from operators.table.profile import COLUMNS, PAIR_CELLS, PAIRED, WIDEST
from operators.table.row_sample import LABELS

CELL_SECONDS, PAIR_SECONDS = 0.058e-6, 4.3e-9
"""Of a profile: a cell, and a pair of columns of a row."""
PAIR_VALUE_SECONDS = 3.5e-3
"""All metrics on two profiles, for each pair of columns."""
SAMPLED_SECONDS = 0.05e-6
"""Of a sample of rows: a cell."""
COLUMN_BYTES, PRODUCT_BYTES = 300_000, 2048
"""Of a profile: the counts of a column with what is beside them, and the exact sums of a pair."""


def profile_cost(columns: int) -> FoldCost:
    """Of the profile of a table whose columns each hold one sort of values.

    >>> profile_cost(15).state_bytes // 10**6
    18
    """
    kept, paired = min(columns, COLUMNS), min(columns, PAIRED)
    width = max(16, min(WIDEST, PAIR_CELLS // max(1, paired))) + 1
    pairs = paired * (paired - 1) // 2
    state = kept * COLUMN_BYTES + pairs * (8 * width * width + PRODUCT_BYTES)
    return FoldCost(CELL_SECONDS * kept + PAIR_SECONDS * pairs, state, PAIR_VALUE_SECONDS * pairs)


def sample_cost(columns: int, size: int, cells: int) -> FoldCost:
    """Of a sample of ``size`` rows, of at most ``cells`` cells; what is made of it is not in it.

    >>> sample_cost(15, 20_000, 1 << 20).state_bytes
    3272160
    """
    kept = min(columns, COLUMNS)
    rows = min(size, max(1, cells // max(1, kept)))
    return FoldCost(SAMPLED_SECONDS * kept, rows * (24 + 9 * kept) + kept * LABELS * (LABEL_CHARACTERS + 16))
