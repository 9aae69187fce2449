"""Conversations in the layouts people use (OpenAI, ShareGPT) as turns with a role and a content."""

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from engine.schema import MESSAGE

_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "function": "tool",
    "function_response": "tool",
}
_ROLE_KEYS, _CONTENT_KEYS, _CALL_KEYS = ("role", "from"), ("content", "value", "text"), ("tool_calls", "function_call")


def turns(value: Any) -> list[dict[str, str | None]] | None:
    """The turns of a conversation; None where the value is not a list (or the JSON text of one).

    A content that is a list of parts becomes their texts, a line each; a turn that only calls tools has the JSON of its calls.

    >>> turns([{"from": "human", "value": "Hi"}, {"role": "assistant", "content": [{"type": "text", "text": "Ho"}]}])
    [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Ho'}]
    """
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return [_turn(item) for item in value] if isinstance(value, list) else None


def _turn(item: Any) -> dict[str, str | None]:
    if not isinstance(item, dict):
        return {"role": None, "content": None if item is None else _text(item)}
    role, content, calls = (_first(item, keys) for keys in (_ROLE_KEYS, _CONTENT_KEYS, _CALL_KEYS))
    role = None if role is None else _text(role)
    if content is None:
        content = None if calls is None else _text(calls)
    return {"role": _ROLES.get(role, role) if role else role, "content": None if content is None else _content(content)}


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if item.get(key) is not None), None)


def _content(content: Any) -> str:
    if isinstance(content, list):
        texts = [
            part if isinstance(part, str) else _first(part, _CONTENT_KEYS) for part in content if isinstance(part, str | dict)
        ]
        return "\n".join(text for text in texts if isinstance(text, str))
    return _text(content)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def plain_turns(array: pa.Array) -> pa.Array | None:
    """Turns of a list of structs with one role and one content field of strings, without a Python object; else None."""
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)) or not pa.types.is_struct(
        array.type.value_type
    ):
        return None
    fields = {field.name: field.type for field in array.type.value_type}
    roles, contents = [k for k in _ROLE_KEYS if k in fields], [k for k in _CONTENT_KEYS if k in fields]
    textual = all(pa.types.is_string(fields[k]) or pa.types.is_large_string(fields[k]) for k in (*roles, *contents))
    if len(roles) != 1 or len(contents) != 1 or not textual or any(key in fields for key in _CALL_KEYS):
        return None
    items = array.flatten()
    role, content = (pc.struct_field(items, key).cast(pa.string()) for key in (roles[0], contents[0]))
    known = pc.take(pa.array(_ROLES.values()), pc.index_in(role, pa.array(_ROLES.keys())))
    values = pa.StructArray.from_arrays([pc.coalesce(known, role), content], fields=list(MESSAGE))
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, values, mask=array.is_null())
