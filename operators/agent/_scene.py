"""The road users of a drive as boxes that move: what the drive collides with, and how close it comes to that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.agent._motion import at, ordered, usable
from operators.agent._signals import Signal
from operators.kernels.boxes import overlap, time_to_contact

Floats = NDArray[np.float64]

SIZES = {"vehicle": (4.5, 2.0), "pedestrian": (0.6, 0.6), "static": (1.0, 1.0)}
"""Length and width in metres, by kind, of what states neither."""

MOST_ACTORS, MOST_BOXES = 20_000, 4_000_000
_STEP_S, _MOST_STEPS = 0.1, 1 << 17
_WALKERS = ("pedestrian", "walker", "person", "child", "human")
_VEHICLES = ("vehicle", "car", "truck", "bus", "van", "bicycle", "cyclist", "motorcycle", "bike", "trailer", "tram")
_STOPPED_MPS = 5e-3
_BEHIND = np.cos(np.deg2rad(150.0))
_CROSSING = np.sin(np.deg2rad(20.0))
_PAIRS, _MOST_PAIRS = 1 << 18, 1 << 26
_MOST_M = 1e7

NO_POSITION = "no position over time"
NO_ACTORS, TOO_MANY = "no road users that can be read", "more road users and times than can be looked at"


@dataclass(frozen=True)
class Track:
    """A box that moves.

    Args:
        kind: vehicle, pedestrian or static.
        length, width: metres.
        t: (n,) seconds, increasing.
        pose: (n, 3) x, y in metres, and heading in radians, unwrapped.
    """

    kind: str
    length: float
    width: float
    t: Floats
    pose: Floats

    def boxes(self, times: Floats) -> Floats:
        """(m, 5) the boxes at some times within its own."""
        pose = [np.interp(times, self.t, self.pose[:, axis]) for axis in range(3)]
        return np.stack([*pose, np.full(len(times), self.length), np.full(len(times), self.width)], 1)

    def velocity(self, times: Floats) -> Floats:
        """(m, 2) metres a second at some times: the slope between the samples around."""
        if len(self.t) < 2:
            return np.zeros((len(times), 2))
        slopes = np.stack([np.gradient(self.pose[:, axis], self.t) for axis in range(2)], 1)
        return np.stack([np.interp(times, self.t, slopes[:, axis]) for axis in range(2)], 1)


def ego_of(signals: dict[str, Signal], length: float, width: float) -> Track | str:
    """The box of the drive itself, or why there is none. Without a measured heading it points where it moves."""
    x, y = (usable(signals.get(name), 2) for name in ("x", "y"))
    if x is None or y is None:
        return NO_POSITION
    if not (ordered(x) and ordered(y)):
        return "its times do not increase"
    heading = usable(signals.get("heading"), 2)
    angles = at(Signal(heading.t, np.unwrap(heading.value)), x.t) if heading is not None and ordered(heading) else None
    return _track("vehicle", length, width, x.t, x.value, at(y, x.t), angles)


def _track(kind: str, length: float, width: float, t: Floats, x: Floats, y: Floats, heading: Floats | None) -> Track:
    return Track(kind, length, width, t, np.stack([x, y, _travel(x, y) if heading is None else heading], 1))


def _travel(x: Floats, y: Floats) -> Floats:
    """Where each sample moves to; one that stands points as the last that moved, or the first that will."""
    if len(x) < 2:
        return np.zeros(len(x))
    dx, dy = np.gradient(x), np.gradient(y)
    moving = np.flatnonzero(np.hypot(dx, dy) > 1e-3)
    if not len(moving):
        return np.zeros(len(x))
    angles = np.unwrap(np.arctan2(dy[moving], dx[moving]))
    last = np.clip(np.searchsorted(moving, np.arange(len(x)), side="right") - 1, 0, len(moving) - 1)
    return angles[last]


def actors_of(document: Any, clock: Floats) -> list[Track] | None:
    """The other road users in a parsed document; None where it is of no known layout.

    A list, or an object with one under ``actors``, ``agents`` or ``objects``. Each has ``x`` and ``y``, numbers or lists over
    its own ``t`` (seconds) or the drive's; ``heading`` or ``yaw`` in radians; ``length`` and ``width``; and ``class`` or
    ``type``, in CARLA's words or plain ones.

    >>> [actor.kind for actor in actors_of([{"class": "walker.pedestrian.0026", "x": 1, "y": 2}], np.array([0.0, 1.0]))]
    ['pedestrian']
    """
    if isinstance(document, dict):
        document = next((document[key] for key in ("actors", "agents", "objects") if key in document), None)
    if not isinstance(document, list) or len(document) > MOST_ACTORS:
        return None
    found = [_actor(entry, clock) if isinstance(entry, dict) else None for entry in document]
    return None if None in found else [actor for actor in found if actor is not None]


def _actor(entry: dict[str, Any], clock: Floats) -> Track | None:
    kind = kind_of(entry.get("class", entry.get("type", "vehicle")))
    length, width = (_size(entry.get(name), SIZES[kind][place]) for place, name in enumerate(("length", "width")))
    t = _numbers(entry.get("t")) if isinstance(entry.get("t"), list) else clock
    if t is None or not len(t) or (np.diff(t) <= 0).any():
        return None
    x, y = (_along(entry.get(name), len(t)) for name in ("x", "y"))
    if x is None or y is None:
        return None
    heading = _along(entry.get("heading", entry.get("yaw")), len(t))
    return _track(kind, length, width, t, x, y, None if heading is None else np.unwrap(heading))


def kind_of(name: Any) -> str:
    """What a class's name means.

    >>> kind_of("vehicle.tesla.model3"), kind_of("Pedestrian"), kind_of("static.prop.cone")
    ('vehicle', 'pedestrian', 'static')
    """
    words = name.lower() if isinstance(name, str) else ""
    if any(word in words for word in _WALKERS):
        return "pedestrian"
    return "vehicle" if not words.startswith("static") and any(word in words for word in _VEHICLES) else "static"


def _size(value: Any, otherwise: float) -> float:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and 0 < value < 1e3 else otherwise


def _numbers(values: Any) -> Floats | None:
    plain = all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e12 for v in values)
    return np.array(values, np.float64) if plain else None


def _along(value: Any, n: int) -> Floats | None:
    """A list of as many numbers as there are times, or a number that stays."""
    values = value if isinstance(value, list) else [value] * n
    found = _numbers(values) if len(values) == n else None
    return found if found is not None and np.abs(found).max() < _MOST_M else None


def clock_of(track: Track) -> Floats:
    """The track's times, with more between where they are over a tenth of a second apart."""
    steps = np.diff(track.t)
    counts = np.maximum(1, np.ceil(steps / _STEP_S - 1e-6))
    if counts.sum() > _MOST_STEPS:
        return track.t
    pieces = np.repeat(np.arange(len(steps)), counts.astype(np.int64))
    within = np.arange(len(pieces)) - np.repeat(np.cumsum(counts) - counts, counts.astype(np.int64))
    return np.append(track.t[pieces] + steps[pieces] * within / counts[pieces], track.t[-1])


