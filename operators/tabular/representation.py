"""Whether groups are as large a share of the data as they are of the reference."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.metric import Comparison
from engine.schema import Direction
from engine.value import Bars, Value
from operators.table.group_counts import GroupCounts
from operators.tabular._grouped import LEAST, Protected, crossings, obstacle, unnamed

_SHOWN = 40


@dataclass(frozen=True)
class Representation(Protected, Comparison[GroupCounts]):
    """Total variation distance between the shares of groups in the data and in the reference, all protected columns crossed.

    ``sum_a |p(a) - q(a)| / 2``, 0 best: so many records would have to change their group. ``protected`` is named in the plan.
    A missing cell is a group of its own ("nothing"). Parts: the same of each protected column by itself, and of the groups that
    have 30 records of the reference or more the smallest ``p(a) / q(a)``, 0 where one is gone. Exact counts: a point.

    0 to 1, lower is better.

    Cost: one pass over the named columns.

    >>> import pyarrow as pa
    >>> metric = Representation(protected=("sex",))
    >>> def side(text):
    ...     rows = pa.array([{"sex": sex} for sex in text])
    ...     ids, faults = pa.array(range(len(text))), pa.nulls(len(text), pa.string())
    ...     return metric.fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> metric.compare(side("mmmf"), side("mf")).value
    0.25

    Source: SDMetrics 0.32, TVComplement, over groups.
    """

    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "SDMetrics 0.32, TVComplement"

    def compare(self, subject: GroupCounts, reference: GroupCounts) -> Value:
        """The distance."""
        skipped = subject.skipped.nonzero()
        reason = obstacle(subject, "subject") or obstacle(reference, "reference")
        if not self.protected or reason:
            return Value.missing(
                reason if self.protected and reason else unnamed("tabular.representation", "protected"), skipped
            )
        parts = {name: _distance(subject, reference, at) for name, at in crossings(self.protected).items()}
        value = list(parts.values())[-1]
        if not subject.complete or not reference.complete:
            value = value.with_(estimator="sample", reason="more groups than are counted: some are left out")
        return value.with_(skipped=skipped, parts={**value.parts, **(parts if len(parts) > 1 else {})})


def _distance(subject: GroupCounts, reference: GroupCounts, columns: tuple[int, ...]) -> Value:
    a, b = subject.merged(columns), reference.merged(columns)
    hashes = np.union1d(a.hashes, b.hashes)
    counts = np.zeros((2, len(hashes)), np.int64)
    for row, side in zip(counts, (a, b), strict=True):
        row[np.searchsorted(hashes, side.hashes)] = side.counts
    p, q = counts / counts.sum(1, keepdims=True)
    value = Value.exact(min(1.0, math.fsum(np.abs(p - q)) / 2), int(counts[0].sum()))
    large = counts[1] >= LEAST
    least = Value.missing(f"no group has {LEAST} records of the reference")
    if large.any():
        least = Value.exact(float((p[large] / q[large]).min()), int(large.sum()))
    names = dict(zip(b.hashes.tolist(), b.names, strict=True)) | dict(zip(a.hashes.tolist(), a.names, strict=True))
    shown = np.argsort(-np.abs(p - q), kind="stable")[:_SHOWN]
    labels = tuple(names[key] for key in hashes[shown].tolist())
    plot = Bars(labels, tuple(p[shown].tolist()), "share of records", tuple(q[shown].tolist()))
    return value.with_(parts={"smallest share over the reference's": least}, plot=plot)
