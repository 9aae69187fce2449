"""Accuracy of distributions of columns and pairs, beside what two samples of one source have."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.kinds import SHAPED, kinds_of
from operators.table.pairs import by_share, joint, pairs_of, single
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, mean_of, mean_of_pairs

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Accuracy(ProfileComparison):
    """How accurate the shares of groups of values are, for columns and for pairs of columns: the mean of both means.

    ``1 - sum |p - q| / 2`` over groups that are the same on both sides: numbers and times in ``bins`` bins with about equal
    shares of the reference, the reference's ``bins`` commonest categories and one group for the others, and one for missing
    cells; for pairs, over the cells of two columns' groups. Parts: the two means, and beside each what two samples of one
    source as large as these would have, whose expected ``sum |p - q|`` is ``sum sqrt(2 / pi * p (1 - p) (1 / n1 + 1 / n2))`` at
    the reference's shares: an accuracy near it cannot be told from perfect.

    0 to 1, higher is better. The interval is a point: everything is counted. Where a column has more than 128 different
    numbers, edges of bins are those of as many cells, the same on both sides; more categories are merged by hash before the
    commonest are chosen. Cost: one pass for all metrics on the profile.

    Args:
        bins: of numbers and times, and categories that stand for themselves.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return Accuracy().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> Accuracy().compare(side("a", "a", "a", "b"), side("a", "b", "a", "b")).value
    0.75

    Source: Platzer and Reutterer 2021, Holdout-Based Empirical Assessment of Mixed-Type Synthetic Data; mostlyai-qa 1.10.
    """

    bins: Annotated[int, Field(ge=2, le=50)] = 10

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "mean accuracy of columns and pairs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Platzer and Reutterer 2021"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean of the accuracies of columns and of pairs; of columns alone where there is one."""
        kinds = kinds_of(reference, subject)
        names = [n for n in reference.paired if n in subject.paired and kinds.get(n) in SHAPED]
        groups = {n: by_share(subject.columns[n], reference.columns[n], kinds[n], self.bins) for n in names}
        rows = subject.rows, reference.rows
        ones = {n: single(groups[n], subject.columns[n], reference.columns[n], rows) for n in names}
        twos = {p: joint(subject, reference, p, (groups[p[0]], groups[p[1]])) for p in pairs_of(subject, reference, kinds)}
        columns = mean_of({n: _accuracy(*c) for n, c in ones.items()}, rows[0], "accuracy", "no column has a distribution")
        pairs = mean_of_pairs({p: _accuracy(*c) for p, c in twos.items()}, rows[0], "accuracy of the pair")
        found = {"columns": columns, "pairs of columns": pairs}
        means = [part.value for part in found.values() if part.value is not None]
        if not means:
            return columns
        floors = {"columns": [*ones.values()], "pairs of columns": [*twos.values()]}
        same = {f"{name}, two samples of one source": _floor(tables) for name, tables in floors.items() if tables}
        return Value.exact(math.fsum(means) / len(means), rows[0]).with_(parts={**found, **same})


def _accuracy(subject: Counts, reference: Counts) -> Value:
    p, q = (side.ravel() / side.sum() for side in (subject, reference))
    return Value.exact(1 - min(1.0, math.fsum(np.abs(p - q)) / 2), int(subject.sum()))


def _floor(tables: list[tuple[Counts, Counts]]) -> Value:
    return Value.exact(math.fsum(1 - expected_l1(*sides) / 2 for sides in tables) / len(tables), len(tables))


def expected_l1(subject: Counts, reference: Counts) -> float:
    """The expected ``sum |p - q|`` of two samples of these sizes that come from the reference's shares.

    >>> round(expected_l1(np.array([50, 50]), np.array([50, 50])), 4)
    0.1128
    """
    q, sizes = reference.ravel() / reference.sum(), 1 / subject.sum() + 1 / reference.sum()
    return min(2.0, math.fsum(np.sqrt(2 / math.pi * q * (1 - q) * sizes)))
