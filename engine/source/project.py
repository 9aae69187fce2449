"""Arrow columns of a dataset as the logical columns of its modality."""

from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from engine.schema import MESSAGES, TEXTS
from engine.source.beside import LONGEST_NAME, named
from engine.source.block import Block, Want, Wants, blanked
from engine.source.objects import BLANK_LINE, as_text, at_path, decoded, encoded, number, text_list
from engine.source.turns import plain_turns, turns

T = pa.types


def project(batch: pa.RecordBatch, wants: Wants, faults: dict[int, str] | None = None) -> Block:
    """The logical columns of a batch of the dataset's own columns; records with a fault are null in all of them."""
    faults = dict(faults or {})
    columns = {want.name: _column(batch, want, faults) for want in wants}
    return Block(batch.num_rows, {name: blanked(column, faults) for name, column in columns.items()}, faults)


def _column(batch: pa.RecordBatch, want: Want, faults: dict[int, str]) -> pa.Array:
    if want.is_row:
        fields = [_field(batch, field, faults) for field in want.type]
        return pa.StructArray.from_arrays(fields, fields=list(want.type)) if fields else pa.nulls(batch.num_rows, want.type)
    if want.is_record:
        return pa.array([as_text(record) for record in batch.to_pylist(maps_as_pydicts="lossy")], pa.string())
    parts = [_cast(physical(batch, name), want.type, name, faults) for name in want.origin]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _field(batch: pa.RecordBatch, field: pa.Field, faults: dict[int, str]) -> pa.Array:
    array = physical(batch, field.name)
    if T.is_string(field.type) or T.is_binary(array.type) or T.is_large_binary(array.type):
        return _cast(array, pa.string(), field.name, faults)
    return plain(array).cast(field.type)


def _joined(parts: list[pa.Array]) -> pa.Array:
    """Texts with a blank line between, nulls and empty ones skipped. (Arrow's own skipping drops rows of only nulls.)"""
    empty = pa.scalar(None, pa.string())
    joined, *rest = (pc.if_else(pc.equal(part, ""), empty, part) for part in parts)
    for part in rest:
        joined = pc.coalesce(pc.binary_join_element_wise(joined, part, BLANK_LINE), joined, part)
    return joined


def physical(batch: pa.RecordBatch, path: str) -> pa.Array:
    """The column of a name, or of a dotted path into structs and JSON texts; nulls where there is none."""
    if path in batch.schema.names:
        return batch.column(batch.schema.names.index(path))
    head, _, rest = path.partition(".")
    while rest and head not in batch.schema.names:
        more, _, rest = rest.partition(".")
        head = f"{head}.{more}"
    if not rest:
        return pa.nulls(batch.num_rows)
    return _inside(plain(batch.column(batch.schema.names.index(head))), rest)


def _inside(array: pa.Array, path: str) -> pa.Array:
    if T.is_struct(array.type):
        names = [field.name for field in array.type]
        fields = [pc.struct_field(array, [index]) for index in range(len(names))]
        return physical(pa.RecordBatch.from_arrays(fields, names), path) if fields else pa.nulls(len(array))
    if T.is_string(array.type) or T.is_large_string(array.type):
        return pa.array([as_text(at_path(_object(text), path)) for text in array.to_pylist()], pa.string())
    return pa.nulls(len(array))


def _object(text: str | None) -> Any:
    try:
        return None if text is None else orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def plain(array: pa.Array) -> pa.Array:
    """The array without dictionary, run-end or view encoding."""
    if T.is_dictionary(array.type):
        return array.dictionary_decode()
    if isinstance(array, pa.ExtensionArray):
        return plain(array.storage)
    if array.type == pa.string_view():
        return array.cast(pa.string())
    return array.cast(pa.binary()) if array.type == pa.binary_view() else array


def _cast(array: pa.Array, type_: pa.DataType, name: str, faults: dict[int, str]) -> pa.Array:
    array = plain(array)
    if T.is_null(array.type):
        return pa.nulls(len(array), type_)
    if T.is_string(type_):
        return _strings(array, name, faults)
    if type_ == MESSAGES:
        ready = plain_turns(array)
        return _converted(array, type_, name, faults, _turns) if ready is None else ready
    if type_ == TEXTS:
        return _converted(array, type_, name, faults, text_list)
    if T.is_binary(type_):
        return _bytes(array, name, faults)
    if T.is_integer(array.type) or T.is_boolean(array.type) or T.is_floating(array.type):
        finite = array.cast(type_, safe=False)
        return finite if not T.is_floating(array.type) else pc.if_else(pc.is_finite(finite), finite, None)
    return _converted(array, type_, name, faults, number)


def _strings(array: pa.Array, name: str, faults: dict[int, str]) -> pa.Array:
    if T.is_binary(array.type) or T.is_large_binary(array.type) or T.is_fixed_size_binary(array.type):
        return decoded(array, f"column '{name}'", faults)
    if T.is_string(array.type) or T.is_large_string(array.type):
        wide = pa.large_binary() if T.is_large_string(array.type) else pa.binary()
        return decoded(array.cast(wide), f"column '{name}'", faults)
    if T.is_nested(array.type):
        return pa.array([as_text(value) for value in array.to_pylist(maps_as_pydicts="lossy")], pa.string())
    return array.cast(pa.string())


def _bytes(array: pa.Array, name: str, faults: dict[int, str]) -> pa.Array:
    if T.is_struct(array.type):
        fields = pa.RecordBatch.from_struct_array(array)
        held, paths = physical(fields, "bytes"), physical(fields, "path")
        array = held if T.is_null(paths.type) or not held.null_count else _named(held, paths)
    if T.is_null(array.type) or T.is_binary(array.type) or T.is_large_binary(array.type):
        return _names_marked(array.cast(pa.binary()))
    return _converted(array, pa.binary(), name, faults, encoded)


def _named(held: pa.Array, paths: pa.Array) -> pa.Array:
    """Bytes, and what stands for the file where there are none but its name."""
    rows = zip(held.to_pylist(), plain(paths).to_pylist(), strict=True)
    return pa.array([named(_text(path)) if data is None else data for data, path in rows], pa.binary())


def _names_marked(array: pa.Array) -> pa.Array:
    """Bytes; what is no more than a file's name stands for the file (delimited and Arrow files give texts as bytes)."""
    short = pc.fill_null(pc.less_equal(pc.binary_length(array), LONGEST_NAME), False)
    if not pc.any(short).as_py():
        return array
    values = array.to_pylist()
    for row in short.to_numpy(zero_copy_only=False).nonzero()[0].tolist():
        values[row] = named(_text(values[row])) or values[row]
    return pa.array(values, pa.binary())


def _text(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _converted(array: pa.Array, type_: pa.DataType, name: str, faults: dict[int, str], convert: Any) -> pa.Array:
    column = []
    for row, value in enumerate(array.to_pylist(maps_as_pydicts="lossy")):
        try:
            column.append(None if value is None else convert(value))
        except ValueError as error:
            faults.setdefault(row, f"column '{name}' {error}")
            column.append(None)
    return pa.array(column, type_)


def _turns(value: Any) -> Any:
    found = turns(value)
    if found is None:
        raise ValueError("is not a list of turns")
    return found
