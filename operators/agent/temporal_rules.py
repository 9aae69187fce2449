"""Drives whose signals break a rule over time."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import AfterValidator

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, State, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._motion import at, ordered, usable
from operators.agent._signals import Signal, each, named
from operators.agent._temporal import TooLong, names, parsed, robustness
from operators.agent.kinematic_feasibility import NO_TELEMETRY

_UNDECIDED = "it ends before a rule is decided"
_SHOWN = 100


def _rules(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        parsed(text)
    return texts


@dataclass(frozen=True)
class TemporalRules(Metric[Product]):
    """The share of drives that break one of the plan's rules in signal temporal logic.

    A rule compares signals over time: ``always speed - speed_limit <= 1``, ``always (headway < 5 -> eventually[0, 3] speed <
    2)`` (`operators.agent._temporal`). A drive breaks it where its robustness at the first sample is below 0 however the drive
    might go on; it is undecided where that depends on what comes after its last sample. The samples are those of the first
    signal that the rule names; others are interpolated. ``drives that break a rule / drives that break one or keep all``.
    Parts: each rule's share of drives, over those that decide it, and ``robustness/rule``, the mean of its finite robustness
    there, in the signals' units. Skipped: no telemetry, a signal that is missing or whose times do not increase, undecided.
    Without rules there is nothing to measure.

    0 to 1, lower is better, Wilson interval. Evidence: the drives that break a rule most. Cost: samples times the logarithm of
    a rule's interval; samples times samples of the interval for ``until``.

    Args:
        rules: formulas.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> texts = ['{"t": [0, 1, 2], "speed": [3, 4, 3]}', '{"t": [0, 1, 2], "speed": [3, 9, 3]}']
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> metric = TemporalRules(rules=("always speed <= 5",))
    >>> value = metric.value(metric.fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'by 4: always speed <= 5')

    Source: Maler and Nickovic 2004; Donzé and Maler 2010 (robustness); Deshmukh et al. 2017 (what comes after the end);
    Maierhofer et al. 2020, "Formalization of interstate traffic rules in temporal logic".
    """

    rules: Annotated[tuple[str, ...], AfterValidator(_rules)] = ()

    dimension: ClassVar[Dimension] = Dimension.RULE_VIOLATION
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "share of drives"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Donzé and Maler 2010; Maierhofer et al. 2020"

    def zero(self) -> Product:
        """No drives."""
        rules: dict[str, State] = {text: Ratio() for text in self.rules}
        margins: dict[str, State] = {text: Moments() for text in self.rules}
        states = {"broken": Ratio(), "rules": Product(rules), "margins": Product(margins)}
        return Product({**states, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hold each drive against the rules."""
        skipped: Counter[str] = Counter()
        rules = {text: Ratio() for text in self.rules}
        margins: dict[str, list[float]] = {text: [] for text in self.rules}
        rows, depths, notes, n = [], [], [], 0
        for row, signals in enumerate(each(batch["signals"])):
            if signals is None:
                skipped[NO_TELEMETRY] += 1
                continue
            found = {text: _margin(text, signals) for text in self.rules}
            decided = {text: margin for text, margin in found.items() if not isinstance(margin, str)}
            for text, margin in decided.items():
                rules[text] += Ratio(int(margin < 0), 1)
                margins[text] += [margin] if np.isfinite(margin) else []
            worst = min(decided, key=lambda text: decided[text], default=None)
            if worst is not None and decided[worst] < 0:
                rows.append(row)
                depths.append(min(1e300, -decided[worst]))
                notes.append(f"by {-decided[worst]:.4g}: {worst}"[:_SHOWN])
            elif len(decided) < len(found):
                skipped[next(reason for reason in found.values() if isinstance(reason, str))] += 1
                continue
            n += 1
        return Product(
            {
                "broken": Ratio(len(rows), n),
                "rules": Product(dict(rules)),
                "margins": Product({text: Moments.of(np.array(values)) for text, values in margins.items()}),
                "skipped": Tally(dict(skipped)),
                "worst": TopBy.of(np.array(depths), batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of drives that break a rule."""
        skipped = state["skipped"].nonzero()
        if not self.rules:
            return Value.missing('no rule is given: name some in [metrics."agent.temporal_rules"] rules', skipped)
        value: Value = state["broken"].share("no drive decides the rules")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {text: state["rules"][text].share("no drive decides it") for text in self.rules}
        plot = Bars(self.rules, tuple(parts[text].value or 0.0 for text in self.rules), "share of drives that break it")
        parts |= {f"robustness/{text}": state["margins"][text].mean("no drive gives a finite one") for text in self.rules}
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _margin(text: str, signals: dict[str, Signal]) -> float | str:
    """A drive's robustness by a rule; or why there is none."""
    formula = parsed(text)
    clean = {name: usable(named(signals, name), 1) for name in names(formula)}
    there = {name: signal for name, signal in clean.items() if signal is not None}
    if len(there) < len(clean):
        return "a signal of a rule is missing"
    if not all(ordered(signal) for signal in there.values()):
        return "its times do not increase"
    t = next(iter(there.values())).t
    try:
        bounds = robustness(formula, t, {name: at(signal, t) for name, signal in there.items()})
    except TooLong:
        return "too many samples for a rule's until"
    low, high = float(bounds.low[0]), float(bounds.high[0])
    if high < 0:
        return high
    return low if low >= 0 else _UNDECIDED
