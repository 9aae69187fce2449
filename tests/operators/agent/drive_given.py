"""Drives as simulators write them: route records of CARLA, made up and recorded."""

import json
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "agent"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")

KEYS = {
    "pedestrian": "collisions_pedestrian",
    "vehicle": "collisions_vehicle",
    "static": "collisions_layout",
    "red_light": "red_light",
    "stop_sign": "stop_infraction",
    "outside_lanes": "outside_route_lanes",
    "min_speed": "min_speed_infractions",
    "yield": "yield_emergency_vehicle_infractions",
    "scenario_timeout": "scenario_timeouts",
    "blocked": "vehicle_blocked",
}


def route(completion=100.0, length=1000.0, penalty=1.0, score=None, seconds=100.0, **infractions):
    """A route record of CARLA: infractions are a count, or the sentences that are written of each."""
    said = {kind: ["it happened"] * told if isinstance(told, int) else told for kind, told in infractions.items()}
    return {
        "status": "Completed" if completion == 100 else "Failed - Agent got blocked",
        "scores": {"score_route": completion, "score_penalty": penalty, "score_composed": score or completion * penalty},
        "meta": {"route_length": length, "duration_game": seconds},
        "infractions": {key: said.get(kind, []) for kind, key in KEYS.items()},
    }


def leaderboard():
    """The checkpoint of the expert's 36 routes of longest6."""
    return json.loads(next((SHARED / "transfuser_longest6").glob("*.json")).read_text())["_checkpoint"]


def king():
    """KING's 59 results."""
    return [json.loads(path.read_text()) for path in sorted((SHARED / "king_eval").rglob("results.json"))]


def telemetry(**signals):
    """Telemetry as lists beside ``t``."""
    return {name: [None if value is None else float(value) for value in values] for name, values in signals.items()}


def comma():
    """The recorded minute of a real car: its signals, each with its own clock."""
    root = next((SHARED / "comma2k19").glob("*/*"))
    found = {}
    for path in sorted(root.rglob("value")):
        found[path.parent.name] = {"t": np.load(path.with_name("t")).tolist(), "value": np.load(path).tolist()}
    times = np.load(root / "global_pose" / "frame_times").tolist()
    found["frame_positions"] = {"t": times, "value": np.load(root / "global_pose" / "frame_positions").tolist()}
    return found


def straight(speed, seconds=10.0, y=0.0, x=0.0, step=0.1):
    """A drive along x at one speed."""
    t = np.arange(0, seconds + step / 2, step)
    return telemetry(t=t, x=x + speed * t, y=np.full(len(t), y), heading=np.zeros(len(t)))


def actor(kind="vehicle", length=4.5, width=2.0, **states):
    """A road user: numbers, or lists over the drive's times or its own ``t``."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in states.items()}
    return {"class": kind, "length": length, "width": width, **plain}
