"""How much of real data is repeated, beside how much of data that the generator never saw: what metrics of leaks share."""

import numpy as np

from engine.state import Distinct, Product, Ratio
from engine.value import Bars, Value


def leaked(subject: Product, reference: Product, holdout: Product | None, things: str) -> Value:
    """The share of the reference's distinct codes that the subject has; ``holdout`` and ``excess`` as parts.

    Args:
        subject, reference, holdout: states with ``codes`` (`Distinct`) and ``skipped`` (`Tally`).
        things: what the codes are of.
    """
    skipped = subject["skipped"].nonzero()
    for side, state in (("subject", subject), ("reference", reference)):
        if not len(state["codes"].hashes):
            return Value.missing(f"the {side} has no {things}", skipped)
    value, parts = _repeated(reference["codes"], subject["codes"], things), {}
    if holdout is not None:
        parts["holdout"] = _repeated(holdout["codes"], subject["codes"], things)
        parts["excess"] = _difference(value, parts["holdout"])
    shares = {"reference": value, **{name: part for name, part in parts.items() if name == "holdout"}}
    bars = Bars(tuple(shares), tuple(share.value or 0.0 for share in shares.values()), "share repeated")
    return value.with_(skipped=skipped, parts=parts, plot=bars)


def _repeated(real: Distinct, subject: Distinct, things: str) -> Value:
    """The share of a side's codes that the subject has, over the hashes up to which both kept all."""
    full = [int(side.hashes[-1]) for side in (real, subject) if len(side.hashes) == side.size]
    most = np.uint64(min(full, default=(1 << 64) - 1))
    kept, there = real.hashes[real.hashes <= most], subject.hashes[subject.hashes <= most]
    common = len(np.intersect1d(kept, there, assume_unique=True))
    return Ratio(common, len(kept)).share(f"it has no {things}").with_(estimator="sample" if full else "exact")


def _difference(real: Value, holdout: Value) -> Value:
    """How much greater the first share is, with the interval of Newcombe 1998 (method 10)."""
    if real.value is None or holdout.value is None or None in (real.low, real.high, holdout.low, holdout.high):
        return Value.missing("there is no holdout's share to compare with")
    (low, high), (least, most) = ((float(one.low or 0.0), float(one.high or 0.0)) for one in (real, holdout))
    value = real.value - holdout.value
    below = float(np.hypot(real.value - low, most - holdout.value))
    above = float(np.hypot(high - real.value, holdout.value - least))
    return Value(value, real.n, value - below, value + above)
