import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.trajectory_format import TrajectoryFormat


def call(name="search", arguments='{"q": 1}', id_="a"):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def asks(*calls, content=None):
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def gives(content="3 hits", id_="a"):
    return {"role": "tool", "tool_call_id": id_, "content": content}


SYSTEM, USER = {"role": "system", "content": "Help."}, {"role": "user", "content": "Find it."}
ANSWER = {"role": "assistant", "content": "Here it is."}


def sharegpt(*turns):
    return {"conversations": [{"from": who, "value": value} for who, value in turns]}


REACT = "Thought: look\nAction: search\nAction Input: "
TABLE = [
    ([SYSTEM, USER, asks(call()), gives(), ANSWER], "", 0),
    ({"messages": [USER, asks(call(), call(id_="b")), gives(id_="b"), gives(), ANSWER]}, "", 0),
    ({"traj": [USER, asks(call()), gives()]}, "", 0),
    ([USER, ANSWER, {"role": "user", "content": "Thanks ###STOP###"}], "", 0),
    ([USER, asks(call()), gives(), asks(call()), gives(), ANSWER], "", 0),
    (
        sharegpt(("human", "hi"), ("function_call", '{"name": "f", "arguments": {}}'), ("observation", "1"), ("gpt", "ok")),
        "",
        0,
    ),
    ([USER, {"role": "assistant", "content": REACT + '{"q": 1}\nObservation: found\nThought: done\nAction: Finish'}], "", 0),
    (
        [USER, {"role": "assistant", "content": REACT + "plain words"}, {"role": "user", "content": "Observation: x"}, ANSWER],
        "",
        0,
    ),
    (
        {"trajectory": [{"action": "ls\n", "observation": "a b", "thought": "look"}, {"action": "submit", "observation": ""}]},
        "",
        0,
    ),
    ([USER, {"role": "assistant", "content": [{"type": "text", "text": "ok"}]}], "", 0),
    (
        sharegpt(
            ("human", "hi"), ("gpt", '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'), ("tool", "1"), ("gpt", "ok")
        ),
        "",
        0,
    ),
    (sharegpt(("human", "hi"), ("gpt", "<tool_call>{'name': 'f'}</tool_call>"), ("tool", "1"), ("gpt", "ok")), "bad_call", 2),
    (sharegpt(("human", "hi"), ("gpt", '<tool_call>{"name": "f"}'), ("gpt", "ok")), "unanswered_call", 3),
    ("[1, 2", "json", 0),
    ('[{"role": "user", "role": "user", "content": "a"}]', "json", 0),
    ("[" * 200 + "]" * 200, "json", 0),
    ({"text": "no steps"}, "shape", 0),
    ([], "shape", 0),
    ([USER, "words"], "shape", 2),
    ([USER, {"role": "wizard", "content": "x"}], "shape", 2),
    ([USER, {"role": ["user"], "content": "x"}], "shape", 2),
    ([USER, {"role": "assistant", "content": 7}], "shape", 2),
    ([USER, SYSTEM, ANSWER], "role_order", 2),
    ([USER, {"role": "assistant", "content": " "}], "empty_step", 2),
    ([{"role": "user", "content": ""}, ANSWER], "empty_step", 1),
    ({"trajectory": [{"action": "", "observation": "x", "thought": ""}]}, "empty_step", 1),
    ([USER, asks("call"), gives(), ANSWER], "bad_call", 2),
    ([USER, {"role": "assistant", "content": "x", "tool_calls": {"a": 1}}, ANSWER], "bad_call", 2),
    (sharegpt(("human", "hi"), ("function_call", "not json"), ("observation", "1"), ("gpt", "ok")), "bad_call", 2),
    ([USER, asks(call(name="")), gives(), ANSWER], "unnamed_call", 2),
    ([USER, asks(call(arguments='{"q": ')), gives(), ANSWER], "bad_arguments", 2),
    ([USER, asks(call(arguments="[1]")), gives(), ANSWER], "bad_arguments", 2),
    ([USER, {"role": "assistant", "content": REACT + '{"q": \nObservation: x'}], "bad_arguments", 2),
    ([USER, asks(call()), ANSWER], "unanswered_call", 3),
    ([USER, asks(call(), call(id_="b")), gives(), ANSWER], "unanswered_call", 4),
    ([USER, gives(), ANSWER], "orphan_result", 2),
    ([USER, asks(call()), gives(id_="z"), ANSWER], "orphan_result", 3),
    ([USER, asks(call()), gives(), gives(), ANSWER], "orphan_result", 4),
    ([USER, asks(call())], "truncated", 2),
    ([USER, ANSWER, USER], "truncated", 3),
    ([SYSTEM], "truncated", 1),
]


