"""States to JSON and back: what a killed audit resumes from, and never a pickle."""

import base64
from dataclasses import fields
from typing import Any, ClassVar, Self

import numpy as np

_DTYPES = {"<i8", "<u8", "<f8", "|u1", "<i4", "<u4", "<f2"}


class State:
    """The base of all states. A subclass is a frozen dataclass whose fields are ints, floats, strings, None, arrays,
    states, or tuples and string-keyed dicts of these.

    Subclasses define ``__add__`` so that ``a + b == b + a``, ``(a + b) + c == a + (b + c)`` and, with ``zero`` the state
    of no records at the same parameters, ``a + zero == a``.
    """

    _known: ClassVar[dict[str, type["State"]]] = {}

    def __init_subclass__(cls) -> None:
        State._known[cls.__name__] = cls

    def __add__(self, other: Self) -> Self:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and encode(self) == encode(other)

    def __hash__(self) -> int:
        return hash(str(encode(self)))


def encode(state: State) -> dict[str, Any]:
    """A JSON object that `decode` turns into an equal state.

    >>> from engine.state import Ratio
    >>> encode(Ratio(1, 4))
    {'kind': 'Ratio', 'hits': 1, 'n': 4}
    """
    return {"kind": type(state).__name__, **{f.name: _encode(getattr(state, f.name)) for f in fields(state)}}  # type: ignore[arg-type]


def decode(document: dict[str, Any]) -> State:
    """The state that `encode` made ``document`` from.

    >>> from engine.state import Ratio
    >>> decode(encode(Ratio(1, 4)))
    Ratio(hits=1, n=4)
    """
    return State._known[document["kind"]](**{k: _decode(v) for k, v in document.items() if k != "kind"})


def _encode(value: Any) -> Any:
    if isinstance(value, State):
        return encode(value)
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.str, "shape": list(value.shape), "data": base64.b64encode(value.tobytes()).decode()}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {"map": {key: _encode(value[key]) for key in sorted(value)}}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 63:
        return {"int": hex(value)}
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_decode(item) for item in value)
    if not isinstance(value, dict):
        return value
    if "kind" in value:
        return decode(value)
    if "map" in value:
        return {key: _decode(item) for key, item in value["map"].items()}
    if "int" in value:
        return int(value["int"], 16)
    if value["dtype"] not in _DTYPES:
        raise ValueError(f"a stored state holds an array of dtype {value['dtype']}, which no state has")
    return np.frombuffer(base64.b64decode(value["data"]), dtype=value["dtype"]).reshape(value["shape"])
