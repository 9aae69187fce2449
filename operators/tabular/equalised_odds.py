"""Whether a model that is trained on the data errs as often about every group."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.value import Bars, Value
from operators.table.models import Floats
from operators.table.row_sample import row_hashes
from operators.table.scaled import Rows, Sides
from operators.table.task import task_of
from operators.tabular._grouped import LEAST, crossings, unnamed
from operators.tabular._sampled import SampledSides, seeded
from operators.tabular.tstr import prepared, train_and_test

_RESAMPLES = 200


@dataclass(frozen=True)
class EqualisedOdds(SampledSides):
    """Largest difference between groups of the rates at which trees trained on the data say yes, to rows of either label.

    The larger of ``max_a TPR(a) - min_a TPR(a)`` and the same of the false positive rates, on real rows: 0 best. The model is
    that of `tabular.tstr`: boosted trees that predict ``target``, which has two labels (default: the last column), trained on
    the data and tested on the holdout, or without one on half of the reference; it says yes from a probability of a half.
    Groups are those of each column in ``protected``, and of all of them crossed; one counts where the test has 30 of its rows
    with the label. Parts: the difference of true positives alone (equal opportunity), for each protected column the
    difference; the same of trees trained on the reference, and how much the data adds to that. Interval: 200 bootstrap samples
    of the test rows.

    0 to 1, lower is better. The same as fairlearn's equalized_odds_difference for that model.

    Cost: the shared pass, and two fits. Needs scikit-learn.

    >>> import pyarrow as pa
    >>> def side(n):
    ...     rows = pa.array([{"x": i * 7 % 100, "sex": "fm"[i % 2], "y": "ab"[i * 7 % 100 > 50]} for i in range(n)])
    ...     ids, faults = pa.array(range(n)), pa.nulls(n, pa.string())
    ...     return EqualisedOdds().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> value = EqualisedOdds(protected=("sex",)).compare(side(400), side(400), side(400))
    >>> value.value
    0.0

    Source: Hardt et al. 2016, "Equality of opportunity in supervised learning"; fairlearn 0.15.
    """

    protected: tuple[str, ...] = ()
    target: str = ""

    dimension: ClassVar[Dimension] = Dimension.FAIRNESS
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "difference of rates"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Hardt et al. 2016"

    def of(self, sides: Sides) -> Value:
        """The largest difference."""
        if not self.protected:
            return Value.missing(unnamed("tabular.equalised_odds", "protected"))
        lost = [name for name in self.protected if name not in sides.names]
        if lost:
            return Value.missing(f"there is no column {lost[0]!r} on all sides")
        train, test = train_and_test(sides)
        task = task_of(sides.names, self.target or sides.last, train)
        if isinstance(task, str) or len(task.classes) != 2:
            return Value.missing(task if isinstance(task, str) else "the target has no two labels: name one that has")
        data, real, test = prepared(task, sides.subject, train, test)
        models = [task.fitted(rows) if len(rows) >= LEAST else None for rows in (data, real)]
        if models[0] is None or models[1] is None or not len(test):
            return Value.missing("nothing to learn from, or no row to test with")
        said = [model(test)[:, -1] >= 0.5 for model in models if model is not None]
        return self._compared(sides, test, task.truth(test) == 1, said)

    def _compared(self, sides: Sides, test: Rows, truth: NDArray[np.bool_], said: list[NDArray[np.bool_]]) -> Value:
        """The differences of both models' rates."""
        places = [sides.names.index(name) for name in self.protected]
        groups = {name: _groups(test, tuple(places[at] for at in of)) for name, of in crossings(self.protected).items()}
        weights, draw = test.counts.astype(np.float64), seeded(test)
        drawn = [draw.multinomial(int(weights.sum()), weights / weights.sum()).astype(np.float64) for _ in range(_RESAMPLES)]
        allowed = {name: _allowed(at, truth, test.counts) for name, at in groups.items()}
        parts = {name: _gap(groups[name], allowed[name], truth, said[0], weights, drawn) for name in groups}
        found = {name: part.value for name, part in parts.items() if part.value is not None}
        if not found:
            return Value.missing(f"no protected column has two groups with {LEAST} test rows of a label").with_(parts=parts)
        worst = max(found, key=lambda name: (found[name] or 0.0, name))
        at, may = groups[worst], allowed[worst]
        real = _gap(at, may, truth, said[1], weights, drawn)
        opportunity = _gap(at, may & np.array([[False], [True]]), truth, said[0], weights, drawn)
        added = Value.missing("no number for the reference")
        if real.value is not None:
            change = [_odds(at, may, truth, said[0], w) - _odds(at, may, truth, said[1], w) for w in [weights, *drawn]]
            added = _between(change, test.records)
        beside = {"true positives alone": opportunity, "trained on the reference": real, "added by the data": added}
        plot = self._bars(sides, test, at, may, truth, said, crossings(self.protected)[worst])
        return parts[worst].with_(parts={**parts, **beside}, plot=plot, reason=f"between the groups by {worst}")

    def _bars(
        self,
        sides: Sides,
        test: Rows,
        at: NDArray[np.int64],
        may: NDArray[np.bool_],
        truth: NDArray[np.bool_],
        said: list[NDArray[np.bool_]],
        of: tuple[int, ...],
    ) -> Bars:
        """The true positive rate of each group, marks where it is trained on the reference."""
        weights, places = test.counts.astype(np.float64), [sides.names.index(self.protected[one]) for one in of]
        shown = np.flatnonzero(may[1])[:40].tolist()
        firsts = [int(np.flatnonzero(at == group)[0]) for group in shown]
        names = tuple(
            " & ".join(sides.cell_name(c, int(test.kinds[row, c]), float(test.values[row, c])) for c in places)
            for row in firsts
        )
        rates = [_rates(at, may.shape[1], truth, one, weights)[1] for one in said]
        return Bars(
            names,
            tuple(rates[0][shown].tolist()),
            "true positive rate; mark: trained on the reference",
            tuple(rates[1][shown].tolist()),
        )