def batch_of(trajectories, faults=None):
    texts = [t if isinstance(t, str | None) else json.dumps(t) for t in trajectories]
    columns = {
        "_id": pa.array(range(len(texts)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(texts), pa.string()),
        "trajectory": pa.array(texts, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


def measure(trajectories, metric=None, faults=None):
    metric = metric or TrajectoryFormat()
    return metric.value(metric.fold(batch_of(trajectories, faults)))


@pytest.mark.parametrize(("trajectory", "fault", "step"), TABLE)
def test_verdicts_by_hand(trajectory, fault, step):
    value = measure([trajectory])
    assert value.value == (0.0 if fault else 1.0)
    if fault:
        assert value.parts[fault].value == 1.0
        assert value.evidence[0].note == fault.replace("_", " ") + (f" at step {step}" if step else "")


@pytest.mark.parametrize(
    ("content", "failed"),
    [
        ("3 hits", False),
        ("Error: no such user", True),
        ("Traceback (most recent call last):\n...", True),
        ("KeyError: 'a'", True),
        ('{"error": "quota"}', True),
        ('{"error": "", "response": "x"}', False),
        ('{"error": null}', False),
        ('{"status": "failed"}', True),
        ('{"status": "ok", "note": "no error"}', False),
        ('{"success": false}', True),
        ("There was no error in the terror of the file", False),
    ],
)
def test_failing_calls(content, failed):
    value = measure([[USER, asks(call()), gives(content), ANSWER]])
    assert (value.value, value.parts["failing_calls"].value) == (1.0, float(failed))


def test_parts_and_skipped():
    whole = [USER, asks(call()), gives("Error: x"), asks(call()), gives(), ANSWER]
    value = measure([whole, whole[:4], None, "{}", None], faults=[None] * 4 + ["cut off"])
    assert (value.n, value.skipped) == (3, {"null": 1, "unreadable": 1})
    assert value.value == pytest.approx(1 / 3)
    assert value.parts["failing_calls"].n == 3
    assert value.parts["failing_calls"].value == pytest.approx(2 / 3)
    assert measure([None]).reason == "no record has a trajectory"
    assert measure([whole], TrajectoryFormat(max_bytes=10)).skipped == {"over 10 bytes": 1}


def _reference(steps):
    """Message by message with ids only: every call answered once before anybody else speaks, ending in answer or result."""
    waiting = set()
    for step in steps:
        if step["role"] == "tool":
            if step["tool_call_id"] not in waiting:
                return False
            waiting.remove(step["tool_call_id"])
        elif "tool_calls" in step:
            waiting |= {call["id"] for call in step["tool_calls"]}
        elif waiting:
            return False
    return not waiting and steps[-1]["role"] != "user"


step = st.one_of(
    st.just(USER),
    st.just(ANSWER),
    st.sampled_from("ab").map(lambda i: gives(id_=i)),
    st.sampled_from([["a"], ["b"], ["a", "b"]]).map(lambda ids: asks(*(call(id_=i) for i in ids))),
)


@given(st.lists(step, min_size=1, max_size=7))
def test_agrees_with_a_set_of_open_calls(steps):
    open_twice = False
    waiting = set()
    for item in steps:
        ids = [c["id"] for c in item.get("tool_calls", [])]
        open_twice |= bool(waiting & set(ids)) or ("tool_calls" in item and bool(waiting))
        waiting |= set(ids)
        waiting.discard(item.get("tool_call_id"))
    if not open_twice:
        assert (measure([steps]).value == 1.0) == _reference(steps)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "role",
                    "content",
                    "tool_calls",
                    "function",
                    "name",
                    "arguments",
                    "from",
                    "value",
                    "action",
                    "observation",
                    "type",
                    "text",
                    "id",
                ]
            ),
            inner | st.sampled_from(["assistant", "user", "tool", "tool_call", "function_call", "observation", "text"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.lists(anything, min_size=1, max_size=4))
def test_any_json_gets_a_verdict(steps):
    assert measure([steps]).value in (0.0, 1.0)


def test_hostile_text_is_linear():
    texts = [
        "Action: a\n" * 200_000,
        "Action:" + "\n" * 1_000_000,
        "Action Input: {" * 100_000,
        "Observation:\n" * 200_000,
        "<tool_call>" * 200_000,
    ]
    assert measure([[USER, {"role": "assistant", "content": text}] for text in texts]).n == len(texts)


def test_cuts_do_not_matter():
    batch, metric = batch_of([t for t, _, _ in TABLE] + [None]), TrajectoryFormat()
    assert metric.fold(batch[:9]) + metric.fold(batch[9:]) == metric.fold(batch) == metric.fold(batch) + metric.zero()


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "agent"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_recorded_trajectories_are_whole():
    tau = json.loads(next(SHARED.rglob("gpt-4o-airline.json")).read_text())
    glaive = json.loads((SHARED / "glaive_toolcall" / "glaive_toolcall_en_demo.json").read_text())
    swe = [json.loads(path.read_text()) for path in SHARED.rglob("*.traj")]
    value = measure(tau)
    assert value.value == 0.99  # two ran into the limit of steps with the user's turn open
    assert all("STOP" not in tau[e.record]["traj"][-1]["content"] for e in value.evidence)
    assert measure([record["conversations"] for record in glaive]).value == 1.0
    assert measure([record["trajectory"] for record in swe]).value == 1.0
