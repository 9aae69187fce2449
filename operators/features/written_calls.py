"""The tool calls that stand in a column of their own, without a trajectory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson
import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._calls import BROKEN, calls_of
from operators.features.trajectory_calls import CALLS, MAX_DEPTH, MOST_BYTES, SAID, row_of
from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check


@dataclass(frozen=True)
class WrittenCalls(Feature):
    """``tool_calls``, ``said`` and ``ending`` of ``calls``: answers of xLAM and BFCL (`operators.agent._calls`).

    As `operators.features.trajectory_calls`, in one step and without results. ``said`` and ``ending`` are null. A text in
    which no call can be read is one call with the fault ``bad_call``; so is one of over 16 MiB.

    >>> batch = pa.RecordBatch.from_pydict({"calls": ['[{"f": {"a": 1}}]', "f(a=1)", None]})
    >>> [calls and calls[0]["arguments"] for calls in WrittenCalls().open()(batch)["tool_calls"].to_pylist()]
    ['{"a":1}', '{"a":1}', None]
    """

    reads: ClassVar[tuple[str, ...]] = ("calls",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"tool_calls": CALLS, "said": SAID, "ending": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    view = strings(batch["calls"])
    codes, _ = check(view.offsets, view.data, MAX_DEPTH)
    read = [
        None if text is None else [row_of(call, 1) for call in _calls(text, bool(code))]
        for text, code in zip(batch["calls"].to_pylist(), codes.tolist(), strict=True)
    ]
    nothing = {"said": pa.nulls(len(batch), SAID), "ending": pa.nulls(len(batch), pa.string())}
    return {"tool_calls": pa.array(read, CALLS), **nothing}


def _calls(text: str, odd: bool) -> list[Any]:
    """The calls of a text; JSON that is not strict (two equal keys, too deep) is none."""
    if len(text) > MOST_BYTES or (odd and _is_json(text)):
        return [BROKEN]
    return list(calls_of(text))


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except ValueError:
        return False
    return True
