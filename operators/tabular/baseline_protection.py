"""How far a table's rows are from real ones, beside rows made up at random."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.schema import Dimension, Direction, Side
from engine.value import Value
from operators.kernels.mixed_distance import NOMINAL, NOTHING
from operators.table.scaled import Rows, Sides
from operators.tabular._sampled import DistanceSides, near, quantile, seeded


@dataclass(frozen=True)
class BaselineProtection(DistanceSides):
    """Median distance to the closest row of the reference, over that of rows made up at random; at most 1.

    1: as far from real rows as rows that know nothing of them but each column's range and categories, which is all the privacy
    that there can be, and no use; near 0: rows are copies. Only beside fidelity does it say anything, since good data lies near
    real data too. The random rows are as many as the subject's: numbers evenly over the reference's
    range, whole ones where it has no others, each category of a
    column as probable as any other, cells missing as often as in the reference. Distance and drawn rows are those of
    `tabular.dcr`; the made-up rows depend on the drawn ones alone. Interval: from the ranks beside both medians.

    0 to 1, higher is better. Parts: both medians.

    Cost: half that of `tabular.dcr`, and what they share.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows, ids = pa.array([{"age": age} for age in ages]), pa.array(range(len(ages)))
    ...     faults = pa.nulls(len(ages), pa.string())
    ...     return BaselineProtection().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> BaselineProtection().compare(side(20, 40, 80), side(20, 40, 80)).value
    0.0

    Source: SDMetrics 0.32, DCRBaselineProtection.
    """

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "ratio of median distances"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, DCRBaselineProtection"

    def of(self, sides: Sides) -> Value:
        """The ratio of the medians."""
        found = near(sides)
        noise = made_up(sides, len(found.rows))
        own = quantile(found.reference[:, 0], found.rows.counts, 0.5)
        random = quantile(noise.nearest(sides.reference, 1)[0][:, 0], noise.counts, 0.5)
        parts = {"median distance": own, "median distance of random rows": random}
        if not random.value:
            return Value.missing("rows made up at random are copies too: the table has few possible rows").with_(parts=parts)
        ratio, low = min(1.0, (own.value or 0.0) / random.value), (own.low or 0.0) / (random.high or 1.0)
        high = (own.high or 0.0) / random.low if random.low else 1.0
        return Value(ratio, n=own.n, low=min(low, ratio), high=max(min(1.0, high), ratio), parts=parts)


def made_up(sides: Sides, n: int) -> Rows:
    """``n`` rows of which each cell is drawn by itself: evenly over the reference's range, or among its categories."""
    like, draw = sides.reference, seeded(sides.reference)
    values, kinds = np.zeros((n, like.values.shape[1])), np.zeros((n, like.values.shape[1]), np.uint8)
    for c in range(values.shape[1]):
        of = np.repeat(np.arange(len(like)), np.minimum(like.counts, 1000))
        kinds[:, c] = like.kinds[draw.choice(of, n), c]
        for kind in np.unique(kinds[:, c]).tolist():
            rows = kinds[:, c] == kind
            held = like.values[like.kinds[:, c] == kind, c]
            if kind == NOMINAL:
                values[rows, c] = draw.choice(np.unique(held), int(rows.sum()))
            elif kind != NOTHING:
                drawn = draw.uniform(held.min(), held.max(), int(rows.sum()))
                unit = float(sides.units[c])
                values[rows, c] = np.round(drawn / unit) * unit if unit else drawn
    nothing = np.zeros(n, np.int64)
    return Rows(values, kinds, nothing + 1, nothing, np.arange(n).astype(np.uint64))
