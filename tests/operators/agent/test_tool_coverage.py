import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.tool_coverage import ToolCoverage
from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import SHARED, needs_data

NAME = "agent.tool_coverage"
records = st.lists(st.tuples(st.sets(st.sampled_from("abcd")), st.lists(st.sampled_from("abcdxy"), max_size=4)), min_size=1)


@given(records)
def test_is_the_share_of_a_set(rows):
    value = measured(
        NAME, calls=[[{"name": n} for n in called] for _, called in rows], tools=[[{"name": n} for n in on] for on, _ in rows]
    )
    offered = set().union(*(on for on, _ in rows))
    called = [name for _, names in rows for name in names]
    if not offered or not called:
        assert value.value is None
        return
    assert value.value == len(offered & {*called}) / len(offered)
    assert value.parts["unknown"].value == pytest.approx(sum(name not in offered for name in called) / len(called))


def test_a_registry_of_the_plans_own():
    metric = ToolCoverage(registry=("f", "g", "h", "i"))
    value = measured(NAME, metric, calls=["[f(), f(), g(), z()]", None])
    assert value.value == 0.5
    assert value.parts["unknown"].value == 0.25
    assert value.skipped == {"no calls": 1}
    even = measured(NAME, metric, calls=["[f(), g(), h(), i()]"])
    assert even.parts["entropy"].value == 1.0


def test_without_tools_there_is_nothing_to_cover():
    assert measured(NAME, calls=["f()"]).reason == "no record offers tools, and no registry is named"


@needs_data
def test_conversations_of_glaive():
    rows = json.loads((SHARED / "glaive_toolcall" / "glaive_toolcall_en_demo.json").read_text())
    offered = {tool["name"] for row in rows for tool in json.loads(row["tools"] or "[]")}
    turns = [turn["value"] for row in rows for turn in row["conversations"] if turn["from"] == "function_call"]
    called = {json.loads(turn)["name"] for turn in turns}
    value = measured(NAME, trajectory=[row["conversations"] for row in rows], tools=[row["tools"] for row in rows])
    assert value.n == len(offered)
    assert value.value == len(offered & called) / len(offered)
