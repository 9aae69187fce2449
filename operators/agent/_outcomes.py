"""What simulators write of a drive, read as one: how much of the route was driven, and what was infringed.

Route records of the CARLA leaderboard (1.0, 2.0, 2.1 and Bench2Drive), KING's results, and SafeBench's states over time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import pyarrow as pa

COLLISIONS = ("pedestrian", "vehicle", "static")
RULES = ("red_light", "stop_sign", "outside_lanes", "yield", "lane_invasion", "wrong_way", "off_route")
ENDINGS = ("scenario_timeout", "route_timeout", "blocked")
REPORTS = ("min_speed",)
KINDS = (*COLLISIONS, *RULES, *ENDINGS, *REPORTS)
"""Kinds of infractions: collisions by what was hit, broken rules, what ends a drive, and what is only reported."""

SHARES = ("outside_lanes", "min_speed")
"""Kinds whose ``amount`` is a percentage: of the driven way, or of the speed of the traffic around."""

INFRACTION = pa.struct([("kind", pa.string()), ("amount", pa.float64())])
OUTCOME = pa.struct(
    [
        ("completion", pa.float64()),
        ("length_km", pa.float64()),
        ("driven_km", pa.float64()),
        ("seconds", pa.float64()),
        ("penalty", pa.float64()),
        ("score", pa.float64()),
        ("status", pa.string()),
        ("watched", pa.list_(pa.string())),
        ("infractions", pa.list_(INFRACTION)),
    ]
)

MOST_INFRACTIONS = 100_000
_CARLA = {
    "collisions_pedestrian": "pedestrian",
    "collisions_vehicle": "vehicle",
    "collisions_layout": "static",
    "red_light": "red_light",
    "stop_infraction": "stop_sign",
    "outside_route_lanes": "outside_lanes",
    "yield_emergency_vehicle_infractions": "yield",
    "route_dev": "off_route",
    "scenario_timeouts": "scenario_timeout",
    "route_timeout": "route_timeout",
    "vehicle_blocked": "blocked",
    "min_speed_infractions": "min_speed",
}
_SAFEBENCH = {"run_red_light": "red_light", "run_stop": "stop_sign", "lane_invasion": "lane_invasion"}
_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,12})?) ?%")
_MOST = 1e9


@dataclass(frozen=True)
class Outcome:
    """How a drive went; None for what the record does not tell.

    Args:
        completion: percent of the route, 0 to 100.
        length_km, driven_km: the route's length, and what of it was driven.
        seconds: of the simulation's clock.
        penalty, score: as recorded: 0 to 1, and 0 to 100.
        status: in the simulator's words.
        watched: the kinds that the record would tell of, sorted: what is not among them is unknown, not zero.
        infractions: kind and amount, a percentage where the kind has one.
    """

    completion: float | None = None
    length_km: float | None = None
    driven_km: float | None = None
    seconds: float | None = None
    penalty: float | None = None
    score: float | None = None
    status: str | None = None
    watched: tuple[str, ...] = ()
    infractions: list[tuple[str, float | None]] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """As `OUTCOME` holds it."""
        own = {name: getattr(self, name) for name in OUTCOME.names}
        return {**own, "infractions": [{"kind": kind, "amount": amount} for kind, amount in self.infractions]}


def outcome_of(document: Any) -> Outcome | None:
    """The outcome in a parsed document; None where it is of no known layout.

    >>> scores, meta = {"score_route": 50.0, "score_penalty": 0.7}, {"route_length": 800.0}
    >>> hit = {"red_light": ["Agent ran a red light"], "stop_infraction": []}
    >>> outcome_of({"scores": scores, "meta": meta, "infractions": hit}).driven_km
    0.4
    """
    if isinstance(document, list):
        return _safebench(document)
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("infractions"), dict):
        return _carla(document)
    return _king(document) if "Collision Metric" in document else None


def _carla(record: dict[str, Any]) -> Outcome:
    scores, meta = (_object(record, name) for name in ("scores", "meta"))
    completion = number(scores.get("score_route"), 0.0, 100.0 + 1e-6)
    length = number(meta.get("route_length"), 0.0)
    told = {
        kind: record["infractions"][name] for name, kind in _CARLA.items() if isinstance(record["infractions"].get(name), list)
    }
    return Outcome(
        completion=completion,
        length_km=None if length is None else length / 1000,
        driven_km=None if length is None or completion is None else completion / 100 * length / 1000,
        seconds=number(meta.get("duration_game"), 0.0),
        penalty=number(scores.get("score_penalty"), 0.0),
        score=number(scores.get("score_composed"), 0.0),
        status=record["status"] if isinstance(record.get("status"), str) else None,
        watched=tuple(sorted(told)),
        infractions=[(kind, _amount(kind, said)) for kind, events in told.items() for said in events[:MOST_INFRACTIONS]],
    )


def _amount(kind: str, said: Any) -> float | None:
    """The percentage in the simulator's sentence."""
    if kind not in SHARES or not isinstance(said, str):
        return None
    found = _PERCENT.search(said)
    return float(found[1]) if found else None


def _king(result: dict[str, Any]) -> Outcome | None:
    """KING's roads carry vehicles only; its metric is 1 where the ego collides."""
    hit = number(result["Collision Metric"], 0.0, 1.0)
    if hit is None:
        return None
    return Outcome(watched=("vehicle",), infractions=[("vehicle", None)] if hit > 0 else [])


def _safebench(states: list[Any]) -> Outcome | None:
    """Counters run through the states, so that the greatest is the total: a collision is told in any state."""
    rows = [state for state in states if isinstance(state, dict)]
    if not rows or len(rows) != len(states) or not any("route_complete" in row or "driven_distance" in row for row in rows):
        return None
    most = {name: _greatest(rows, name) for name in ("route_complete", "driven_distance", "current_game_time", *_SAFEBENCH)}
    told = {kind: most[name] for name, kind in _SAFEBENCH.items() if most[name] is not None}
    hit = [_failed(row["collision"]) for row in rows if "collision" in row]
    driven, infractions = most["driven_distance"], []
    for kind, count in told.items():
        infractions += [(kind, None)] * int(min(count or 0.0, MOST_INFRACTIONS))
    return Outcome(
        completion=None if most["route_complete"] is None else min(100.0, most["route_complete"]),
        driven_km=None if driven is None else driven / 1000,
        seconds=most["current_game_time"],
        watched=tuple(sorted([*told, *(["vehicle"] if hit else [])])),
        infractions=[*infractions, *([("vehicle", None)] if any(hit) else [])],
    )


def _greatest(rows: list[dict[str, Any]], name: str) -> float | None:
    there = [value for row in rows if (value := number(row.get(name), 0.0)) is not None]
    return max(there, default=None)


def _failed(status: Any) -> bool:
    return status is True or (isinstance(status, str) and status.rpartition(".")[2].upper() == "FAILURE")


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def number(value: Any, least: float = -_MOST, most: float = _MOST) -> float | None:
    """A finite number within bounds; None for anything else, booleans too."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and least <= value <= most else None


def outcomes(column: pa.Array) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows that have an outcome, each with it."""
    for row, outcome in enumerate(column.to_pylist()):
        if outcome is not None:
            yield row, outcome
