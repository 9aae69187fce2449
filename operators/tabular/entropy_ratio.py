"""Entropies of columns and pairs beside real data's."""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.table.kinds import SHAPED, kinds_of
from operators.table.pairs import by_share, joint, pairs_of, single
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, mean_of

_NAMED = 100


@dataclass(frozen=True)
class EntropyRatio(ProfileComparison):
    """The entropy of the subject's values over that of the reference's, as the mean over the columns.

    ``H(subject) / H(reference)`` with ``H = -sum p log p`` over groups of values that are the same on both sides: numbers and
    times in ``bins`` bins with about equal shares of the reference, the reference's ``bins`` commonest categories and one group
    for the others, and one for missing cells. Below 1 the subject is more uniform than real data, mode collapse is near 0;
    above 1 it is more spread out. Part "pairs of columns": the mean of the same ratio over pairs. A column with one group alone
    in the reference has no entropy, and a part without a number.

    At least 0, 1 is best. The interval is a point: everything is counted. Where a column has more than 128 different values,
    they are counted in as many cells, and a bin's edges are those of cells. Cost: one pass for all metrics on the profile.

    Args:
        bins: of numbers and times, and categories that stand for themselves.

    >>> import pyarrow as pa
    >>> def side(*cells):
    ...     rows = pa.array([{"x": cell} for cell in cells])
    ...     ids, faults = pa.array(range(len(cells))), pa.nulls(len(cells), pa.string())
    ...     return EntropyRatio().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> EntropyRatio().compare(side("a", "a", "a", "b", "b", "b"), side("a", "b", "a", "b", "b", "a")).value
    1.0

    Source: Shannon 1948; The LLM Data Auditor (arXiv 2601.17717), tabular diversity.
    """

    bins: Annotated[int, Field(ge=2, le=50)] = 10

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "mean ratio over columns"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "Shannon 1948"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the columns that are counted in pairs."""
        kinds = kinds_of(reference, subject)
        pairs = pairs_of(subject, reference, kinds)
        names = [n for n in reference.paired if n in subject.paired and kinds.get(n) in SHAPED]
        groups = {n: by_share(subject.columns[n], reference.columns[n], kinds[n], self.bins) for n in names}
        rows = subject.rows, reference.rows
        parts = {n: _ratio(*single(groups[n], subject.columns[n], reference.columns[n], rows)) for n in names}
        value = mean_of(parts, subject.rows, "entropy over that of the reference", "no column has an entropy in the reference")
        both = {" & ".join(p): _ratio(*joint(subject, reference, p, (groups[p[0]], groups[p[1]]))) for p in pairs}
        if value.value is None or not both:
            return value
        odd = sorted(both, key=lambda name: (-abs(math.log(max(both[name].value or 1.0, 1e-9))), name))[:_NAMED]
        of_pairs = mean_of(both, subject.rows, "entropy over that of the reference", "no pair has an entropy in the reference")
        of_pairs = of_pairs.with_(parts={name: both[name] for name in odd}, plot=None)
        return value.with_(parts={**value.parts, "pairs of columns": of_pairs})


def _ratio(subject: NDArray[np.int64], reference: NDArray[np.int64]) -> Value:
    of = _entropy(reference)
    if of <= 0:
        return Value.missing("one value alone in the reference")
    return Value.exact(_entropy(subject) / of, int(subject.sum()))


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, -math.fsum(chain(shares * np.log(shares))))
