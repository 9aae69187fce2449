"""JSON texts of a column as values, within bounds."""

from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check

MAX_DEPTH, MOST_BYTES = 64, 16 << 20


def documents(column: pa.Array) -> list[Any]:
    """The values; None for null and for what is not strict JSON of at most 64 levels and 16 MiB.

    >>> documents(pa.array(['{"a": [1]}', "{", None]))
    [{'a': [1]}, None, None]
    """
    view = strings(column)
    wrong, _ = check(view.offsets, view.data, MAX_DEPTH)
    readable = view.valid & (wrong == 0) & (np.diff(view.offsets) <= MOST_BYTES)
    found: list[Any] = [None] * len(column)
    for row in np.flatnonzero(readable).tolist():
        found[row] = _parsed(view.data[view.offsets[row] : view.offsets[row + 1]].tobytes())
    return found


def _parsed(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:  # what strict JSON allows and orjson does not hold, such as 1e999
        return None
