"""BFCL's questions with their possible answers, calls made from these, and BFCL's own verdict on calls."""

import copy
import importlib.util
import json
import sys
import types
from pathlib import Path

import pytest

PEER = importlib.util.find_spec("bfcl_eval")
needs_peer = pytest.mark.skipif(PEER is None, reason="bfcl-eval is not installed: pip install --no-deps bfcl-eval")
SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "agent" / "bfcl"
ALL = ("simple_python", "multiple", "parallel", "parallel_multiple")
LIVE = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")


def folder():
    """Where the data lies: in the package, else among the shared data, else nowhere."""
    inside = Path(PEER.submodule_search_locations[0]) / "data" if PEER else SHARED
    return inside if inside.exists() else None


def questions(category):
    """(id, functions, possible answers) of a category; none where its data is not here."""
    files = [place / f"BFCL_v4_{category}.json" for place in (folder(), folder() / "possible_answer")] if folder() else []
    if not all(file.exists() for file in files) or not files:
        return []
    asked, answered = ([json.loads(line) for line in file.read_text().splitlines()] for file in files)
    right = {record["id"]: record["ground_truth"] for record in answered}
    return [(record["id"], record["function"], right[record["id"]]) for record in asked]


def chosen(values, at=0):
    """One of the values that are right: of several the one at a place, "" (left out) last."""
    there = [value for value in values if value != ""] or [[]]
    return plain(there[at % len(there)], at)


def plain(value, at=0):
    """A possible answer without alternatives."""
    if isinstance(value, dict):
        return {
            key: chosen(values, at) if isinstance(values, list) else plain(values, at)
            for key, values in value.items()
            if values != [""]
        }
    if isinstance(value, list):
        return [plain(one, at) for one in value]
    return value


def right_calls(functions, answers, at=0, omit=False):
    """The calls of one choice from the possible answers; with ``omit`` without what may be left out."""
    required = {f["name"]: f["parameters"].get("required", []) for f in functions}
    made = []
    for answer in answers:
        ((name, arguments),) = answer.items()
        kept = {
            key: chosen(values, at)
            for key, values in arguments.items()
            if key in required[name] or "" not in values or (not omit and len(values) > 1)
        }
        made.append({name: kept})
    return made


def bfcl_verdict(functions, calls, answers, category):
    """Whether BFCL's own checker accepts the calls. Of its tables of models one entry is enough."""
    if "bfcl_eval.constants.model_config" not in sys.modules:
        stub = types.ModuleType("bfcl_eval.constants.model_config")
        stub.MODEL_CONFIG_MAPPING = {"m": types.SimpleNamespace(underscore_to_dot=False)}
        sys.modules["bfcl_eval.constants.model_config"] = stub
    from bfcl_eval.constants.enums import Language
    from bfcl_eval.eval_checker.ast_eval.ast_checker import ast_checker

    try:
        return ast_checker(copy.deepcopy(functions), copy.deepcopy(calls), answers, Language.PYTHON, category, "m")["valid"]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        return type(error).__name__


def _first(calls, wanted):
    """The first call and argument that something holds of."""
    for at, call in enumerate(calls):
        for name, arguments in call.items():
            for key, value in arguments.items():
                if wanted(value):
                    return at, name, key, value
    return None


def _changed(calls, wanted, change):
    """The calls with one argument's value changed: the first that fits."""
    place = _first(calls, wanted)
    if place is None:
        return None
    at, name, key, value = place
    made = copy.deepcopy(calls)
    made[at][name][key] = change(value)
    return made


def _of(*kinds):
    return lambda value: type(value) in kinds and value not in ("", [], {})


def _values(kinds, change):
    return lambda functions, calls: _changed(calls, _of(*kinds), change)


def _renamed(change):
    return lambda functions, calls: [{change(name): a for name, a in calls[0].items()}, *calls[1:]]


def _arguments(change):
    def made(functions, calls):
        ((name, arguments),) = calls[0].items()
        changed = change(dict(arguments))
        return None if changed is None or changed == arguments else [{name: changed}, *calls[1:]]

    return made


def _without_required(functions, calls):
    ((name, arguments),) = calls[0].items()
    required = next(f for f in functions if f["name"] == name)["parameters"].get("required", [])
    gone = [key for key in arguments if key in required][:1]
    return [{name: {k: v for k, v in arguments.items() if k not in gone}}, *calls[1:]] if gone else None


def _swapped(arguments):
    for one, value in arguments.items():
        for other, second in arguments.items():
            if type(value) is type(second) in (int, float) and value != second:
                return {**arguments, one: second, other: value}
    return None


def _another_tool(functions, calls):
    ((name, arguments),) = calls[0].items()
    other = [f["name"] for f in functions if f["name"] != name and set(f["parameters"]["properties"]) != set(arguments)]
    return [{other[0]: arguments}, *calls[1:]] if other else None


def _outside_enum(functions, calls):
    for at, call in enumerate(calls):
        ((name, arguments),) = call.items()
        properties = next(f for f in functions if f["name"] == name)["parameters"]["properties"]
        for key in arguments:
            if "enum" in properties.get(key, {}):
                return [*calls[:at], {name: {**arguments, key: "none of those"}}, *calls[at + 1 :]]
    return None


CORRUPTIONS = {
    "wrong name": _renamed(lambda name: f"{name}_2"),
    "name in capitals": _renamed(lambda name: name.upper() if name.upper() != name else name.lower()),
    "another tool's name": _another_tool,
    "name cut": _renamed(lambda name: name[:-1]),
    "missing required": _without_required,
    "extra argument": _arguments(lambda a: {**a, "and_more": 1}),
    "misspelt argument": _arguments(lambda a: {(f"{k}s" if at == 0 else k): v for at, (k, v) in enumerate(a.items())}),
    "arguments one level down": _arguments(lambda a: {"kwargs": a}),
    "number as text": _values((int, float), str),
    "text as number": _values((str,), lambda v: 7),
    "truth as number": _values((bool,), int),
    "number as truth": _values((int, float), lambda v: True),
    "truth as text": _values((bool,), str),
    "fraction for an integer": _values((int,), lambda v: v + 0.5),
    "another number": _values((int, float), lambda v: v + 1_000_003),
    "sign turned round": _values((int, float), lambda v: -v - 1),
    "another text": _values((str,), lambda v: f"{v} or something else"),
    "text after another": _values((str,), lambda v: f"zz {v}"),
    "null": _values((int, float, str, list), lambda v: None),
    "value in a list": _values((int, float, str), lambda v: [v]),
    "list as its first value": _values((list,), lambda v: v[0]),
    "list as text": _values((list,), json.dumps),
    "list too long": _values((list,), lambda v: [*v, "and more"]),
    "list doubled": _values((list,), lambda v: [*v, *v]),
    "object with an extra key": _values((dict,), lambda v: {**v, "and_more": 1}),
    "object emptied": _values((dict,), lambda v: {}),
    "outside the enumeration": _outside_enum,
    "values swapped": _arguments(_swapped),
    "call left out": lambda functions, calls: calls[1:],
    "call twice": lambda functions, calls: [*calls, calls[0]],
    "call of something else besides": lambda functions, calls: [*calls, {"finish": {}}],
}
"""Each makes the right calls wrong in one way; None where they have nothing to corrupt."""
