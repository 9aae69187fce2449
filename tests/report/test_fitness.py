from dataclasses import replace

import pytest

from engine.catalog import metric_names
from engine.errors import PlanError
from engine.fitness import failures, holds, judge, parse_condition, use, uses
from engine.report.model import Status, Verdict
from engine.value import Value


def with_value(report, metric, value):
    status = Status.MEASURED if value.value is not None else Status.NOT_MEASURABLE
    changed = [replace(r, value=value, status=status, reason=value.reason) if r.metric == metric else r for r in report.results]
    return replace(report, results=tuple(changed))


@pytest.fixture
def good(report):
    return with_value(report, "corpus.exact_duplicates", Value.exact(0.01, 100))


def test_every_requirement_names_a_metric_of_the_catalogue_and_says_why():
    for name, wanted in uses().items():
        for line in wanted.checks:
            assert line.metric.split("/")[0] in metric_names(), (name, line.metric)
            assert len(line.why) > 20
            assert 0 <= line.limit <= 1


def test_one_failed_check_makes_it_unfit(report):
    fitness = judge(report, "sft")
    assert fitness.verdict is Verdict.UNFIT
    assert [check.metric for check in fitness.checks if check.passed is False] == ["corpus.exact_duplicates"]


def test_all_checks_passed_makes_it_fit_and_other_modalities_do_not_count(good):
    fitness = judge(good, "sft")
    assert fitness.verdict is Verdict.FIT
    assert {check.metric.split(".")[0] for check in fitness.checks} == {"text", "corpus"}


def test_a_required_check_without_a_value_makes_it_unknown(good):
    report = with_value(good, "text.well_formed", Value.missing("no record has a text"))
    fitness = judge(report, "sft")
    assert fitness.verdict is Verdict.UNKNOWN
    assert next(c for c in fitness.checks if c.metric == "text.well_formed").note == "no record has a text"


def test_an_unmeasured_check_does_not_hide_a_failed_one(report):
    report = with_value(report, "text.well_formed", Value.missing("no record has a text"))
    assert judge(report, "sft").verdict is Verdict.UNFIT


def test_a_use_that_says_nothing_about_the_modality_is_unknown(good):
    assert judge(replace(good, results=()), "structured").verdict is Verdict.UNKNOWN


def test_an_interval_that_holds_the_limit_is_noted(good):
    report = with_value(good, "text.well_formed", Value(0.991, n=500, low=0.98, high=0.996))
    check = next(c for c in judge(report, "sft").checks if c.metric == "text.well_formed")
    assert check.passed
    assert check.note == "the 95 % interval, 0.98 to 0.996, holds the limit"


def test_a_misspelt_use_is_refused_with_the_nearest():
    with pytest.raises(PlanError, match="did you mean 'pretraining'"):
        use("pre-training")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("corpus.exact_duplicates > 0.2", False),
        ("corpus.exact_duplicates>0.05", True),
        (" corpus.exact_duplicates <= 0.0873 ", True),
        ("corpus.exact_duplicates == 8.73e-2", True),
        ("text.distinct_n/2-grams < .5", True),
        ("text.distinct_n/2-grams >= +5e-1", False),
        ("text.role_turns < 0.5", None),
    ],
)
def test_conditions(report, text, expected):
    assert holds(report, parse_condition(text)) is expected


@pytest.mark.parametrize(
    "text",
    ["", "corpus.exact_duplicates", "corpus.exact_duplicates > ", "corpus.exact_duplicates => 1", "> 0.2", "a > nan", "a > inf",
     "corpus.exact_duplicates > 1 and 1", "__import__('os') > 1", "corpus.exact_duplicates > 0x1", "x" * 10_000 + " > 1"],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(PlanError):
        parse_condition(text)


def test_unknown_names_are_refused_with_the_nearest(report):
    with pytest.raises(PlanError, match=r"did you mean 'text\.distinct_n'"):
        parse_condition("text.distinct > 1")
    with pytest.raises(PlanError, match="did you mean '2-grams'"):
        holds(report, parse_condition("text.distinct_n/2gram > 1"))


def test_a_gate_says_why_it_is_shut(report):
    asked = ["corpus.exact_duplicates > 0.05", "text.self_bleu > 0.9", "text.role_turns < 1", "symbolic.python_syntax < 1"]
    assert failures(report, map(parse_condition, asked)) == (
        "corpus.exact_duplicates > 0.05 holds: it is 0.0873",
        "text.role_turns has no value: the data has no column for 'messages'; map it in [subject] columns",
        "symbolic.python_syntax has no value: the plan leaves it out",
    )
