"""What tool calls have against the definitions of their tools."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._tools import tools_of, tools_said
from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check
from operators.kernels.schema_errors import Validation, Verdict

FAULTS = pa.list_(pa.struct([("step", pa.int32()), ("name", pa.string()), ("fault", pa.string()), ("place", pa.string())]))
UNDECIDED = ("tool_schema", "undecided")
"""Of these it cannot be said whether the call is right: the tool's schema cannot be used; its pattern goes back without end."""
_OF_KEYWORD = {
    "required": "missing_required",
    "additionalProperties": "unknown_parameter",
    "unevaluatedProperties": "unknown_parameter",
    "falseSchema": "unknown_parameter",
    "type": "wrong_type",
    "enum": "bad_value",
    "const": "bad_value",
    "format": "bad_format",
}
_ORDER = ("missing_required", "unknown_parameter", "wrong_type", "bad_value", "bad_format", "constraint")
_MAX_DEPTH = 128


@dataclass(frozen=True)
class CallFaults(Feature):
    """``call_faults``: each of a record's ``tool_calls`` with what is wrong with it under its ``tools``; '' for nothing.

    ``bad_call``, ``unnamed_call``, ``bad_arguments`` (no JSON object; two equal keys); ``unknown_tool``;
    ``missing_required``, ``unknown_parameter``, ``wrong_type``, ``bad_value`` (enum, const), ``bad_format``, ``constraint``
    (any other keyword), the first of these in this order, with the path of the argument; ``tool_schema``, ``undecided`` where
    it cannot be said. Where a record has no tools of its own, those that its system prompt lists in the way of Hermes or
    ToolBench are taken. Types are JSON Schema's: true is no integer, 5 is a number and 5.0 an integer. Null where a record has
    no calls to look at or no tools. Schemas are validated by jsonschema-rs in a process of its own
    (`operators.features.schema_errors`). Cost: 40 us a call of a tool that was
    met before, 0.1 ms of a new one.

    Args:
        formats: whether ``format`` is asserted.

    Source: Patil et al. 2023 (arXiv 2305.15334), section 4; JSON Schema 2020-12.
    """

    formats: bool = True

    reads: ClassVar[tuple[str, ...]] = ("tool_calls", "said")
    may_read: ClassVar[tuple[str, ...]] = ("tools",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"call_faults": FAULTS}
    requires: ClassVar[tuple[str, ...]] = ("jsonschema_rs",)
    stores: ClassVar[bool] = True

    def identity(self) -> Mapping[str, Any]:
        """The validator's version."""
        return {"jsonschema_rs": version("jsonschema-rs")}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """The validating process starts with the first call."""
        validation = Validation({"dialect": "2020-12", "formats": self.formats})
        return lambda batch: {"call_faults": pa.array(_faults(batch, validation), FAULTS)}


def _faults(batch: pa.RecordBatch, validation: Validation) -> list[list[dict[str, Any]] | None]:
    """Of each record its calls' faults. Calls that need a schema's verdict are asked about together."""
    found: list[list[dict[str, Any]] | None] = []
    asked: list[tuple[dict[str, Any], str, str]] = []
    tools = batch["tools"].to_pylist() if "tools" in batch.schema.names else [None] * len(batch)
    for calls, listed, said in zip(batch["tool_calls"].to_pylist(), tools, batch["said"].to_pylist(), strict=True):
        schemas = _schemas(listed, said)
        if calls is None or schemas is None:
            found.append(None)
            continue
        found.append([{"step": call["step"], "name": call["name"], "fault": call["fault"], "place": ""} for call in calls])
        for call, fault in zip(calls, found[-1] or (), strict=True):
            if not call["fault"] and call["name"] not in schemas:
                fault["fault"] = "unknown_tool"
            elif not call["fault"]:
                asked.append((fault, schemas[call["name"]], call["arguments"]))
    view = strings(pa.array([arguments for *_, arguments in asked], pa.string()))
    codes, _ = check(view.offsets, view.data, _MAX_DEPTH)
    decided = [entry for entry, code in zip(asked, codes.tolist(), strict=True) if not code]
    for (fault, *_), code in zip(asked, codes.tolist(), strict=True):
        if code:
            fault["fault"] = "bad_arguments"
    for (fault, *_), verdict in zip(decided, validation([pair[1:] for pair in decided]), strict=True):
        fault["fault"], fault["place"] = _read(verdict)
    return found


def _schemas(tools: str | None, said: list[dict[str, Any]] | None) -> Mapping[str, str] | None:
    """The schemas of a record's tools, by name; None where it offers none."""
    if tools is not None:
        return tools_of(tools)
    prompts = (one["text"] for one in said or () if one["role"] == "system")
    return next((found for found in map(tools_said, prompts) if found), None)


def _read(verdict: Verdict) -> tuple[str, str]:
    """The fault of a verdict, and the argument that has it."""
    status, errors = verdict
    if status != "invalid":
        return {"valid": "", "schema": "tool_schema"}.get(status, "undecided"), ""
    named = [(_OF_KEYWORD.get(keyword, "constraint"), path) for keyword, path, _ in errors]
    return min(named, key=lambda one: _ORDER.index(one[0]))
