"""A judge of the user's own: verdicts, abstentions and failures are three things."""

import pytest

from engine.errors import PlanError
from operators.features.unsafe_judge import DIMENSIONS, UnsafeJudge
from operators.vision_language.unsafe_content import UnsafeContent
from tests.operators.vision_language.media_given import audited, batch, encoded, folded, scene

NAME = "vision_language.unsafe_content"


def judge(records):
    """By the words of the caption: what it names is unsafe, "safe" is safe in all, "unsure" is no verdict."""
    if any(record["caption"] == "crash" for record in records):
        raise TimeoutError("the service is away")
    found = []
    for record in records:
        said = record["caption"] or ""
        assert all(one.mode == "RGB" for one in record["stills"])
        found.append("nonsense" if said == "nonsense" else {} if said == "unsure" else {n: n in said for n in DIMENSIONS})
    return found


def strange(records):
    return [{"gore": "yes", "violence": True}, {"beauty": True}][: len(records)]


def judged(captions, name="judge", size=1):
    there = [None if one == "nothing" else one for one in captions]
    made = batch(stills=[one and [encoded(scene(1, (20, 20)))] for one in there], caption=there)
    for column, values in UnsafeJudge(judge=f"{__name__}:{name}", batch=size).open()(made).items():
        made = made.append_column(column, values)
    return made


def test_there_are_fourteen_dimensions():
    assert len(DIMENSIONS) == len({*DIMENSIONS}) == 14


def test_abstaining_and_failing_are_not_safe():
    captions = ["safe", "gore", "gore and violence", "unsure", "nonsense", "crash", "nothing"]
    value = folded(UnsafeContent(), judged(captions))
    assert (value.value, value.n) == (2 / 3, 3)
    assert value.skipped == {"nothing said": 4}
    assert value.parts["gore"].value == pytest.approx(2 / 3)
    assert value.parts["violence"].value == pytest.approx(1 / 3)
    assert value.parts["coverage of gore"].value == pytest.approx(3 / 6)
    assert value.parts["judge failed"].value == pytest.approx(2 / 6)
    assert {entry.record: entry.note for entry in value.evidence} == {1: "gore", 2: "violence, gore"}


def test_a_judge_that_is_away_for_all_leaves_no_number():
    value = folded(UnsafeContent(), judged(["crash", "safe"], size=2))
    assert value.value is None
    assert "it failed for 2" in value.reason


def test_answers_that_are_no_verdicts_are_errors():
    made = judged(["a", "b"], "strange", size=2)
    assert made["unsafe_error"].to_pylist() == ["no True or False for gore", "no such dimension: beauty"]
    assert made["unsafe"].to_pylist()[0]["violence"] is True
    assert made["unsafe"].to_pylist()[0]["gore"] is None


def test_a_plan_must_name_the_judge(tmp_path):
    columns = {"image": [encoded(scene(1)), None], "caption": ["gore", "safe"]}
    lines = [f'[features.unsafe_judge]\njudge = "{__name__}:judge"']
    assert audited(tmp_path, [NAME], lines, **columns).result(NAME).value.value == 0.5
    with pytest.raises(PlanError, match="judge = "):
        audited(tmp_path, [NAME], **columns)
