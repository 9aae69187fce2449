import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent._gui import operation_of
from tests.operators.agent.agent_given import measured

NAME = "agent.gui_agreement"
words = st.lists(st.sampled_from("abc"), max_size=3).map(" ".join)
operations = st.builds(lambda op, value: {"op": op, "value": value}, st.sampled_from(["CLICK", "TYPE"]), words)
steps = st.lists(st.tuples(operations, st.integers(1, 3), operations, st.integers(1, 3), st.sampled_from("st")), min_size=1)


def f1(made, right):
    """Mind2Web's, over sets of words."""
    one, two = ({word for word in f"{step['op']} {step['value']}".split(" ") if word} for step in (made, right))
    precision, recall = len(one & two) / len(one), len(one & two) / len(two)
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


@given(steps)
def test_scores_are_mind2webs(rows):
    columns = zip(*rows, strict=True)
    value = measured(
        NAME, **dict(zip(("action", "element", "gold_action", "gold_element", "task"), map(list, columns), strict=True))
    )
    scores = [f1(made, right) for made, _, right, _, _ in rows]
    located = [one == two for _, one, _, two, _ in rows]
    success = [hit and score == pytest.approx(1.0) for hit, score in zip(located, scores, strict=True)]
    assert value.value == sum(success) / len(rows)
    assert value.parts["element_accuracy"].value == sum(located) / len(rows)
    assert value.parts["operation_f1"].value == pytest.approx(statistics.fmean(scores))
    tasks = {}
    for (*_, task), right in zip(rows, success, strict=True):
        tasks.setdefault(task, []).append(right)
    assert value.parts["success_rate"].value == statistics.fmean(all(each) for each in tasks.values())
    assert value.parts["by_task"].value == pytest.approx(statistics.fmean(statistics.fmean(each) for each in tasks.values()))


def test_elements_and_calls():
    value = measured(
        NAME,
        action=['click(uid="a")', 'say(utterance="Hi")', 'text_input(text="x y", uid="b")'],
        element=['click(uid="a")', 'say(utterance="Hi")', 'text_input(text="x y", uid="b")'],
        gold_action=['click(uid="a")', 'say(utterance="Hi")', 'text_input(text="x z", uid="b")'],
        gold_element=["a", "[]", '["b", "c"]'],
    )
    assert value.value == pytest.approx(2 / 3)
    assert value.parts["element_accuracy"].value == 1.0
    assert "success_rate" not in value.parts
    assert value.evidence[0].note == "text_input x y at b, not text_input x z at b, c"


def test_what_is_left_out():
    value = measured(
        NAME,
        action=["CLICK", None, "[1]", "CLICK"],
        element=["1", "1", "1", "[true]"],
        gold_action=["CLICK"] * 4,
        gold_element=["1"] * 4,
    )
    assert (value.value, value.n) == (1.0, 1)
    assert value.skipped == {"no step and gold step that can be read": 3}


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ('{"original_op": "HOVER", "op": "CLICK", "value": ""}', "CLICK"),
        ('{"op": "SELECT", "value": "Pickup"}', "SELECT Pickup"),
        ("load(url='https://a.org')", "load https://a.org"),
        ("TYPE a b", "TYPE a b"),
        ('{"value": "a"}', None),
        ("[]", None),
        ("", None),
    ],
)
def test_operations(text, operation):
    assert operation_of(text) == operation
