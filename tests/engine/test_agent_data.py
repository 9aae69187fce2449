"""Audits of agents' records from files to reports: what a plan maps, and columns that are read where there are any."""

import json
import random

import pytest

from engine import catalog
from engine.audit import audit
from engine.graph import resolve_names
from engine.guess import guess
from engine.local import Local
from engine.plan import load
from engine.schema import Modality, Side
from tests.operators.agent.agent_given import asks, call, gives, says

TOOLS = [{"name": "find", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}}]
WORDS = "red blue shoes coat weather flight hotel cheap near station today tomorrow table chair lamp river".split()


def episodes(n):
    """Episodes of four tasks; every fifth call is wrong, every third episode succeeds, every tenth was broken from outside."""
    rng = random.Random(0)
    for at in range(n):
        arguments = {"q": 3} if at % 5 == 4 else {"q": " ".join(rng.sample(WORDS, 6))}
        talk = [
            says("user", " ".join(rng.sample(WORDS, 9))),
            asks(call("find", arguments)),
            gives("ok"),
            says("assistant", "Done."),
        ]
        yield {
            "messages": talk,
            "tools": TOOLS,
            "task_id": at % 4,
            "reward": float(at % 3 == 0),
            "crash": "HTTP 503" if at % 10 == 9 else None,
            "gold": [{"name": "find", "arguments": arguments}],
        }


@pytest.fixture
def data(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in episodes(60)), encoding="utf-8")
    return tmp_path


def measured(folder, columns, metrics, name="out"):
    lines = [f'[subject]\npath = "{folder / "a.jsonl"}"\nmodality = "agent"\ncolumns = {columns}']
    (folder / f"{name}.toml").write_text("\n".join([*lines, *(f'[metrics."{metric}"]' for metric in metrics)]))
    report = audit(load(folder / f"{name}.toml"), Local(1), str(folder / name))
    return {result.metric: result.value for result in report.results if result.value is not None}


def test_conversations_from_a_file(data):
    names = (
        "call_validity",
        "call_agreement",
        "task_success",
        "pass_hat_k",
        "finish_rate",
        "step_efficiency",
        "action_entropy",
    )
    columns = '{ trajectory = "messages", task = "task_id", error = "crash" }'
    found = measured(data, columns, [f"agent.{name}" for name in names])
    assert found["agent.call_validity"].value == 0.8
    assert found["agent.call_validity"].parts["wrong_type"].value == 0.2
    assert found["agent.call_agreement"].value == 1.0
    kept = [at for at in range(60) if at % 10 != 9]
    assert found["agent.task_success"].value == sum(at % 3 == 0 for at in kept) / len(kept)
    assert found["agent.task_success"].skipped == {"broke outside the agent": 6}
    assert found["agent.pass_hat_k"].n == 4
    assert found["agent.finish_rate"].value == 1.0
    assert found["agent.step_efficiency"].n == sum(at % 3 == 0 for at in kept)


def test_a_column_that_may_be_read_need_not_be_there(data):
    found = measured(data, '{ trajectory = "messages" }', ["agent.task_success", "agent.tool_coverage"])
    assert found["agent.task_success"].n == 60
    assert found["agent.tool_coverage"].value == 1.0


def test_the_graph_reads_what_may_be_read_only_where_it_is():
    light = {name: catalog.feature(name) for name, cls in catalog.features().items() if not cls.unasked}
    for columns, read in ((("reward",), ("reward",)), (("error", "reward", "id"), ("error", "reward"))):
        graph = resolve_names(["agent.mean_reward"], {Side.SUBJECT: columns}, Modality.AGENT, features=light)
        assert graph.passes[0].columns == read


def test_the_tasks_alone_are_compared_where_they_alone_are_mapped(tmp_path):
    rng = random.Random(1)
    tasks = [" ".join(rng.sample(WORDS, 12)) for _ in range(30)]
    rows = [{"question": text, "function": "[]", "n": at} for at, text in enumerate([*tasks, *tasks[:6]])]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    found = measured(tmp_path, '{ query = "question" }', ["corpus.exact_duplicates", "corpus.near_duplicates"])
    assert found["corpus.exact_duplicates"].value == found["corpus.near_duplicates"].value == 6 / 36


def test_a_guessed_plan_runs(data, monkeypatch):
    monkeypatch.chdir(data)
    (data / "audit.toml").write_text(guess("a.jsonl"))
    report = audit(load(data / "audit.toml"), Local(1), str(data / "guessed"))
    values = {result.metric: result.value for result in report.results if result.value is not None}
    assert {"agent.call_validity", "agent.pass_hat_k", "agent.unsafe_actions", "agent.argument_pii"} <= {*values}
    assert values["agent.call_validity"].value == 0.8
