"""Records that are JSON: parsed, with a cause for those that cannot be, and their values as logical columns."""

import base64
import binascii
import math
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from engine.schema import MESSAGES, TEXTS
from engine.source.beside import named
from engine.source.block import Block, Spans, Want, Wants, blanked, gather
from engine.source.dataset import Limits
from engine.source.scan import deepest
from engine.source.turns import turns

BLANK_LINE = "\n\n"
_NOT_FINITE = ("-Infinity", "NaN", "Infinity")


def block_of(spans: Spans, wants: Wants, limits: Limits) -> Block:
    """The logical columns of JSON records. Where only the record's text is wanted, nothing is parsed."""
    faults = dict(spans.faults)
    _refuse_deep(spans, limits, faults)
    columns = {want.name: texts(spans, faults) for want in wants if want.is_record}
    parsed = [want for want in wants if not want.is_record]
    if parsed:
        values = _parse(spans, faults)
        taken = {want.name: _column(values, want, faults) for want in parsed}
        columns |= {name: blanked(column, faults) for name, column in taken.items()}
    return Block(len(spans), columns, faults)


def texts(spans: Spans, faults: dict[int, str]) -> pa.Array:
    """The records' own texts; one that is not UTF-8 is null and a fault."""
    array = gather(spans.data, spans.starts, spans.ends)
    if faults:
        mask = np.zeros(len(spans), np.bool_)
        mask[list(faults)] = True
        array = array.take(pa.array(np.arange(len(spans)), mask=mask))
    return decoded(array, "the record", faults)


def decoded(array: pa.Array, what: str, faults: dict[int, str]) -> pa.Array:
    """Bytes as strings; those that are not UTF-8 are null and a fault."""
    try:
        return array.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_decode(row, value, what, faults) for row, value in enumerate(array.to_pylist())], pa.string())


def _decode(row: int, value: bytes | None, what: str, faults: dict[int, str]) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        faults.setdefault(row, f"wrong encoding: {what} is not UTF-8 at byte {error.start + 1:,}")
        return None


def _refuse_deep(spans: Spans, limits: Limits, faults: dict[int, str]) -> None:
    depths = deepest(spans.bytes, spans.starts, spans.ends)
    for row in np.flatnonzero(depths > limits.json_depth):
        faults.setdefault(int(row), f"JSON nested {depths[row]:,} deep, over limits.json_depth = {limits.json_depth}")


def _parse(spans: Spans, faults: dict[int, str]) -> list[Any]:
    view, loads = memoryview(spans.data), orjson.loads
    values: list[Any] = []
    for row, (start, end) in enumerate(zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)):
        value = None
        if row not in faults:
            try:
                value = loads(view[start:end])
            except orjson.JSONDecodeError as error:
                faults[row] = _why(error, bytes(view[start:end]))
        if isinstance(value, str):
            value = {"text": value}
        elif value is not None and not isinstance(value, dict):
            faults[row], value = "a JSON value that is not an object", None
        elif value is None:
            faults.setdefault(row, "a JSON value that is not an object")
        values.append(value)
    return values


