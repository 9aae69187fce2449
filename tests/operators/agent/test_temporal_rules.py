import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.catalog import PlanError, metric
from operators.agent._temporal import Atom, Formula, TooLong, parsed, robustness
from operators.agent.temporal_rules import TemporalRules
from tests.operators.agent.agent_given import measured
from tests.operators.agent.drive_given import comma, needs_data, telemetry

NAME = "agent.temporal_rules"
INF = math.inf

ATOMS = st.sampled_from(["a > 0", "b <= 1", "a - 2 * b < 0.5", "abs(a) >= 1"])
INTERVALS = st.one_of(st.just(""), st.tuples(st.integers(0, 3), st.integers(0, 4)).map(lambda p: f"[{p[0]}, {p[0] + p[1]}]"))
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("(not {})".format, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or", "->"]), inner),
        st.builds("({}{} {})".format, st.sampled_from(["always", "eventually"]), INTERVALS, inner),
        st.builds("({} until{} {})".format, inner, INTERVALS, inner),
    ),
    max_leaves=5,
)
TRACES = st.lists(st.tuples(st.floats(0.1, 2.0), st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=10)


def by_definition(formula, i, t, signals):
    """The bounds at one sample, term by term as the semantics is written."""
    if isinstance(formula, Atom):
        terms = (f * (abs(signals[n][i]) if size else signals[n][i]) for f, n, size in formula.terms)
        value = formula.constant + sum(terms)
        return value, value
    parts = formula.parts
    if formula.operator == "not":
        low, high = by_definition(parts[0], i, t, signals)
        return -high, -low
    if formula.operator in ("and", "or"):
        pick = min if formula.operator == "and" else max
        found = [by_definition(part, i, t, signals) for part in parts]
        return pick(low for low, _ in found), pick(high for _, high in found)
    window = [j for j in range(i, len(t)) if t[i] + formula.start <= t[j] <= t[i] + formula.stop]
    beyond = formula.stop < INF and t[i] + formula.stop > t[-1]
    ends = []
    for end in (0, 1):
        if formula.operator == "until":
            values = [
                min(
                    [
                        by_definition(parts[1], j, t, signals)[end],
                        *(by_definition(parts[0], k, t, signals)[end] for k in range(i, j)),
                    ]
                )
                for j in window
            ]
            held = min(by_definition(parts[0], k, t, signals)[end] for k in range(i, len(t)))
            ends.append(max([*values, *([held] if beyond and end else [])], default=-INF))
        else:
            values = [by_definition(parts[0], j, t, signals)[end] for j in window]
            pick, open_end = (min, 0) if formula.operator == "always" else (max, 1)
            unknown = [-INF if open_end == 0 else INF] if beyond and end == open_end else []
            ends.append(pick([*values, *unknown], default=INF if pick is min else -INF))
    return tuple(ends)


def arrays(trace):
    steps, a, b = (np.array(column) for column in zip(*trace, strict=True))
    return np.cumsum(steps), {"a": a, "b": b}


@settings(max_examples=150, deadline=None)
@given(FORMULAS, TRACES)
def test_robustness_is_that_of_the_definition(text, trace):
    t, signals = arrays(trace)
    found = robustness(parsed(text), t, signals)
    expected = [by_definition(parsed(text), i, t, signals) for i in range(len(t))]
    np.testing.assert_allclose(found.low, [low for low, _ in expected])
    np.testing.assert_allclose(found.high, [high for _, high in expected])


@settings(max_examples=100, deadline=None)
@given(
    FORMULAS.filter(lambda text: "always " not in text and "eventually " not in text and "until " not in text), TRACES, TRACES
)
def test_whatever_comes_after_the_end_stays_within_the_bounds(text, trace, after):
    """Of formulas whose intervals all end: what comes later than the bounds allow for would have to change a past sample."""
    t, signals = arrays(trace)
    longer, more = arrays([*trace, *after, *[(2.0, 0.0, 0.0)] * 20])
    bounds, grown = robustness(parsed(text), t, signals), robustness(parsed(text), longer, more)
    assert bounds.low[0] <= grown.low[0] + 1e-9
    assert grown.high[0] <= bounds.high[0] + 1e-9


def test_precedence():
    assert parsed("a > 1 or b > 1 and a > 2 -> b > 2") == parsed("((a > 1) or ((b > 1) and (a > 2))) -> (b > 2)")
    assert parsed("always a > 1 until[0, 2] b > 1") == parsed("(always (a > 1)) until[0, 2] (b > 1)")
    assert parsed("not a > 1 and b > 1").operator == "and"
    assert parsed("a > 1 -> b > 1 -> a > 2") == parsed("a > 1 -> (b > 1 -> a > 2)")
    assert parsed("eventually[1.5, 2e1] a >= -2") == Formula("eventually", (Atom(((1.0, "a", False),), 2.0),), 1.5, 20.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "speed",
        "1 < 2",
        "speed <",
        "always[3, 1] a > 1",
        "always[0 1] a > 1",
        "(a > 1",
        "a > 1)",
        "a > b > c",
        "__import__('os')",
        "a > 1; b > 2",
        "not > 1",
        "(" * 100 + "a > 1" + ")" * 100,
        "not " * 100 + "a > 1",
        "a > 1 -> " * 100 + "a > 1",
        "a > 1 and " * 1000 + "a > 1",
    ],
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(PlanError, match=r"rule|characters"):
        metric(NAME, {"rules": [text]})


def test_rules_about_a_drive():
    t = np.arange(0, 30, 0.1)
    calm = telemetry(t=t, speed=[10.0] * 300, speed_limit=[13.0] * 300, gap=[30.0] * 300)
    fast = telemetry(t=t, speed=10 + (t > 20) * 5, speed_limit=[13.0] * 300, gap=[30.0] * 300)
    close = telemetry(t=t, speed=np.where(t > 12, 1.0, 10.0), speed_limit=[13.0] * 300, gap=np.where(t > 10, 4.0, 30.0))
    slow = telemetry(t=t, speed=np.where(t > 25, 1.0, 10.0), speed_limit=[13.0] * 300, gap=np.where(t > 10, 4.0, 30.0))
    rules = ("always speed - speed_limit <= 0", "always (gap < 5 -> eventually[0, 3] speed < 2)")
    value = measured(NAME, TemporalRules(rules=rules), telemetry=[calm, fast, close, slow])
    assert value.parts[rules[0]].value == 0.25
    assert value.parts[rules[1]].value == pytest.approx(1 / 4)
    assert value.value == 0.5
    assert [e.note for e in value.evidence] == [f"by 2: {rules[0]}", f"by 1: {rules[1]}"]
    assert value.parts[f"robustness/{rules[0]}"].value == pytest.approx((3 - 2 + 3 + 3) / 4)


def test_an_obligation_that_outlasts_the_drive_is_undecided():
    t = np.arange(0, 10, 0.1)
    drive = telemetry(t=t, speed=[10.0] * 100, gap=np.where(t > 9, 4.0, 30.0))
    value = measured(NAME, TemporalRules(rules=("always (gap < 5 -> eventually[0, 3] speed < 2)",)), telemetry=[drive])
    assert value.value is None
    assert value.skipped == {"it ends before a rule is decided": 1}


def test_what_cannot_be_judged_is_skipped():
    good = telemetry(t=[0, 1, 2], speed=[1, 2, 3])
    back = telemetry(t=[0, 1, 0], speed=[1, 2, 3])
    value = measured(
        NAME, TemporalRules(rules=("always speed < 9",)), telemetry=[good, back, telemetry(t=[0, 1], door=[0, 1]), None]
    )
    assert (value.value, value.n) == (0.0, 1)
    assert value.skipped == {
        "its times do not increase": 1,
        "a signal of a rule is missing": 1,
        "no telemetry that can be read": 1,
    }
    assert measured(NAME, telemetry=[good]).reason.startswith("no rule is given")


def test_until_over_too_many_samples_is_refused():
    t = np.arange(100_000.0)
    with pytest.raises(TooLong):
        robustness(parsed("a > 0 until b > 0"), t, {"a": t, "b": t})


@needs_data
def test_a_recorded_minute_of_a_real_car():
    rules = ("always speed <= 20", "always speed <= 15", "eventually[0, 30] speed > 15")
    value = measured(NAME, TemporalRules(rules=rules), telemetry=[comma()])
    assert [value.parts[rule].value for rule in rules] == [0.0, 1.0, 0.0]
    assert value.parts["robustness/always speed <= 20"].value == pytest.approx(20 - 19.84097222)
