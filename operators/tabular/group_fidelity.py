"""Whether the data is as good a likeness of every group."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction, Side
from engine.value import Bars, Value
from operators.kernels.mixed_distance import NOMINAL, NOTHING
from operators.table.models import Floats
from operators.table.row_sample import row_hashes
from operators.table.scaled import Rows, Sides
from operators.tabular._grouped import LEAST, unnamed
from operators.tabular._sampled import SampledSides, seeded

_RESAMPLES, _GROUPS = 40, 40


@dataclass(frozen=True)
class GroupFidelity(SampledSides):
    """Largest difference between groups in how alike the data's columns are to the reference's.

    For each group of ``protected`` (all of these columns crossed) the mean over the other columns of the complement of the
    distance between its rows in the data and in the reference: Kolmogorov-Smirnov for numbers and times, total variation for
    categories, missing cells left out. The value is the greatest less the least of the groups with 30 drawn rows on both sides.

    Small groups look worse by chance. Part: the difference that there would be if the data's rows were drawn from the
    reference's own, group by group, as many as there are (the floor, mean of 40 draws). Only above that are some groups served
    worse. Parts: the likeness of each group. Interval: 40 bootstrap samples of both sides' rows, moved to the value: 1.96
    standard deviations of the difference.

    0 to 1, lower is better.

    Cost: the shared pass, then a sort of each column for each group, 81 times.

    >>> import pyarrow as pa
    >>> metric = GroupFidelity(protected=("sex",))
    >>> def side(shift):
    ...     rows = pa.array([{"sex": "fm"[i % 2], "pay": i + shift * (i % 2)} for i in range(100)])
    ...     ids, faults = pa.array(range(100)), pa.nulls(100, pa.string())
    ...     return metric.fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> round(metric.compare(side(50), side(0)).value, 9)
    0.5

    Source: SDMetrics 0.32, KSComplement and TVComplement, by group.
    """

    protected: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.FAIRNESS
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "difference of likeness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "SDMetrics 0.32, by group"

    def of(self, sides: Sides) -> Value:
        """The largest difference, beside what chance makes."""
        lost = [name for name in self.protected if name not in sides.names]
        columns = [c for c, name in enumerate(sides.names) if name not in self.protected]
        if not self.protected or lost or not columns:
            reason = f"there is no column {lost[0]!r} on both sides" if lost else "there is no other column"
            return Value.missing(reason if self.protected else unnamed("tabular.group_fidelity", "protected"))
        pairs = _pairs(sides, [sides.names.index(name) for name in self.protected])
        if len(pairs) < 2:
            return Value.missing(f"fewer than two groups have {LEAST} drawn rows on both sides")
        weights = {name: (a.counts.astype(np.float64), b.counts.astype(np.float64)) for name, (a, b) in pairs.items()}
        whole = {name: _likeness(*pairs[name], *weights[name], columns) for name in pairs}
        if any(score is None for score in whole.values()):
            return Value.missing("a group has no column with values on both sides")
        draw = seeded(sides.subject, sides.reference)
        drawn = [{name: (_again(draw, a), _again(draw, b)) for name, (a, b) in weights.items()} for _ in range(_RESAMPLES)]
        gaps = [_gap([_likeness(*pairs[name], *both, columns) for name, both in one.items()]) for one in drawn]
        floor = [
            _gap([self._chance(draw, b, int(a.counts.sum()), columns) for a, b in pairs.values()]) for _ in range(_RESAMPLES)
        ]
        return _valued(whole, gaps, floor, pairs)

    @staticmethod
    def _chance(draw: np.random.Generator, rows: Rows, n: int, columns: list[int]) -> float | None:
        """The likeness of ``n`` of a group's rows, drawn from them, to the group."""
        share = rows.counts / rows.counts.sum()
        weights = [draw.multinomial(size, share).astype(np.float64) for size in (n, int(rows.counts.sum()))]
        return _likeness(rows, rows, weights[0], weights[1], columns)


