"""What the rule-based quality filters share: a text passes when no rule rejects it; every rule's share stands beside."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from engine.state import Histogram, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask

SHARES = tuple(at / 20 for at in range(21))
"""Edges for shares and ratios; the last bin also holds what is greater."""
COUNTS = (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6)
"""Edges for counts."""

_NO_TEXT = "no text"


class Rule(NamedTuple):
    """One rule over ``n`` texts: its signal, and where it rejects."""

    name: str
    signal: NDArray[Any]
    limit: float
    sign: str
    fails: NDArray[np.bool_]
    edges: tuple[float, ...]


class Verdicts(NamedTuple):
    """The rules in their order, and per text the position of the rule that rejects it first; -1 where it passes."""

    rules: tuple[Rule, ...]
    rejected_by: NDArray[np.int64]

    def names(self) -> list[str]:
        """The rejecting rule of each text; empty where it passes."""
        return [self.rules[at].name if at >= 0 else "" for at in self.rejected_by.tolist()]


def at_least(name: str, signal: NDArray[Any], limit: float, edges: tuple[float, ...] = SHARES) -> Rule:
    """Rejects below the limit."""
    return Rule(name, signal, limit, "<", signal < limit, edges)


def at_most(name: str, signal: NDArray[Any], limit: float, edges: tuple[float, ...] = SHARES) -> Rule:
    """Rejects above the limit."""
    return Rule(name, signal, limit, ">", signal > limit, edges)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """``part / whole``, 0 where there is no whole.

    >>> ratio(np.array([1, 3]), np.array([2, 0])).tolist()
    [0.5, 0.0]
    """
    quotients: NDArray[np.float64] = np.divide(part, whole, out=np.zeros(len(part), np.float64), where=whole != 0)
    return quotients


def in_order(rules: Sequence[Rule]) -> Verdicts:
    """The verdicts of rules that are asked one after the other."""
    fails = np.stack([rule.fails for rule in rules])
    return Verdicts(tuple(rules), np.where(fails.any(axis=0), fails.argmax(axis=0), -1))


def no_records() -> Product:
    """The state of no records."""
    return Product({"passed": Ratio(), "skipped": Tally(), "worst": TopBy()})


def fold_verdicts(batch: pa.RecordBatch, verdicts: Verdicts) -> Product:
    """The state of a batch, whose records without a text are skipped.

    Records are ranked by the sum over the rules that reject them of how far the signal is past its limit, each as a share
    of the greater of the two: from 0 to the number of rules.
    """
    judged = np.flatnonzero(valid_mask(batch["text"]))
    failed = judged[verdicts.rejected_by[judged] >= 0]
    excess = sum((_excess(rule)[failed] for rule in verdicts.rules), start=np.zeros(len(failed)))
    records = batch[ID].to_numpy()[failed]

    def note(at: int) -> str:
        row = failed[at]
        rule = verdicts.rules[verdicts.rejected_by[row]]
        return f"{rule.name}: {rule.signal[row]:.4g} {rule.sign} {rule.limit:g}"

    states: dict[str, Any] = {
        "passed": Ratio(len(judged) - len(failed), len(judged)),
        "skipped": Tally({_NO_TEXT: len(batch) - len(judged)} if len(judged) < len(batch) else {}),
        "worst": TopBy.of(excess, records, note),
    }
    for rule in verdicts.rules:
        states[f"fails:{rule.name}"] = Ratio(int(rule.fails[judged].sum()), len(judged))
        states[f"signal:{rule.name}"] = Histogram.of(rule.signal[judged], rule.edges)
    return Product(states)


def pass_rate(state: Product, labels: Sequence[str]) -> Value:
    """The share that passes; per rule the share that it alone would reject, with the histogram of its signal."""
    skipped = state["skipped"].nonzero()
    passed: Ratio = state["passed"]
    if passed.n == 0:
        return Value.missing("no record has a text", skipped)
    parts = {
        name: state[f"fails:{name}"]
        .share()
        .with_(plot=state[f"signal:{name}"].bins(name, log_x=state[f"signal:{name}"].edges == COUNTS))
        for name in labels
    }
    bars = Bars(tuple(labels), tuple(part.value or 0.0 for part in parts.values()), "share of records the rule rejects")
    return passed.share().with_(skipped=skipped, parts=parts, plot=bars, evidence=state["worst"].evidence())


def _excess(rule: Rule) -> NDArray[np.float64]:
    distance, scale = np.abs(rule.signal - rule.limit), np.maximum(np.abs(rule.signal), abs(rule.limit))
    return np.where(rule.fails, ratio(distance, scale), 0.0)
