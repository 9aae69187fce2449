"""How many records share what is known of a person, and what these tell about each other."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ROW, Dimension, Direction
from engine.state import TopBy
from engine.value import Bins, Value
from operators.kernels.distinct import numbers_of
from operators.table.group_counts import GroupCounts, Groups, fold
from operators.table.row_sample import NUMBER, TIME, row_hashes
from operators.tabular._grouped import obstacle, unnamed

_FEW = 5


@dataclass(frozen=True)
class KAnonymity(Metric[GroupCounts]):
    """Size of the smallest class of records that are alike in the quasi-identifiers (k-anonymity).

    ``quasi_identifiers`` are the columns by which somebody may know a person; 1 means that someone is alone. Parts: the share
    of records in classes of fewer than 5; how many classes there are; for each column in ``sensitive`` its l-diversity, the
    fewest different values in a class, and its t-closeness, the largest distance between its distribution in a class and in
    the table: half the sum of the differences for categories, for numbers and times the earth mover's distance over the ranks
    of their values, ``sum |cumulated differences| / (m - 1)``. A missing cell is a value like others. Numbers are classes as
    they stand: generalise them (an age to a decade) before. 131,072 combinations of cells are counted exactly; beyond, classes
    are drawn by hash, k may be smaller than what is said, and the interval reaches down to 1. Records are evidence from the
    smallest classes.

    1 or more, higher is better. Of synthetic data it says little: a class of one may be nobody; see `tabular.singling_out`.

    Cost: one pass over the named columns.

    >>> import pyarrow as pa
    >>> cells = (("1", "flu"), ("1", "flu"), ("2", "flu"), ("2", "cold"), ("2", "flu"))
    >>> rows = pa.array([{"zip": z, "ill": i} for z, i in cells])
    >>> batch = pa.RecordBatch.from_arrays([pa.array(range(5)), pa.nulls(5, pa.string()), rows], ["_id", "_fault", "row"])
    >>> metric = KAnonymity(quasi_identifiers=("zip",), sensitive=("ill",))
    >>> value = metric.value(metric.fold(batch))
    >>> value.value, value.parts["l-diversity of ill"].value, round(value.parts["t-closeness of ill"].value, 3)
    (2.0, 1.0, 0.2)

    Source: Sweeney 2002; Machanavajjhala et al. 2007 (l-diversity); Li et al. 2007 (t-closeness).
    """

    quasi_identifiers: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = (ROW,)
    unit: ClassVar[str] = "records"
    range: ClassVar[tuple[float, float]] = (1.0, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Sweeney 2002"

    def zero(self) -> GroupCounts:
        """No rows."""
        return GroupCounts(len(self.quasi_identifiers))

    def fold(self, batch: pa.RecordBatch) -> GroupCounts:
        """Count the batch's combinations."""
        return fold(batch, (*self.quasi_identifiers, *self.sensitive), len(self.quasi_identifiers))

    def value(self, state: GroupCounts) -> Value:
        """The size of the smallest class."""
        skipped = state.skipped.nonzero()
        if not self.quasi_identifiers:
            return Value.missing(unnamed("tabular.k_anonymity", "quasi_identifiers"), skipped)
        reason = obstacle(state, "subject")
        if reason:
            return Value.missing(reason, skipped)
        classes = state.merged(tuple(range(len(self.quasi_identifiers))))
        sizes, least = classes.counts, float(classes.counts.min())
        few = int(sizes[sizes < _FEW].sum())
        parts = {
            f"share of records in classes of fewer than {_FEW}": Value.exact(few / int(sizes.sum()), int(sizes.sum())),
            "classes": Value.exact(len(sizes), int(sizes.sum())),
            **{key: part for at, name in enumerate(self.sensitive) for key, part in _secret(state, classes, at, name).items()},
        }
        alone = np.flatnonzero(sizes[classes.at] == sizes.min())
        top = TopBy.of(-sizes[classes.at][alone].astype(np.float64), state.ids[alone], lambda _: f"a class of {int(least)}")
        value = Value(least, n=int(sizes.sum()), low=least if state.complete else 1.0, high=least, skipped=skipped)
        if not state.complete:
            value = value.with_(estimator="sample", reason=f"{len(sizes)} classes were drawn: the smallest may be smaller")
        return value.with_(parts=parts, plot=_histogram(sizes), evidence=top.evidence())


def _secret(state: GroupCounts, classes: Groups, at: int, name: str) -> Mapping[str, Value]:
    """l-diversity and t-closeness of one sensitive column."""
    c = state.by + at
    column = state.kinds[:, c : c + 1], state.keys[:, c : c + 1]
    values, place = _ordered(row_hashes(*column), *column)
    cells = np.unique(np.stack([classes.at, place]), axis=1)
    diverse = np.bincount(cells[0], minlength=len(classes.names))
    n = int(state.counts.sum())
    whole = np.bincount(place, state.counts, values) / n
    ranked = bool(np.isin(state.kinds[:, c], (NUMBER, TIME)).all())
    order = np.lexsort((place, classes.at))
    starts = np.flatnonzero(np.diff(classes.at[order], prepend=-1))
    most = 0.0
    for rows in np.split(order, starts[1:]):
        own = np.bincount(place[rows], state.counts[rows], values) / state.counts[rows].sum()
        apart = np.abs(np.cumsum(own - whole)).sum() / max(1, values - 1) if ranked else np.abs(own - whole).sum() / 2
        most = max(most, float(apart))
    return {f"l-diversity of {name}": Value.exact(float(diverse.min()), n), f"t-closeness of {name}": Value.exact(most, n)}


def _ordered(hashes: NDArray[np.uint64], kinds: NDArray[np.uint8], keys: NDArray[np.uint64]) -> tuple[int, NDArray[np.int64]]:
    """How many different cells there are, and the place of each: numbers and times in their order."""
    if np.isin(kinds, (NUMBER, TIME)).all():
        values, place = np.unique(numbers_of(keys[:, 0]), return_inverse=True)
        return len(values), place
    different, place = np.unique(hashes, return_inverse=True)
    return len(different), place


def _histogram(sizes: NDArray[np.int64]) -> Bins:
    edges = 2.0 ** np.arange(0, int(sizes.max()).bit_length() + 1)
    return Bins(tuple(edges.tolist()), tuple(np.histogram(sizes, edges)[0].tolist()), "records in a class", log_x=True)