def looked_at(ego: Track, actors: list[Track]) -> Iterator[tuple[Track, Floats]]:
    """Each road user with the times at which both are there."""
    clock = clock_of(ego)
    for actor in actors:
        standing = len(actor.t) == 1
        there = clock if standing else clock[(clock >= actor.t[0]) & (clock <= actor.t[-1])]
        if len(there):
            yield actor, there


def too_many(ego: Track, actors: list[Track]) -> bool:
    """Whether there are more boxes than can be looked at."""
    return sum(len(times) for _, times in looked_at(ego, actors)) > MOST_BOXES


def collisions(ego: Track, actors: list[Track]) -> list[str]:
    """The kind of each road user that the drive's box overlaps at some time."""
    return [actor.kind for actor, times in looked_at(ego, actors) if overlap(ego.boxes(times), actor.boxes(times)).any()]


def contact_times(ego: Track, actors: list[Track], horizon_s: float) -> tuple[Floats, Floats]:
    """The times looked at, and at each the seconds to contact with the nearest in time, inf beyond the horizon.

    Both keep their velocity. Who is behind the drive (further than 150 degrees from its heading) is not its to avoid, and
    while it stands still nothing is.
    """
    clock = clock_of(ego)
    nearest = np.full(len(clock), np.inf)
    for actor, times in looked_at(ego, actors):
        mine, theirs, velocity = ego.boxes(times), actor.boxes(times), ego.velocity(times)
        towards = theirs[:, :2] - mine[:, :2]
        ahead = np.stack([np.cos(mine[:, 2]), np.sin(mine[:, 2])], 1)
        in_front = (towards * ahead).sum(1) >= _BEHIND * np.hypot(*towards.T)
        counts = in_front & (np.hypot(*velocity.T) > _STOPPED_MPS)
        contact = time_to_contact(mine, theirs, actor.velocity(times) - velocity)
        contact = np.where(counts & (contact <= horizon_s), contact, np.inf)
        where = np.searchsorted(clock, times)
        nearest[where] = np.minimum(nearest[where], contact)
    return clock, nearest


