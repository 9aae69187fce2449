"""The way that a drive should take, and how much of it a drive took."""

from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from operators.kernels.xml_trees import XmlError, tree

Floats = NDArray[np.float64]

LOOK_AHEAD = 2
GOAL_M, OFF_ROUTE_M = 10.0, 30.0
_SPACING_M, _STRIDE_M = 1.0, 0.5
_MOST_POINTS = 200_000
_MOST_LINES = 4_000
_MOST_M = 1e7
_DONE = 99.0


def path_of(text: str | None) -> Floats | None:
    """(n, 2) the points of a route: JSON ``[[x, y], ...]`` or ``[{"x": , "y": }, ...]``, or a route of CARLA's XML.

    None where there are fewer than two different points.

    >>> path_of("[[0, 0], [3, 4]]").tolist(), path_of('<route><position x="0" y="1"/></route>')
    ([[0.0, 0.0], [3.0, 4.0]], None)
    """
    if text is None or len(text) > 1 << 24:
        return None
    pairs = _xml_points(text) if text.lstrip()[:1] == "<" else _json_points(text)
    points = np.array(pairs or [(0.0, 0.0)], np.float64)
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(1))]
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    return points if 0 < length < _MOST_M else None


def _json_points(text: str) -> list[tuple[float, float]]:
    try:
        document = orjson.loads(text)
    except ValueError:
        return []
    rows = document.get("points", document.get("route")) if isinstance(document, dict) else document
    found = [_pair(row) for row in rows] if isinstance(rows, list) else []
    return [] if None in found else [pair for pair in found if pair is not None]


def _pair(row: Any) -> tuple[float, float] | None:
    if isinstance(row, dict):
        row = [row.get("x"), row.get("y")]
    if not isinstance(row, list) or len(row) < 2:
        return None
    x, y = row[:2]
    if any(isinstance(v, bool) or not isinstance(v, int | float) or abs(v) >= _MOST_M for v in (x, y)):
        return None
    return float(x), float(y)


def _xml_points(text: str) -> list[tuple[float, float]]:
    try:
        root = tree(text)
    except XmlError:
        return []
    route = next(root.all("route"), root)
    waypoints = route.find("waypoints") or route
    elements = [child for child in waypoints.children if child.name in ("position", "waypoint")]
    pairs = [(element.number("x"), element.number("y")) for element in elements]
    return [(x, y) for x, y in pairs if x is not None and y is not None] if all(None not in pair for pair in pairs) else []


def spaced(points: Floats, step_m: float, most: int = _MOST_POINTS) -> tuple[Floats, Floats]:
    """Points at even distances along a path, from its first to its last, and how far along each is.

    >>> spaced(np.array([[0.0, 0.0], [2.0, 0.0]]), 1.0)[1].tolist()
    [0.0, 1.0, 2.0]
    """
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T)))
    count = int(min(most, max(2.0, np.ceil(along[-1] / step_m) + 1))) if step_m else most
    where = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(where, along, points[:, axis]) for axis in range(2)], 1), where


def completion(path: Floats, driven: Floats) -> float:
    """The percentage of a path that some positions in order complete, by CARLA's rule.

    The path is taken at points a metre apart. A point is passed where the position is ahead of it in the path's direction; only
    the next two points are looked at, so that a loop's end is not reached at its start, and only within 30 m. The share is the
    length up to the last point passed; above 99 % and within 10 m of the end it is all.

    Args:
        path: (n, 2) its points, n >= 2.
        driven: (m, 2) positions, m >= 1; straight lines lie between them.

    >>> completion(np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([[0.0, 0.5], [50.2, 0.5]]))
    50.0
    """
    points, along = spaced(path, _SPACING_M)
    ways = np.diff(points, axis=0)
    ways = np.vstack([ways, ways[-1:]]) / max(along[1], 1e-12)
    moved = np.append(True, (np.diff(driven, axis=0) != 0).any(1))
    driven = driven[moved]
    positions = spaced(driven, _STRIDE_M)[0] if len(driven) > 1 else driven
    passed, last = 0, len(points) - 1
    reach = max(OFF_ROUTE_M, 2 * along[1]) ** 2
    plain, forward = points.tolist(), ways.tolist()
    for x, y in positions.tolist():
        for index in range(passed, min(passed + LOOK_AHEAD, last) + 1):
            dx, dy = x - plain[index][0], y - plain[index][1]
            if dx * forward[index][0] + dy * forward[index][1] > 0 and dx * dx + dy * dy < reach:
                passed = index
    share = 100.0 * float(along[passed] / along[-1])
    near = np.hypot(*(positions - points[-1]).T).min() < GOAL_M
    return 100.0 if share > _DONE and near else share


def distances(path: Floats, positions: Floats) -> Floats:
    """(m,) how far each position is from the nearest point of a path's lines.

    A path of over 4,000 points is taken at so many, evenly spaced.

    >>> distances(np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[5.0, 2.0], [13.0, 4.0]])).tolist()
    [2.0, 5.0]
    """
    path = path if len(path) <= _MOST_LINES else spaced(path, 0.0, _MOST_LINES)[0]
    starts, ways = path[:-1], np.diff(path, axis=0)
    lengths = np.maximum((ways**2).sum(1), 1e-24)
    block = max(1, (1 << 20) // len(starts))
    found = np.empty(len(positions))
    for at in range(0, len(positions), block):
        offset = positions[at : at + block, None] - starts
        share = np.clip((offset * ways).sum(2) / lengths, 0.0, 1.0)
        found[at : at + block] = np.sqrt(((offset - share[..., None] * ways) ** 2).sum(2).min(1))
    return found