def _groups(rows: Rows, columns: tuple[int, ...]) -> NDArray[np.int64]:
    """The number of each row's group."""
    keys = np.ascontiguousarray(rows.values[:, columns]).view(np.uint64)
    found: NDArray[np.int64] = np.unique(row_hashes(rows.kinds[:, columns], keys), return_inverse=True)[1]
    return found


def _allowed(at: NDArray[np.int64], truth: NDArray[np.bool_], counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(2, groups) which groups have enough rows of each label."""
    size = int(at.max()) + 1
    return np.stack([np.bincount(at, counts * (truth == label), size) >= LEAST for label in (False, True)])


def _rates(
    at: NDArray[np.int64], size: int, truth: NDArray[np.bool_], said: NDArray[np.bool_], weights: Floats
) -> list[Floats]:
    """How often each group is told yes, where the answer is no and where it is."""
    both = []
    for label in (False, True):
        n = np.bincount(at, weights * (truth == label), size)
        both.append(np.bincount(at, weights * ((truth == label) & said), size) / np.maximum(n, 1e-300))
    return both


def _odds(
    at: NDArray[np.int64], may: NDArray[np.bool_], truth: NDArray[np.bool_], said: NDArray[np.bool_], weights: Floats
) -> float:
    rates = _rates(at, may.shape[1], truth, said, weights)
    return max((float(np.ptp(rate[able])) for rate, able in zip(rates, may, strict=True) if able.sum() > 1), default=0.0)


def _gap(
    at: NDArray[np.int64],
    may: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    said: NDArray[np.bool_],
    weights: Floats,
    drawn: list[Floats],
) -> Value:
    if max(int(able.sum()) for able in may) < 2:
        return Value.missing(f"fewer than two groups with {LEAST} test rows of a label")
    return _between([_odds(at, may, truth, said, one) for one in [weights, *drawn]], int(weights.sum()))


def _between(found: list[float], n: int) -> Value:
    """The first number, with the interval of the others."""
    low, high = np.quantile(found[1:], [0.025, 0.975]).tolist()
    return Value(found[0], n=n, low=min(low, found[0]), high=max(high, found[0]), estimator="sample")
