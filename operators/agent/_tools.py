"""Definitions of tools, in the dialects that providers and datasets use, as one JSON Schema of the arguments for each.

OpenAI (``{"type": "function", "function": {...}}`` or the inner object alone), Anthropic (``input_schema``), MCP
(``inputSchema``), Gemini (``functionDeclarations``), BFCL (types ``dict``, ``float``, ``tuple``, ``any``), ToolBench
(``required_parameters``, ``optional_parameters``) and xLAM (parameters by name, with Python's types).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from operators.kernels.python_calls import python_value

_SCHEMAS = ("parameters", "input_schema", "inputSchema", "arguments")
_TYPES = {
    "object": ("object", "dict", "dictionary", "hashmap", "hashtable", "map", "mapping", "json"),
    "array": ("array", "list", "tuple", "set", "arraylist", "queue", "stack", "sequence"),
    "string": ("string", "str", "char", "text", "date", "datetime", "enum"),
    "integer": ("integer", "int", "long", "short", "byte", "bigint"),
    "number": ("number", "float", "double"),
    "boolean": ("boolean", "bool"),
    "null": ("null", "none", "nonetype"),
}
_NAMED = {alias: name for name, aliases in _TYPES.items() for alias in aliases}
_OPEN = ("$ref", "allOf", "anyOf", "oneOf", "patternProperties", "additionalProperties", "unevaluatedProperties")
_INNER = re.compile(r"(\w+)\[(.*)\]", re.DOTALL)
_MOST_DEPTH, _MOST_BYTES, _LONGEST_TYPE = 32, 1 << 20, 100
_UNUSABLE = '"nested too deeply"'


@lru_cache(maxsize=64)
def tools_of(text: str) -> Mapping[str, str] | None:
    """The JSON Schema (2020-12) of each tool's arguments, as text, by the tool's name; None where the text defines no tools.

    Parameters that are not listed are not allowed, unless the definition says so (``additionalProperties``) or composes
    schemas. Types of no dialect bind nothing. A parameter whose default is null may be null.

    >>> tools_of('[{"name": "f", "parameters": {"type": "dict", "properties": {"a": {"type": "float"}}}}]')["f"]
    '{"type":"object","properties":{"a":{"type":"number"}},"additionalProperties":false}'
    >>> tools_of("none") is None
    True
    """
    if len(text) > _MOST_BYTES:
        return None
    try:
        document = orjson.loads(text)
    except ValueError:
        return None
    return {name: _text(schema) for name, schema in _definitions(document)} or None


def tools_said(prompt: str) -> Mapping[str, str] | None:
    """The tools that a system prompt lists: between Hermes's ``<tools>`` tags, or after ToolBench's "following APIs:".

    >>> tools_said('Use <tools>{"name": "f"}</tools>') is not None, tools_said("following APIs: [{'name': 'f'}]") is not None
    (True, True)
    >>> tools_said("Be brief.") is None
    True
    """
    if "<tools>" in prompt:
        body = prompt.partition("<tools>")[2].partition("</tools>")[0].strip()
        lines = ",".join(line for line in body.splitlines() if line.strip())
        return tools_of(body) or tools_of(f"[{lines}]")
    _, said, rest = prompt.partition("following APIs:")
    listed = python_value(rest[:_MOST_BYTES]) if said else None
    return tools_of(orjson.dumps(listed, option=orjson.OPT_NON_STR_KEYS).decode()) if listed else None


def _text(schema: Any) -> str:
    """A schema as text; one whose values are nested too deeply as what no schema is."""
    try:
        return orjson.dumps(schema).decode()
    except TypeError:
        return _UNUSABLE


def _definitions(document: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    items = document if isinstance(document, list) else [document]
    for item in items:
        if isinstance(item, str):  # a list of texts, each the JSON of one tool
            try:
                item = orjson.loads(item)
            except ValueError:
                continue
        if not isinstance(item, dict):
            continue
        inner = item.get("function", item)
        declared = item.get("functionDeclarations", item.get("function_declarations"))
        if isinstance(declared, list) and depth < 2:
            yield from _definitions(declared, depth + 1)
        elif isinstance(inner, dict):
            yield from _definition(inner)


def _definition(tool: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    name = tool.get("name", tool.get("api_name"))
    if not isinstance(name, str):
        return
    if "required_parameters" in tool or "optional_parameters" in tool:
        schema = _of_toolbench(tool)
        if isinstance(tool.get("tool_name"), str):
            yield f"{_plain(name)}_for_{_plain(tool['tool_name'])}", schema
    else:
        schema = _parameters(next((tool[key] for key in _SCHEMAS if key in tool), None))
    yield name, schema


def _plain(name: str) -> str:
    """A name as ToolBench's conversations write it."""
    return re.sub(r"_+", "_", re.sub(r"[^\w]", "_", name)).strip("_").lower()


