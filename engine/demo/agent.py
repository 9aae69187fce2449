"""Conversations of an assistant that calls tools, in the form of OpenAI's chat messages."""

import json
import random
from pathlib import Path
from typing import Any

from engine.demo.planting import Planted, kind_of, plant
from engine.demo.prose import PLACES

RECORDS = 400
PLAN = """\
name = "demo: tool calls"
[subject]
path = "agent.jsonl"
modality = "agent"
columns = { trajectory = "messages" }
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "arguments are not JSON": (15, "agent.trajectory_format"),
    "result without a call": (10, "agent.trajectory_format"),
    "ends before the result": (12, "agent.trajectory_format"),
    "argument of the wrong type": (9, "agent.call_validity"),
    "tool that nobody offers": (6, "agent.call_validity"),
    "failing tool call": (20, "agent.trajectory_format"),
    "repeats an earlier trajectory": (8, "corpus.exact_duplicates"),
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city on a day.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
                "required": ["city"],
            },
        },
    }
]


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the trajectories and the plan; return what was planted."""
    planted = plant(rng, RECORDS, FAULTS, first=50)
    kinds = kind_of(planted)
    made: list[list[dict[str, Any]]] = []
    for at in range(RECORDS):
        repeated = kinds.get(at) == "repeats an earlier trajectory"
        made.append(rng.choice(made[:50]) if repeated else _trajectory(rng, at, kinds.get(at)))
    lines = (json.dumps({"id": f"a{at}", "messages": messages, "tools": TOOLS}) for at, messages in enumerate(made))
    (folder / "agent.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / "agent.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _trajectory(rng: random.Random, at: int, kind: str | None) -> list[dict[str, Any]]:
    city, days, call = rng.choice(PLACES), rng.randint(1, 7), f"call_{at}"
    arguments = json.dumps({"city": city, "days": str(days) if kind == "argument of the wrong type" else days})
    if kind == "arguments are not JSON":
        arguments = arguments[:-3]
    result = {"error": "service unavailable"} if kind == "failing tool call" else {"celsius": rng.randint(-5, 33)}
    function = {"name": "climate" if kind == "tool that nobody offers" else "weather", "arguments": arguments}
    steps: list[dict[str, Any]] = [
        {"role": "user", "content": f"How warm will it be in {city} in {days} days? (request {at + 1})"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": call, "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": call, "content": json.dumps(result)},
        {"role": "assistant", "content": f"Here is what I found for {city}: {json.dumps(result)}."},
    ]
    if kind == "result without a call":
        del steps[1]
    if kind == "ends before the result":
        del steps[2:]
    return steps
