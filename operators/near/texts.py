"""What of a record is compared: the words of its payload."""

import pyarrow as pa
import pyarrow.compute as pc

T = pa.types


def record_texts(payload: pa.StructArray) -> pa.Array:
    """The text of each record: the columns of its payload, a line each; null where all of them are.

    Numbers, dates and truth values of a table's row stand as Arrow writes them; lists and structs inside a row are left out.
    A record with bytes in it (an image) has no text: its caption alone does not make it the same record.

    >>> payload = pa.StructArray.from_arrays([pa.array(["a", None]), pa.array(["b", None])], names=["problem", "code"])
    >>> record_texts(payload).to_pylist()
    ['a\\nb', None]
    """
    columns = [column for child in map(payload.field, range(payload.type.num_fields)) for column in _flat(child)]
    if not columns or any(T.is_binary(column.type) or T.is_large_binary(column.type) for column in columns):
        return pa.nulls(len(payload), pa.large_string())
    texts = [column.cast(pa.large_string()) for column in columns if not T.is_nested(column.type)]
    if len(texts) == 1:
        return texts[0]
    joined = pc.binary_join_element_wise(*(pc.fill_null(text, "") for text in texts), pa.scalar("\n", pa.large_string()))
    absent = texts[0].is_null()
    for text in texts[1:]:
        absent = pc.and_(absent, text.is_null())
    return pc.if_else(absent, pa.scalar(None, pa.large_string()), joined)


def _flat(column: pa.Array) -> list[pa.Array]:
    if T.is_dictionary(column.type):
        return [column.dictionary_decode()]
    if T.is_struct(column.type):
        return [inner for child in column.flatten() for inner in _flat(child)]
    return [column]
