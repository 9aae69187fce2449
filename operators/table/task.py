"""What a model is asked to predict from a table: a column of its rows, as labels or as numbers."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from operators.kernels.mixed_distance import NOMINAL, NOTHING
from operators.table.models import Family, Floats, Model, auc, classifier, macro_f1, r_squared, regressor
from operators.table.scaled import Rows

CLASSES = 20
"""Labels that a target has at most."""


@dataclass(frozen=True)
class Task:
    """A target column.

    Args:
        at: its place.
        columns: those that it is predicted from.
        classes: the codes or numbers that are its labels; empty where it is a number.
        nominal: whether labels are categories, and not two numbers.
    """

    at: int
    columns: tuple[int, ...]
    classes: Floats
    nominal: bool

    @property
    def score(self) -> str:
        """What its predictions are judged by."""
        return ("R²", "", "AUC")[len(self.classes)] if len(self.classes) <= 2 else "macro F1"

    def usable(self, rows: Rows) -> Rows:
        """The rows that have a target."""
        kinds, cells = rows.kinds[:, self.at], rows.values[:, self.at]
        if not len(self.classes):
            return rows.at((kinds != NOMINAL) & (kinds != NOTHING))
        sort = (kinds == NOMINAL) if self.nominal else (kinds != NOMINAL) & (kinds != NOTHING)
        return rows.at(sort & np.isin(cells, self.classes))

    def truth(self, rows: Rows) -> Floats:
        """The target of usable rows: labels 0, 1, ... or numbers."""
        cells = rows.values[:, self.at]
        return np.searchsorted(self.classes, cells).astype(np.float64) if len(self.classes) else cells

    def fitted(self, rows: Rows, family: Family = "trees") -> Model | None:
        """A model of usable rows; None where they have one label only. It gives probabilities by label, or numbers."""
        truth = self.truth(rows)
        if not len(self.classes):
            return regressor(rows, truth, self.columns, family) if len(rows) else None
        labels = truth.astype(np.int64)
        if len(np.unique(labels)) < 2:
            return None
        return classifier(rows, labels, self.columns, family)

    def judged(self, predictions: Floats, rows: Rows, weights: Floats) -> float | None:
        """How good predictions about usable rows are."""
        truth = self.truth(rows)
        if not len(self.classes):
            return r_squared(predictions, truth, weights)
        if len(self.classes) == 2:
            return auc(_second(predictions), truth == 1, weights)
        return macro_f1(predictions.argmax(1), truth.astype(np.int64), weights) if len(rows) else None


def _second(predictions: Floats) -> Floats:
    """The probability of the second of two labels, which the model may not have seen."""
    return predictions[:, 1] if predictions.shape[1] > 1 else 1 - predictions[:, 0]


def task_of(names: tuple[str, ...], target: str, real: Rows) -> Task | str:
    """The task of predicting a column, as real rows show it; a string says why there is none.

    A category or truth value with 2 to 20 labels, or a number with two values, is told by its label; other numbers as numbers.
    """
    if target not in names:
        return f"there is no column {target!r} on all sides to predict"
    if len(names) < 2:
        return "there is no column to predict from"
    at = names.index(target)
    kinds, cells = real.kinds[:, at], real.values[:, at]
    named, numeric = kinds == NOMINAL, (kinds != NOMINAL) & (kinds != NOTHING)
    nominal = bool(named.sum() >= numeric.sum())
    classes: NDArray[np.float64] = np.unique(cells[named if nominal else numeric])
    if len(classes) < 2:
        return f"the column {target!r} has no two values in the reference"
    if nominal and len(classes) > CLASSES:
        return f"the column {target!r} has over {CLASSES} categories: name a target"
    others = tuple(c for c in range(len(names)) if c != at)
    return Task(at, others, classes if nominal or len(classes) == 2 else classes[:0], nominal)
