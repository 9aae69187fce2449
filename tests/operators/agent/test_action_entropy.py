import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operators.agent.agent_given import measured
from tests.operators.agent.tau_given import airline, needs_data

NAME = "agent.action_entropy"
names = st.lists(st.lists(st.sampled_from("fghi"), max_size=6), min_size=1, max_size=6)


@given(names)
def test_is_shannons(records):
    value = measured(NAME, calls=[[{"name": name} for name in record] for record in records])
    counts = Counter(name for record in records for name in record)
    if not counts:
        assert value.value is None
        return
    bits = -sum(n / counts.total() * math.log(n / counts.total()) for n in counts.values())
    assert value.value == pytest.approx(bits / math.log(len(counts)) if len(counts) > 1 else 0.0)
    assert value.parts["tools"].value == len(counts)
    assert value.parts["effective_tools"].value == pytest.approx(math.exp(bits))
    assert value.parts["commonest"].value == max(counts.values()) / counts.total()
    assert value.n == counts.total()
    assert value.skipped.get("no call", 0) == sum(not record for record in records)


def test_one_tool_has_no_entropy_and_secrets_are_not_shown():
    value = measured(NAME, calls=[[{"name": "AKIAQWERTYUIOPASDFGH"}] * 3])
    assert value.value == 0.0
    assert value.plot.labels == ("AKIA••••••••••••••••",)


@needs_data
def test_recorded_calls_of_tau_bench():
    talks = [episode["traj"] for episode in airline()]
    counts = Counter(c["function"]["name"] for talk in talks for step in talk for c in step.get("tool_calls") or [])
    value = measured(NAME, trajectory=[{"traj": talk} for talk in talks])
    assert value.n == counts.total()
    assert value.parts["tools"].value == len(counts)
    assert value.plot.values[0] == counts.most_common(1)[0][1] / counts.total()