def _why(error: orjson.JSONDecodeError, line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError as wrong:
        return f"wrong encoding: the record is not UTF-8 at byte {wrong.start + 1:,}"
    for word in _NOT_FINITE:
        if text.startswith(word, error.pos) or text.startswith(word, max(0, error.pos - 1)):  # the parser may eat the sign
            return f"malformed JSON: {word} is not JSON, at character {error.pos + 1:,}"
    return f"malformed JSON: {error.msg.partition(':')[0]} at character {error.pos + 1:,}"


def _column(values: list[Any], want: Want, faults: dict[int, str]) -> pa.Array:
    if want.is_row:
        fields = [
            pa.array([None if value is None else as_text(value.get(name)) for value in values], pa.string())
            for name in want.origin
        ]
        return pa.StructArray.from_arrays(fields, fields=list(want.type)) if fields else pa.nulls(len(values), want.type)
    plain = _plain_strings(values, want)
    if plain is not None:
        return plain
    convert = _converter(want.type)
    column = []
    for row, record in enumerate(values):
        value = None if record is None else _joined(record, want.origin)
        try:
            column.append(None if value is None else convert(value))
        except ValueError as error:
            faults.setdefault(row, f"column '{want.name}' {error}")
            column.append(None)
    return pa.array(column, want.type)


def _plain_strings(values: list[Any], want: Want) -> pa.Array | None:
    """The usual case, four times as fast: one top-level key whose values are all strings."""
    if not pa.types.is_string(want.type) or len(want.origin) > 1 or "." in want.origin[0]:
        return None
    key = want.origin[0]
    try:
        return pa.array([None if value is None else value.get(key) for value in values], want.type)
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return None


def _joined(record: dict[str, Any], origin: tuple[str, ...]) -> Any:
    if len(origin) == 1:
        return at_path(record, origin[0])
    parts = (as_text(at_path(record, name)) for name in origin)
    return BLANK_LINE.join(part for part in parts if part) or None


def at_path(record: Any, path: str) -> Any:
    """The value under a key, or under a dotted path of keys where there is no such key; None where there is nothing.

    >>> at_path({"a": {"b": 1}, "a.c": 2}, "a.b"), at_path({"a": {"b": 1}, "a.c": 2}, "a.c"), at_path({}, "a.b")
    (1, 2, None)
    """
    if not isinstance(record, dict):
        return None
    if path in record or "." not in path:
        return record.get(path)
    for cut, letter in enumerate(path):
        if letter == "." and path[:cut] in record:
            return at_path(record[path[:cut]], path[cut + 1 :])
    return None


def as_text(value: Any) -> str | None:
    """A string as it is, anything else as JSON.

    >>> as_text("a"), as_text({"b": [1, True]}), as_text(None)
    ('a', '{"b":[1,true]}', None)
    """
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS).decode()


def _plain(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _converter(type_: pa.DataType) -> Any:
    if type_ == MESSAGES:
        return _turns
    if type_ == TEXTS:
        return text_list
    if pa.types.is_floating(type_):
        return number
    return encoded if pa.types.is_binary(type_) else as_text


def text_list(value: Any) -> list[str | None]:
    """A list's items as texts: of a list, or of a JSON text that is one; any other text is a list of itself.

    Raises:
        ValueError: for anything else.

    >>> text_list(["a", 1]), text_list('["a", "b"]'), text_list("a")
    (['a', '1'], ['a', 'b'], ['a'])
    """
    if isinstance(value, str):
        try:
            parsed = orjson.loads(value) if value.lstrip().startswith("[") else value
        except orjson.JSONDecodeError:
            parsed = value
        value = parsed if isinstance(parsed, list) else [value]
    if not isinstance(value, list | tuple):
        raise ValueError("is not a list of texts")
    return [as_text(item) for item in value]


def _turns(value: Any) -> Any:
    found = turns(value)
    if found is None:
        raise ValueError("is not a list of turns")
    return found


def number(value: Any) -> float:
    """A finite number, or the text of one.

    Raises:
        ValueError: for anything else.
    """
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        result = math.nan
    if not math.isfinite(result):
        raise ValueError("is not a number")
    return result


def encoded(value: Any) -> bytes:
    """The bytes behind base64, with or without a data URI in front; of a list those of its first element; of the name of an
    image or clip what stands for that file (`engine.source.beside`).

    Raises:
        ValueError: for anything else.
    """
    value = value[0] if isinstance(value, list) and value else value
    if not isinstance(value, str):
        raise ValueError("is neither bytes nor base64")
    if file := named(value):
        return file
    try:
        return base64.b64decode(value.rpartition(",")[2] if value.startswith("data:") else value, validate=True)
    except binascii.Error as error:
        raise ValueError("is neither bytes nor base64") from error