def _of_toolbench(tool: dict[str, Any]) -> dict[str, Any]:
    listed = {key: tool.get(key) for key in ("required_parameters", "optional_parameters")}
    named = {
        key: {one["name"]: _schema(one, 0) for one in many or () if isinstance(one, dict) and isinstance(one.get("name"), str)}
        for key, many in listed.items()
        if isinstance(many, list)
    }
    properties = {name: schema for many in named.values() for name, schema in many.items()}
    return _closed({"type": "object", "properties": properties, "required": list(named.get("required_parameters", {}))})


def _parameters(given: Any) -> Any:
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, dict):
        return _closed({"type": "object"})
    if "properties" not in given and not isinstance(given.get("type"), str) and not any(key in given for key in _OPEN):
        return _of_xlam(given)
    return _closed({"type": "object", **_schema(given, 0)})


def _of_xlam(given: dict[str, Any]) -> dict[str, Any]:
    """Parameters by name. One with a default, or of a type that says "optional", may be left out."""
    properties = {name: _schema(one, 0) for name, one in given.items() if isinstance(one, dict)}
    required = [
        name
        for name, one in given.items()
        if name in properties and "default" not in one and "optional" not in str(one.get("type", "")).lower()
    ]
    return _closed({"type": "object", "properties": properties, "required": required})


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    return schema if any(key in schema for key in _OPEN) else {**schema, "additionalProperties": False}


def _schema(given: Any, depth: int) -> Any:
    """A schema in JSON Schema's words: of what is in it only what binds."""
    if isinstance(given, bool):
        return given
    if not isinstance(given, dict) or depth > _MOST_DEPTH:
        return {}
    made: dict[str, Any] = {}
    for key, value in given.items():
        if value is None:  # columns of structs have every tool's keys
            continue
        if key == "type":
            made.update(_typed(value))
        elif key in ("properties", "patternProperties", "$defs", "definitions") and isinstance(value, dict):
            made[key] = {name: _schema(one, depth + 1) for name, one in value.items() if one is not None}
        elif key == "items" and isinstance(value, list):
            made["prefixItems"] = [_schema(one, depth + 1) for one in value]
        elif key in ("items", "additionalProperties", "not", "contains", "propertyNames"):
            made[key] = _schema(value, depth + 1)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
            made[key] = [_schema(one, depth + 1) for one in value]
        elif key == "required":
            made.update(_required(value))
        elif key in _BINDING:
            made[key] = value
    demanded = [name for name, one in _properties(given) if one.get("required") is True]
    if demanded:
        made["required"] = list(dict.fromkeys([*made.get("required", []), *demanded]))
    if given.get("nullable") is True or given.get("default", "") is None:
        made.update(_or_null(made))
    return made


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What to change in a schema so that null is allowed too.

    >>> _or_null({"type": "string", "enum": ["a"]}), _or_null({})
    ({'type': ['string', 'null'], 'enum': ['a', None]}, {})
    """
    changed: dict[str, Any] = {"type": [schema["type"], "null"]} if isinstance(schema.get("type"), str) else {}
    return {**changed, "enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) else changed


_BINDING = {
    *("enum", "const", "format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "$ref"),
    *("dependentRequired", "minContains", "maxContains"),
}


def _properties(given: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    properties = given.get("properties")
    for name, one in properties.items() if isinstance(properties, dict) else ():
        if isinstance(one, dict):
            yield name, one


def _required(value: Any) -> dict[str, list[str]]:
    """The names that are required; ``required: true`` of a property is its object's affair."""
    return {"required": list(dict.fromkeys(n for n in value if isinstance(n, str)))} if isinstance(value, list) else {}


def _typed(said: Any) -> dict[str, Any]:
    """What a type says, in JSON Schema's words.

    >>> _typed("dict"), _typed("List[int]"), _typed("Union[int, str]"), _typed("any")
    ({'type': 'object'}, {'type': 'array', 'items': {'type': 'integer'}}, {'type': ['integer', 'string']}, {})
    """
    if isinstance(said, list):
        kinds = [_typed(one).get("type") for one in said]
        return {"type": kinds} if kinds and all(isinstance(kind, str) for kind in kinds) else {}
    if not isinstance(said, str) or len(said) > _LONGEST_TYPE:
        return {}
    word = said.strip().lower().removesuffix("optional").rstrip(", ")
    if word in _NAMED:
        return {"type": _NAMED[word]}
    found = _INNER.fullmatch(word)
    if found is None:
        return {}
    outer, inner = found.groups()
    if outer in ("optional", "union"):
        kinds = [_typed(part).get("type") for part in inner.split(",")] + ["null"] * (outer == "optional")
        return {"type": kinds} if all(isinstance(kind, str) for kind in kinds) else {}
    kind = _NAMED.get(outer)
    if kind == "array" and outer != "tuple":
        items = _typed(inner)
        return {"type": kind, "items": items} if items else {"type": kind}
    return {"type": kind} if kind else {}
