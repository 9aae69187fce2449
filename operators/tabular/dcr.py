"""Whether a table's rows are nearer to what its generator was trained on than to what it never saw."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.schema import Dimension, Direction, Side
from engine.state import TopBy
from engine.value import Bins, Value
from operators.table.scaled import Sides
from operators.tabular._sampled import DistanceSides, Floats, near, quantile, share

_BINS = 40


@dataclass(frozen=True)
class Dcr(DistanceSides):
    """Share of rows that are nearer to a row of the reference than to any of the holdout, ties half (DCR share).

    ``P(d_reference < d_holdout) + P(d_reference = d_holdout) / 2`` of the distances to the closest record. 0.5 is best: the
    reference, which the generator was trained on, is then no nearer than data of the same kind that it never saw; 1 means that
    it gives its training data back. It leaks where the interval lies above 0.5.

    The distance is Gower's (1971): the mean over the columns of the difference of numbers and times over their range, at most
    1, or of whether categories differ; a missing cell is as far from any value as can be. The range is that of reference and
    holdout together. With one for each, as SDMetrics has it, an outlier of the reference makes all distances to it small and
    the share 1; SDMetrics also gives all ties to the holdout, so that copies of rows that both have look perfect. The plan's
    ``types`` say which numbers are categories and which columns are ids; these are left out.

    Computed exactly: up to 100,000 distinct rows a side all of them, each looked for among all; of larger tables the ``size``
    distinct rows that a hash of their cells draws, the same ones where sides share a row. (Tables of any size are compared
    whole through `relations.neighbors`, see `features.row_embedding`.) Reference and holdout are cut to equally many records,
    as the larger of two has the nearer rows. Parts: median and 5 % quantile of the distance to the reference and to the
    holdout. Interval: Wilson's, where rows that are nearest to the same real one are worth one: whose side that is on is one
    chance.

    Cost: one pass that draws, shared by all metrics on distances; then 2.5 ns for each pair of rows of 15 columns: a minute of
    a core for 100,000 rows a side, and no more than that for larger tables.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows, ids = pa.array([{"age": age} for age in ages]), pa.array(range(len(ages)))
    ...     faults = pa.nulls(len(ages), pa.string())
    ...     return Dcr().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> Dcr().compare(side(20, 30, 41), side(20, 31), side(33, 44)).value
    0.6666666666666666

    Source: Platzer and Reutterer 2021, "Holdout-Based Empirical Assessment", section 3.2; Gower 1971.
    """

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE, Side.HOLDOUT)
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "share of rows"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Platzer and Reutterer 2021, section 3.2"

    def of(self, sides: Sides) -> Value:
        """The share, with the distances behind it."""
        found = near(sides)
        if found.holdout is None or found.holdout_at is None:
            return Value.missing("there is no holdout")
        rows, trained, held = found.rows, found.reference[:, 0], found.holdout[:, 0]
        winner = np.where(trained < held, found.reference_at, len(sides.reference) + found.holdout_at)
        value = share((trained < held) + (trained == held) / 2, rows.counts, winner)
        reason = "nearer to the reference than chance: it leaks" if (value.low or 0.0) > 0.5 else None
        parts = {
            f"{name} distance to the {side}": quantile(distances, rows.counts, at)
            for side, distances in (("reference", trained), ("holdout", held))
            for name, at in (("median", 0.5), ("5 % quantile of the", 0.05))
        }
        closer = np.flatnonzero(trained < held)
        gain = (held - trained)[closer]

        def note(at: int) -> str:
            return f"distance {trained[closer[at]]:.4f}, to the holdout {held[closer[at]]:.4f}"

        top = TopBy.of(gain, rows.ids[closer], note)
        plot = _densities(trained, held, rows.counts)
        return value.with_(reason=reason, parts=parts, plot=plot, evidence=top.evidence())


def _densities(trained: Floats, held: Floats, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Bins:
    """How the distances spread, those to the holdout as an outline."""
    most = float(max(trained.max(), held.max())) or 1.0
    edges = np.linspace(0.0, most, _BINS + 1)
    bars, outline = (np.histogram(one, edges, weights=counts)[0] for one in (trained, held))
    label = "distance to the closest record of the reference; outline: of the holdout"
    return Bins(tuple(edges.tolist()), tuple(bars.tolist()), label, tuple(outline.tolist()))
