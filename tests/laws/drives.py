"""Records of drives for the laws: CARLA, KING, telemetry, actors, routes and scenarios, odd ones among them."""

import json

from hypothesis import strategies as st

ODD = ["", "{", "[]", "null", "[1, 2]", '{"t": [1]}', '{"t": "x", "speed": 1}', "<a", "<!DOCTYPE a><a/>"]
TIMES = [at / 10 for at in range(40)]


def _route(completion, lights, walkers):
    said = {"red_light": ["it ran one"] * lights, "collisions_pedestrian": ["it hit one"] * walkers}
    scores = {"score_route": completion, "score_penalty": 0.7**lights}
    return json.dumps({"scores": scores, "meta": {"route_length": 900.0}, "infractions": said})


def _telemetry(speed, turn, limit, times=TIMES):
    rows = [[speed * t + t * t / 4, turn * t * t] for t in times]
    named = {"t": times, "x": [x for x, _ in rows], "y": [y for _, y in rows], "speed": [speed + t / 2 for t in times]}
    return json.dumps({**named, "heading": [turn * t for t in times], "speed_limit": [limit] * len(times)})


def _actors(distance, speed):
    car = {"id": "a", "class": "vehicle", "length": 4.0, "width": 2.0, "t": TIMES}
    return json.dumps([{**car, "x": [distance + speed * t for t in TIMES], "y": [0.0] * 40, "heading": [0.0] * 40}])


SCENARIO = (
    '<routes><route id="1" town="Town01"><weathers><weather cloudiness="{0}"/></weathers><waypoints>'
    '<position x="0" y="0" z="0"/><position x="{0}" y="5" z="0"/></waypoints><scenarios><scenario name="s" type="Accident">'
    '<trigger_point x="1" y="0" z="0" yaw="0"/></scenario></scenarios></route></routes>'
)

STRATEGIES = {
    "drive": st.one_of(
        st.builds(_route, st.sampled_from([0.0, 30.0, 100.0]), st.integers(0, 2), st.integers(0, 1)),
        st.sampled_from(['{"Collision Metric": 1.0}', *ODD]),
    ),
    "telemetry": st.one_of(
        st.builds(_telemetry, st.sampled_from([0.0, 3.0, 14.0]), st.sampled_from([0.0, 0.2]), st.sampled_from([5.0, 13.0])),
        st.sampled_from([_telemetry(3.0, 0.0, 9.0, [1.0, 1.0, 0.5]), *ODD]),
    ),
    "expert": st.one_of(st.builds(_telemetry, st.sampled_from([3.0, 14.0]), st.just(0.0), st.just(13.0)), st.sampled_from(ODD)),
    "actors": st.one_of(
        st.builds(_actors, st.sampled_from([10.0, 30.0, 500.0]), st.sampled_from([0.0, 5.0])), st.sampled_from(ODD)
    ),
    "route": st.sampled_from(["[[0, 0], [50, 0], [50, 50]]", "[[0, 0]]", "[[0, 0], [1, null]]", *ODD]),
    "scenario": st.one_of(st.integers(0, 9).map(SCENARIO.format), st.sampled_from(ODD)),
}
