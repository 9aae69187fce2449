"""What a classifier learns from the subject, tested on the reference: what the metrics of utility share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.value import Z95, Bars, Value

_TREES = 100

Described = tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]
"""Features, classes and how many records there are of each thing."""


def taught(mine: Described, theirs: Described, least: int = 5) -> Value:
    """Train on the subject's things and on half of the reference's, and test on the other half.

    Missing where one of the three has fewer than ``least`` things, or than two classes.

    The value is the balanced accuracy; parts are ``real``, ``chance``, ``accuracy`` and ``lift``
    (`semistructured.graph_classification` says what these are).
    """
    test, other = halves(theirs)
    obstacle = untaught(mine, test, other, least)
    return Value.missing(obstacle) if obstacle else _tested(mine, test, other)


def untaught(mine: Described, test: Described, other: Described, least: int) -> str | None:
    """Why nothing can be learnt or tested, or None."""
    for side, (_, classes, _) in (("subject", mine), ("reference's one half", test), ("reference's other half", other)):
        if len(np.unique(classes.astype(str))) < 2:
            return f"the {side} has fewer than two classes"
        if len(classes) < least:
            return f"the {side} has {len(classes)} different ones, fewer than {least}"
    return None


def halves(things: Described) -> tuple[Described, Described]:
    """Every other one, in the order of their hashes."""
    one, other = (tuple(part[start::2] for part in things) for start in (0, 1))
    return one, other  # type: ignore[return-value]


def scores(train: Described, asked: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The classes, and (n, classes) how probable each is for what is asked."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(_TREES, class_weight="balanced", random_state=0)
    names, codes = np.unique(train[1].astype(str), return_inverse=True)  # digits as texts confuse it
    forest.fit(train[0], codes, sample_weight=train[2])
    return names, np.asarray(forest.predict_proba(asked), np.float64)


def _tested(mine: Described, test: Described, other: Described) -> Value:
    classes = np.unique(test[1].astype(str))
    right = _right(mine, test)
    value = balanced(right, test)
    chance = 1 / len(classes)
    real = balanced(_right(other, test), test)
    ceiling = (real.value or 0.0) - chance
    missing = Value.missing("the real ones teach nothing beyond chance")
    lift = Value.exact(((value.value or 0.0) - chance) / ceiling, value.n) if ceiling > 0 else missing
    accuracy = float((right * test[2]).sum() / test[2].sum())
    parts = {"real": real, "chance": Value.exact(chance, value.n), "accuracy": Value.exact(accuracy, value.n), "lift": lift}
    names = ("real", "chance")
    bars = Bars(("subject", *names), (value.value or 0.0, *(parts[name].value or 0.0 for name in names)), "balanced accuracy")
    return value.with_(parts=parts, plot=bars)


def _right(train: Described, test: Described) -> NDArray[np.bool_]:
    """Which of the tested things are told right."""
    names, probable = scores(train, test[0])
    found: NDArray[np.bool_] = names[probable.argmax(axis=1)] == test[1].astype(str)
    return found


def balanced(right: NDArray[np.bool_], test: Described) -> Value:
    """The mean over classes of the share that is right, and the interval of a stratified mean."""
    _, classes, counts = test
    shares, variance = [], 0.0
    for one in np.unique(classes.astype(str)):
        weights = counts * (classes.astype(str) == one)
        share, n = float((right * weights).sum() / weights.sum()), int(weights.sum())
        shares.append(share)
        variance += share * (1 - share) / n
    value = float(np.mean(shares))
    half = Z95 * float(np.sqrt(variance)) / len(shares)
    return Value(value, int(counts.sum()), max(0.0, value - half), min(1.0, value + half), estimator="sample")
