import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.task_incompleteness import undone
from tests.operators.agent.agent_given import measured

NAME = "agent.task_incompleteness"


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=6))
def test_is_the_share_of_what_is_missing(records):
    value = measured(NAME, goals=records)
    assert value.value == pytest.approx(statistics.fmean(1 - sum(goals) / len(goals) for goals in records))
    assert value.parts["all"].value == sum(map(all, records)) / len(records)
    assert value.parts["none"].value == sum(not any(goals) for goals in records) / len(records)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[true, true, false]", 1 / 3),
        ("[1, 0]", 0.5),
        ('{"find": true, "buy": false}', 0.5),
        ('[{"goal": "find", "completed": true}, {"goal": "buy", "achieved": false}]', 0.5),
        ('[{"done": true}, {"done": false, "required": false}]', 0.0),
        ('{"completed": 2, "required": 8}', 0.75),
        ('{"done": 2, "total": 2}', 0.0),
        ("0.3", 0.7),
        ("1", 0.0),
        ("[]", None),
        ('[{"done": false, "required": false}]', None),
        ('{"completed": 3, "required": 2}', None),
        ('{"completed": 0, "required": 0}', None),
        ("[2]", None),
        ("1.5", None),
        ("-1", None),
        ('["find"]', None),
        ('[{"goal": "find"}]', None),
        ("true", None),
        ("null", None),
        ("[", None),
        ("", None),
    ],
)
def test_ways_to_write_goals(text, left):
    assert undone(text) == (None if left is None else pytest.approx(left))


def test_what_is_left_out():
    value = measured(NAME, goals=["[false, true]", "soon", None, "[true]"])
    assert value.value == 0.25
    assert value.skipped == {"goals that cannot be read": 1, "no goals": 1}
    assert value.evidence[0].note == "50% of the goals not reached"
