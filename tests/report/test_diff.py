from dataclasses import replace

from engine.report.diff import Outcome, diff, render_text


def scaled(report, factor, **changes):
    def scale(value):
        return value.with_(value=value.value * factor, low=value.low * factor, high=value.high * factor)

    results = [
        replace(r, value=scale(r.value), **changes) if r.value and r.value.value is not None else r for r in report.results
    ]
    return replace(report, results=tuple(results))


def outcomes(old, new):
    return {change.metric: change.outcome for change in diff(old, new)}


def test_better_and_worse_follow_the_direction(report):
    found = outcomes(report, scaled(report, 0.5))
    assert found["text.well_formed"] is Outcome.WORSE
    assert found["text.self_bleu"] is Outcome.BETTER
    assert outcomes(scaled(report, 0.5), report)["text.self_bleu"] is Outcome.WORSE


def test_overlap_says_whether_it_may_be_chance(report):
    near = {change.metric: change.overlap for change in diff(report, scaled(report, 0.999))}
    far = {change.metric: change.overlap for change in diff(report, scaled(report, 0.5))}
    assert near["text.self_bleu"] is True
    assert far["text.self_bleu"] is False


def test_the_same_report_is_the_same(report):
    assert set(outcomes(report, report).values()) == {Outcome.SAME, Outcome.UNMEASURED}


def test_other_versions_and_parameters_are_not_compared(report):
    assert outcomes(report, scaled(report, 0.5, version=2))["text.self_bleu"] is Outcome.INCOMPARABLE
    assert outcomes(report, scaled(report, 0.5, parameters={"size": 5}))["text.self_bleu"] is Outcome.INCOMPARABLE


def test_metrics_that_come_and_go(report):
    empty = replace(report, results=())
    assert outcomes(empty, report)["text.self_bleu"] is Outcome.APPEARED
    assert outcomes(report, empty)["text.self_bleu"] is Outcome.VANISHED
    assert render_text(diff(empty, empty)) == "neither report has a metric"


def test_the_text_names_the_worse_first(report):
    lines = render_text(diff(report, scaled(report, 0.5))).splitlines()
    assert lines[0].startswith("worse ")
    assert "0.9998 [0.9993 to 0.9999] -> 0.4999" in next(line for line in lines if "text.well_formed" in line)
    assert "intervals do not overlap" in lines[0]
