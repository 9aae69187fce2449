"""Models on drawn rows: boosted trees and a linear one, fitted on some rows and asked about others. Needs scikit-learn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from operators.kernels.mixed_distance import NOMINAL, NOTHING
from operators.table.scaled import Rows

Floats = NDArray[np.float64]
Family = Literal["trees", "linear"]
Model = Callable[[Rows], Floats]
"""Gives predictions about rows."""
FAMILIES: tuple[Family, ...] = ("trees", "linear")
_CATEGORIES, _DUMMIES = 250, 50
"""Categories of a column that trees, and the linear model, tell apart: the commonest."""


@dataclass(frozen=True)
class Design:
    """How rows become numbers, as the rows that a model is fitted on say it; nothing of others goes in.

    Args:
        columns: places of the columns.
        nominal: of each, whether it is taken as categories: where more of its cells are than are numbers.
        categories: of each, the codes of its commonest categories, in order of code.
        centres, widths: of each, mean and deviation of its numbers.
    """

    columns: tuple[int, ...]
    nominal: tuple[bool, ...]
    categories: tuple[Floats, ...]
    centres: tuple[float, ...]
    widths: tuple[float, ...]

    @classmethod
    def of(cls, rows: Rows, columns: tuple[int, ...]) -> "Design":
        """The design of some rows."""
        nominal, categories, centres, widths = [], [], [], []
        for c in columns:
            kinds, cells = rows.kinds[:, c], rows.values[:, c]
            named, numeric = kinds == NOMINAL, (kinds != NOMINAL) & (kinds != NOTHING)
            nominal.append(bool(rows.counts[named].sum() > rows.counts[numeric].sum()))
            codes, at = np.unique(cells[named], return_inverse=True)
            often = np.argsort(-np.bincount(at, rows.counts[named], len(codes)), kind="stable")[:_CATEGORIES]
            categories.append(codes[np.sort(often)])
            weights = rows.counts[numeric].astype(np.float64)
            mean = float(np.average(cells[numeric], weights=weights)) if len(weights) else 0.0
            spread = float(np.average((cells[numeric] - mean) ** 2, weights=weights)) ** 0.5 if len(weights) else 0.0
            centres.append(mean)
            widths.append(spread or 1.0)
        return cls(columns, tuple(nominal), tuple(categories), tuple(centres), tuple(widths))

    def for_trees(self, rows: Rows) -> Floats:
        """(n, d) numbers, and the places of categories; NaN for what is missing, or was not seen."""
        out = np.full((len(rows), len(self.columns)), np.nan)
        for at, c in enumerate(self.columns):
            kinds, cells = rows.kinds[:, c], rows.values[:, c]
            if not self.nominal[at]:
                numeric = (kinds != NOMINAL) & (kinds != NOTHING)
                out[numeric, at] = cells[numeric]
                continue
            place, known = _places(self.categories[at], kinds, cells)
            out[known, at] = place[known]
        return out

    def for_linear(self, rows: Rows) -> Floats:
        """(n, k) standardised numbers, with a column that says where there is none, and one of 0 and 1 for each category."""
        parts: list[Floats] = []
        for at, c in enumerate(self.columns):
            kinds, cells = rows.kinds[:, c], rows.values[:, c]
            if self.nominal[at]:
                place, known = _places(self.categories[at][:_DUMMIES], kinds, cells)
                dummies = np.zeros((len(rows), min(_DUMMIES, len(self.categories[at]))))
                dummies[np.flatnonzero(known), place[known]] = 1.0
                parts.append(dummies)
                continue
            there = (kinds != NOMINAL) & (kinds != NOTHING)
            scaled = np.clip((cells - self.centres[at]) / self.widths[at], -10, 10)
            parts.append(np.stack([np.where(there, scaled, 0.0), ~there], 1))
        return np.concatenate(parts, 1)


def _places(codes: Floats, kinds: NDArray[np.uint8], cells: Floats) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The place of each cell among some codes, and whether it is there."""
    if not len(codes):
        return np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    place = np.minimum(np.searchsorted(codes, cells), len(codes) - 1)
    return place, (kinds == NOMINAL) & (codes[place] == cells)