def _valued(
    whole: dict[str, float | None], gaps: list[float], floor: list[float], pairs: dict[str, tuple[Rows, Rows]]
) -> Value:
    value = _gap([*whole.values()])
    half = 1.96 * float(np.std(gaps))
    low, high = np.quantile(floor, [0.025, 0.975]).tolist()
    mean = float(np.mean(floor))
    chance = Value(mean, n=len(floor), low=min(low, mean), high=max(high, mean), estimator="sample")
    parts = {"floor": chance}
    parts |= {name: Value(score, n=pairs[name][0].records, low=score, high=score) for name, score in whole.items()}
    worst = sorted(whole, key=lambda name: (whole[name] or 0.0, name))[:_GROUPS]
    reason = "no more than chance makes among groups of these sizes" if value <= high else None
    found = Value(value, n=sum(a.records for a, _ in pairs.values()), low=max(0.0, value - half), high=min(1.0, value + half))
    plot = Bars(tuple(worst), tuple(whole[name] or 0.0 for name in worst), "likeness to the reference")
    return found.with_(parts=parts, plot=plot, reason=reason)


def _gap(scores: list[float | None]) -> float:
    there = [score for score in scores if score is not None]
    return max(there) - min(there) if there else 0.0


def _again(draw: np.random.Generator, weights: Floats) -> Floats:
    """The weights of a bootstrap sample."""
    return draw.multinomial(int(weights.sum()), weights / weights.sum()).astype(np.float64)


def _pairs(sides: Sides, columns: list[int]) -> dict[str, tuple[Rows, Rows]]:
    """The rows of each group on both sides, where there are enough; the largest groups."""
    keys = [_keys(rows, columns) for rows in (sides.subject, sides.reference)]
    found, counts = np.unique(keys[1], return_counts=True)
    pairs: dict[str, tuple[Rows, Rows]] = {}
    for key in found[np.argsort(-counts, kind="stable")].tolist():
        a, b = sides.subject.at(keys[0] == key), sides.reference.at(keys[1] == key)
        if min(a.records, b.records) >= LEAST and len(pairs) < _GROUPS:
            cells = ((c, int(b.kinds[0, c]), float(b.values[0, c])) for c in columns)
            pairs[" & ".join(sides.cell_name(*cell) for cell in cells)] = (a, b)
    return pairs


def _keys(rows: Rows, columns: list[int]) -> NDArray[np.uint64]:
    return row_hashes(rows.kinds[:, columns], np.ascontiguousarray(rows.values[:, columns]).view(np.uint64))


def _likeness(a: Rows, b: Rows, a_weights: Floats, b_weights: Floats, columns: list[int]) -> float | None:
    """The mean over the columns of one minus the distance; None where no column has values on both sides."""
    scores = []
    for c in columns:
        named = bool((b.kinds[:, c] == NOMINAL).sum() * 2 > (b.kinds[:, c] != NOTHING).sum())
        sort = [
            (rows.kinds[:, c] == NOMINAL) if named else (rows.kinds[:, c] != NOMINAL) & (rows.kinds[:, c] != NOTHING)
            for rows in (a, b)
        ]
        if not (a_weights * sort[0]).sum() or not (b_weights * sort[1]).sum():
            continue
        cells, at = np.unique(np.concatenate([a.values[sort[0], c], b.values[sort[1], c]]), return_inverse=True)
        n = int(sort[0].sum())
        p, q = np.bincount(at[:n], a_weights[sort[0]], len(cells)), np.bincount(at[n:], b_weights[sort[1]], len(cells))
        apart = p / p.sum() - q / q.sum()
        scores.append(1 - (np.abs(apart).sum() / 2 if named else np.abs(np.cumsum(apart)).max()))
    return min(1.0, max(0.0, float(np.mean(scores)))) if scores else None
