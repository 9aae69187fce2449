import json

import pytest

from operators.agent.finish_rate import FinishRate
from tests.operators.agent.agent_given import asks, call, gives, measured, says
from tests.operators.agent.tau_given import SHARED, airline, needs_data

NAME = "agent.finish_rate"
ASKED = says("user", "Find it.")


def react(ending):
    return [ASKED, says("assistant", f"Thought: so\nAction: Finish\nAction Input: {ending}")]


TABLE = [
    ([ASKED, says("assistant", "Here it is.")], "answered"),
    ([ASKED, says("assistant", "Here it is."), says("user", "Thanks. ###STOP###")], "finished"),
    ([ASKED, says("assistant", "Which one?"), says("user", "The red one.")], "unfinished"),
    ([ASKED, asks(call()), gives()], "unfinished"),
    ([ASKED, asks(call())], "unfinished"),
    ([ASKED, gives()], "unfinished"),
    ([ASKED, asks(call("Submit")), gives("ok")], "finished"),
    ([ASKED, asks(call("submit")), gives("Error: no changes")], "unfinished"),
    (react('{"return_type": "give_answer", "final_answer": "7"}'), "finished"),
    (react('{"return_type": "give_up_and_restart"}'), "gave_up"),
    ([{"action": "ls", "observation": "a"}, {"action": "submit\n", "observation": ""}], "finished"),
]


@pytest.mark.parametrize(("steps", "ending"), TABLE)
def test_endings(steps, ending):
    value = measured(NAME, trajectory=[steps])
    assert value.parts[ending].value == 1.0
    assert value.value == (ending in ("finished", "answered"))


def test_evidence_and_skipped():
    value = measured(NAME, trajectory=[TABLE[3][0], TABLE[9][0], "no", None, TABLE[0][0]])
    assert value.value == pytest.approx(1 / 3)
    assert [entry.note for entry in value.evidence] == ["gave up", "unfinished"]
    assert value.skipped == {"no trajectory that can be read": 2}


def test_other_tools_end_an_episode():
    steps = [ASKED, asks(call("transfer_to_human_agents")), gives()]
    assert measured(NAME, FinishRate(tools=("transfer_to_human_agents",)), trajectory=[steps]).value == 1.0


@needs_data
def test_recorded_trajectories():
    tau = [{"traj": episode["traj"]} for episode in airline()]
    assert measured(NAME, trajectory=tau).value == 0.735  # the others end with a call: hand over to a human
    assert measured(NAME, FinishRate(tools=("transfer_to_human_agents",)), trajectory=tau).value == 0.975
    swe = [json.loads(path.read_text())["trajectory"] for path in sorted(SHARED.rglob("*.traj"))]
    value = measured(NAME, trajectory=swe)
    assert (value.value, value.parts["finished"].value, value.n) == (1.0, 1.0, 8)