def classifier(rows: Rows, labels: NDArray[np.int64], columns: tuple[int, ...], family: Family) -> Model:
    """A model of labels 0, 1, ...: gives (n, labels) probabilities. There have to be two labels at least."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    design = Design.of(rows, columns)
    model = HistGradientBoostingClassifier if family == "trees" else LogisticRegression
    options = _trees(design) if family == "trees" else {"max_iter": 300}
    return _fitted(model(**options), design, rows, labels, family, lambda model, x: _spread(model, x, int(labels.max())))


def regressor(rows: Rows, numbers: Floats, columns: tuple[int, ...], family: Family) -> Model:
    """A model of numbers: gives (n,) predictions."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    design = Design.of(rows, columns)
    model = HistGradientBoostingRegressor(**_trees(design)) if family == "trees" else Ridge()
    return _fitted(model, design, rows, numbers, family, lambda model, x: model.predict(x))


def _trees(design: Design) -> dict[str, Any]:
    nominal = [at for at, named in enumerate(design.nominal) if named]
    return {"max_iter": 100, "early_stopping": False, "random_state": 0, "categorical_features": nominal or None}


def _fitted(model: Any, design: Design, rows: Rows, labels: Any, family: Family, ask: Callable[[Any, Floats], Floats]) -> Model:
    """Fitted with one thread, so that sums are always in the same order."""
    from threadpoolctl import threadpool_limits

    numbers = design.for_trees if family == "trees" else design.for_linear
    with threadpool_limits(1):
        model.fit(numbers(rows), labels, sample_weight=rows.counts.astype(np.float64))

    def predict(others: Rows) -> Floats:
        with threadpool_limits(1):
            return ask(model, numbers(others)) if len(others) else np.empty(0)

    return predict


def _spread(model: Any, x: Floats, most: int) -> Floats:
    """Probabilities by label, 0 for labels that the model has not seen."""
    out = np.zeros((len(x), most + 1))
    out[:, model.classes_] = model.predict_proba(x)
    return out


def auc(scores: Floats, positive: NDArray[np.bool_], weights: Floats) -> float | None:
    """The probability that a positive scores higher than another, ties half; None where one sort is missing.

    >>> auc(np.array([0.1, 0.4, 0.4]), np.array([False, True, False]), np.ones(3))
    0.75
    """
    levels, at = np.unique(scores, return_inverse=True)
    good = np.bincount(at, weights * positive, len(levels))
    bad = np.bincount(at, weights * ~positive, len(levels))
    if not good.sum() or not bad.sum():
        return None
    return float((good * (np.cumsum(bad) - bad / 2)).sum() / (good.sum() * bad.sum()))


def macro_f1(guesses: NDArray[np.int64], labels: NDArray[np.int64], weights: Floats) -> float:
    """The mean over the labels that occur of 2 tp / (2 tp + fp + fn).

    >>> macro_f1(np.array([0, 1, 1]), np.array([0, 0, 1]), np.ones(3))
    0.6666666666666666
    """
    size = int(max(guesses.max(), labels.max())) + 1
    right = np.bincount(labels, weights * (guesses == labels), size)
    both = np.bincount(labels, weights, size) + np.bincount(guesses, weights, size)
    occur = np.bincount(labels, weights, size) > 0
    return float((2 * right[occur] / both[occur]).mean())


def r_squared(guesses: Floats, numbers: Floats, weights: Floats) -> float | None:
    """One minus the squared errors over those of the mean; None where all numbers are equal.

    >>> r_squared(np.array([1.0, 2.0]), np.array([1.0, 3.0]), np.ones(2))
    0.5
    """
    spread = float((weights * (numbers - np.average(numbers, weights=weights)) ** 2).sum())
    return 1 - float((weights * (guesses - numbers) ** 2).sum()) / spread if spread else None
