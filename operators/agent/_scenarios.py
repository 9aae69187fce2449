"""Scenarios written in XML: what stands against running them, and what is in them.

Routes of the CARLA leaderboard (1.0 with ``waypoint``, 2.0 with ``waypoints``, ``weathers`` and ``scenarios``) and
OpenSCENARIO 1.x.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.xml_trees import Element, XmlError, tree

FAULTS = (
    "malformed",
    "unknown_layout",
    "missing_element",
    "missing_attribute",
    "not_a_number",
    "out_of_range",
    "too_few_waypoints",
    "duplicate_name",
    "unknown_reference",
    "undeclared_parameter",
)
AXES = {
    "speed": ("standing", "slow", "town", "road", "fast"),
    "density": ("none", "few", "some", "many"),
    "geometry": ("straight", "bend", "winding"),
    "weather": ("clear", "cloudy", "rain", "fog", "night", "unspecified"),
}
"""The classes of each axis of the space of scenarios; ``action`` is open."""

TRAITS = pa.list_(pa.struct([("axis", pa.string()), ("value", pa.string())]))
SHAPE = pa.struct([("agents", pa.string()), ("road", pa.string()), ("weather", pa.string())])
FAULT_LIST = pa.list_(pa.struct([("fault", pa.string()), ("place", pa.string())]))

_REQUIRED = ("FileHeader", "RoadNetwork", "Entities", "Storyboard")
_MOST_FAULTS = 100
_PARAMETER = re.compile(r"^\$([A-Za-z_][A-Za-z0-9_]{0,99})$")
_BEND, _WINDING = np.deg2rad(30), np.deg2rad(150)
_SHORT_KM = (0.5, 1.0, 2.0, 5.0)
_SHOWN = 60


@dataclass(frozen=True)
class Scenario:
    """A scenario.

    Args:
        faults: what stands against running it, each with its place.
        traits: axis and class, of which ``action`` may have several.
        agents, road, weather: what two scenarios share that are alike in it.
    """

    faults: list[tuple[str, str]]
    traits: list[tuple[str, str]]
    agents: str
    road: str
    weather: str


def scenario_of(text: str) -> Scenario:
    """The scenario in a text; one that cannot be read has a fault and nothing else.

    >>> scenario_of("<route id='1'><waypoint x='0' y='0'/></route>").faults
    [('missing_attribute', 'route town'), ('too_few_waypoints', 'route')]
    """
    try:
        root = tree(text)
    except XmlError as error:
        return Scenario([("malformed", str(error))], [], "", "", "")
    if root.name == "OpenSCENARIO":
        return _open_scenario(root)
    routes = list(root.all("route"))
    if root.name not in ("routes", "route") or len(routes) != 1:
        return Scenario([("unknown_layout", f"{root.name[:_SHOWN]}, {len(routes)} routes")], [], "", "", "")
    return _route(routes[0])


def _route(route: Element) -> Scenario:
    faults = [("missing_attribute", f"route {name}") for name in ("id", "town") if not route.attributes.get(name)]
    holder = route.find("waypoints") or route
    points = [child for child in holder.children if child.name in ("position", "waypoint")]
    faults += _numbers(points, ("x", "y"))
    if len(points) < 2:
        faults.append(("too_few_waypoints", "route"))
    weathers = list(chain.from_iterable(element.children for element in route.all("weathers"))) or list(route.all("weather"))
    faults += [fault for weather in weathers for fault in _weather_faults(weather)]
    events = list(route.all("scenario"))
    for event in events:
        name = event.attributes.get("name", "")[:_SHOWN]
        faults += [("missing_attribute", f"scenario {name} {a}") for a in ("name", "type") if not event.attributes.get(a)]
        trigger = event.find("trigger_point")
        faults += (
            [("missing_element", f"scenario {name} trigger_point")] if trigger is None else _numbers([trigger], ("x", "y"))
        )
    places = [(point.number("x"), point.number("y")) for point in points]
    path = np.array([place for place in places if None not in place], np.float64).reshape(-1, 2)
    actions = sorted({event.attributes.get("type", "") for event in events} - {""})
    return _described(
        faults,
        actions,
        agents=Counter(event.attributes.get("type", "") for event in events),
        road=(route.attributes.get("town", ""), geometry_of(path), _length_class(path)),
        weather=_weather_class(weathers[0]) if weathers else "unspecified",
        density=len(events),
    )


def _described(
    faults: list[tuple[str, str]],
    actions: list[str],
    agents: Counter[str],
    road: tuple[str, ...],
    weather: str,
    density: int,
) -> Scenario:
    geometry = [("geometry", place) for place in road if place in AXES["geometry"]]
    acts = [("action", action[:_SHOWN]) for action in actions] or [("action", "none")]
    traits = [("density", density_of(density)), *geometry, ("weather", weather), *acts]
    told = ", ".join(f"{name} {n}" for name, n in sorted(agents.items()))
    return Scenario(faults[:_MOST_FAULTS], traits, told, ", ".join(road), weather)


def density_of(count: int) -> str:
    """The class of a number of road users or events.

    >>> [density_of(count) for count in (0, 3, 4, 11)]
    ['none', 'few', 'some', 'many']
    """
    return AXES["density"][int(np.searchsorted([1, 4, 11], count, side="right"))]


def geometry_of(path: NDArray[np.float64]) -> str:
    """The class of a path by how much it turns in all: below 30 degrees, below 150, more.

    >>> geometry_of(np.array([[0.0, 0.0], [5.0, 0.0], [5.0, 5.0]]))
    'bend'
    """
    steps = np.diff(path, axis=0)
    steps = steps[np.hypot(*steps.T) > 1e-6]
    turn = np.diff(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))) if len(steps) > 1 else np.zeros(1)
    total = float(np.abs(turn).sum())
    return "straight" if total < _BEND else "bend" if total < _WINDING else "winding"


def _length_class(path: NDArray[np.float64]) -> str:
    length = float(np.hypot(*np.diff(path, axis=0).T).sum()) / 1000 if len(path) > 1 else 0.0
    return next((f"under {most:g} km" for most in _SHORT_KM if length < most), f"over {_SHORT_KM[-1]:g} km")


def _weather_class(weather: Element) -> str:
    """The worst of what it tells."""
    limits = (
        ("night", "sun_altitude_angle", -1.0, 0.0),
        ("fog", "fog_density", 1.0, 30.0),
        ("rain", "precipitation", 1.0, 20.0),
    )
    for name, attribute, sign, most in (*limits, ("cloudy", "cloudiness", 1.0, 50.0)):
        value = weather.number(attribute)
        if value is not None and sign * value > most:
            return name
    return "clear"


def _weather_faults(weather: Element) -> list[tuple[str, str]]:
    faults = []
    for name, text in weather.attributes.items():
        value = weather.number(name)
        if name in ("id", "name"):
            continue
        if value is None:
            faults.append(("not_a_number", f"weather {name}={text}"[:_SHOWN]))
        elif not -360 <= value <= 360:
            faults.append(("out_of_range", f"weather {name}={text}"[:_SHOWN]))
    return faults


def _numbers(elements: list[Element], names: tuple[str, ...]) -> list[tuple[str, str]]:
    found = []
    for element in elements:
        for name in names:
            if name not in element.attributes:
                found.append(("missing_attribute", f"{element.name} {name}"))
            elif element.number(name) is None:
                found.append(("not_a_number", f"{element.name} {name}={element.attributes[name]}"[:_SHOWN]))
    return found


def _repeated(names: list[str]) -> list[tuple[str, str]]:
    return [("duplicate_name", f"entity {name[:_SHOWN]}") for name, n in Counter(names).items() if name and n > 1]


def _open_scenario(root: Element) -> Scenario:
    faults = [("missing_element", name) for name in _REQUIRED if root.find(name) is None]
    story = root.find("Storyboard")
    if story is not None:
        faults += [("missing_element", f"Storyboard {name}") for name in ("Init", "StopTrigger") if story.find(name) is None]
    entities = [child for holder in root.all("Entities") for child in holder.children if child.name == "ScenarioObject"]
    chosen = [child for holder in root.all("Entities") for child in holder.children]
    names = [child.attributes.get("name", "") for child in chosen]
    faults += [("missing_attribute", "ScenarioObject name") for entity in entities if not entity.attributes.get("name")]
    faults += _repeated(names)
    faults += _references(root, set(names)) + _parameters(root)
    kinds = Counter(_kind(entity) for entity in entities)
    actions = sorted({element.name for holder in root.all("PrivateAction") for element in holder.children})
    logic = next((element.attributes.get("filepath", "") for element in root.all("LogicFile")), "")
    lanes = sum(1 for _ in root.all("LanePosition"))
    return _described(faults, actions, kinds, (logic[:_SHOWN], f"{lanes} lane positions"), _open_weather(root), len(entities))


def _references(root: Element, known: set[str]) -> list[tuple[str, str]]:
    """Of ``entityRef`` attributes those that name no entity; parameters are looked at elsewhere."""
    waiting, found = [root], []
    while waiting:
        element = waiting.pop()
        name = element.attributes.get("entityRef")
        if name is not None and name not in known and not name.startswith("$"):
            found.append(("unknown_reference", f"{element.name} entityRef={name}"[:_SHOWN]))
        waiting.extend(element.children)
    return found


def _parameters(root: Element) -> list[tuple[str, str]]:
    """Of attributes that are a parameter those that no declaration names."""
    declared = {element.attributes.get("name", "").lstrip("$") for element in root.all("ParameterDeclaration")}
    waiting, used = [root], set()
    while waiting:
        element = waiting.pop()
        used |= {found[1] for value in element.attributes.values() if (found := _PARAMETER.match(value))}
        waiting.extend(element.children)
    return [("undeclared_parameter", f"${name}") for name in sorted(used - declared)]


def _kind(entity: Element) -> str:
    for child in entity.children:
        if child.name in ("Vehicle", "Pedestrian", "MiscObject"):
            category = child.attributes.get(f"{child.name[0].lower()}{child.name[1:]}Category", "")
            return f"{child.name} {category}".strip()[:_SHOWN]
    return "CatalogReference" if entity.find("CatalogReference") is not None else "unknown"


def _open_weather(root: Element) -> str:
    weather = next(root.all("Weather"), None)
    if weather is None:
        return "unspecified"
    rain, fog, sun = (weather.find(name) for name in ("Precipitation", "Fog", "Sun"))
    if sun is not None and (sun.number("elevation") or 0.0) < 0:
        return "night"
    if fog is not None and (fog.number("visualRange") or 1e9) < 1000:
        return "fog"
    if rain is not None and rain.attributes.get("precipitationType", "dry") != "dry":
        return "rain"
    sky = weather.attributes.get("cloudState", weather.attributes.get("fractionalCloudCover", ""))
    return "cloudy" if sky in ("cloudy", "overcast", "rainy", "sixOktas", "sevenOktas", "eightOktas") else "clear"