def encroachment(ego: Track, actors: list[Track]) -> float | None:
    """The least post-encroachment time in seconds: between one's leaving and another's entering the same place.

    Of road users whose ways cross the drive's at 20 degrees or more; None where none does, or too many are near. Found on the
    boxes at the times looked at, so within two of their steps.
    """
    found, pairs = [], 0
    for actor, times in looked_at(ego, actors):
        mine, theirs = ego.boxes(times), actor.boxes(times)
        reach = (np.hypot(*mine[0, 3:]) + np.hypot(*theirs[0, 3:])) / 2
        rows, columns = (np.flatnonzero(near) for near in _near(mine, theirs, reach))
        pairs += len(rows) * len(columns)
        if pairs > _MOST_PAIRS:
            return None
        found.append(_gap(mine[rows], theirs[columns], times[rows], times[columns], reach))
    return min((gap for gap in found if gap is not None), default=None)


def _gap(mine: Floats, theirs: Floats, my_times: Floats, their_times: Floats, reach: float) -> float | None:
    """The least time between two samples, one of each, whose boxes overlap."""
    least, block = np.inf, max(1, _PAIRS // max(1, len(theirs)))
    for start in range(0, len(mine), block):
        part = mine[start : start + block]
        distance = ((part[:, None, :2] - theirs[None, :, :2]) ** 2).sum(2)
        crossing = np.abs(np.sin(part[:, None, 2] - theirs[None, :, 2])) >= _CROSSING
        i, j = np.nonzero((distance <= reach**2) & crossing)
        meets = overlap(part[i], theirs[j])
        if meets.any():
            least = min(least, float(np.abs(my_times[start + i] - their_times[j])[meets].min()))
    return least if np.isfinite(least) else None


def _near(mine: Floats, theirs: Floats, reach: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which samples of either are within the other's bounds, grown by ``reach``."""
    found = []
    for one, other in ((mine, theirs), (theirs, mine)):
        low, high = other[:, :2].min(0) - reach, other[:, :2].max(0) + reach
        found.append(((one[:, :2] >= low) & (one[:, :2] <= high)).all(1))
    return found[0], found[1]


def lead_gaps(ego: Track, actors: list[Track]) -> Floats:
    """At each time looked at, metres from the drive's front to the rear of whoever is next ahead in its way; inf for nobody.

    In its way is who overlaps the strip that the drive's width sweeps straight ahead.
    """
    clock = clock_of(ego)
    nearest = np.full(len(clock), np.inf)
    for actor, times in looked_at(ego, actors):
        mine, theirs = ego.boxes(times), actor.boxes(times)
        ahead = np.stack([np.cos(mine[:, 2]), np.sin(mine[:, 2])], 1)
        towards = theirs[:, :2] - mine[:, :2]
        forward = (towards * ahead).sum(1)
        sideways = np.abs(towards[:, 0] * ahead[:, 1] - towards[:, 1] * ahead[:, 0])
        turn = theirs[:, 2] - mine[:, 2]
        reach = (np.abs(np.cos(turn)) * actor.length + np.abs(np.sin(turn)) * actor.width) / 2
        half = (np.abs(np.sin(turn)) * actor.length + np.abs(np.cos(turn)) * actor.width) / 2
        gap = np.where((forward > 0) & (sideways < half + ego.width / 2), forward - reach - ego.length / 2, np.inf)
        where = np.searchsorted(clock, times)
        nearest[where] = np.minimum(nearest[where], np.maximum(gap, 0.0))
    return nearest
