"""Arrow arrays as the numpy arrays that kernels walk over, without copying the data."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


class Strings(NamedTuple):
    """``n`` byte strings: string ``i`` is ``data[offsets[i]:offsets[i + 1]]``, and means something where ``valid[i]``."""

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]
    valid: NDArray[np.bool_]


class Lists(NamedTuple):
    """``n`` lists: list ``i`` has the children ``offsets[i]`` to ``offsets[i + 1]`` and means something where ``valid[i]``."""

    offsets: NDArray[np.int64]
    valid: NDArray[np.bool_]


def strings(array: pa.Array) -> Strings:
    """The buffers of a string or binary array (large ones and slices too). Null strings are empty.

    >>> strings(pa.array(["ab", None, "c"])).offsets.tolist()
    [0, 2, 2, 3]
    """
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    if not wide and not (pa.types.is_string(array.type) or pa.types.is_binary(array.type)):
        raise TypeError(f"expected strings or bytes, got {array.type}")
    _, offsets, data = array.buffers()
    return Strings(_offsets(array, offsets, wide), _bytes(data), valid_mask(array))


def lists(array: pa.Array) -> Lists:
    """The offsets of a list array into ``array.values`` (not ``array.flatten()``, which drops what nulls cover)."""
    _, offsets = array.buffers()[:2]
    return Lists(_offsets(array, offsets, pa.types.is_large_list(array.type)), valid_mask(array))


def valid_mask(array: pa.Array) -> NDArray[np.bool_]:
    """True where the array is not null.

    >>> valid_mask(pa.array([1, None])).tolist()
    [True, False]
    """
    if array.null_count == 0:
        return np.ones(len(array), np.bool_)
    mask: NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return mask


def _offsets(array: pa.Array, buffer: pa.Buffer | None, wide: bool) -> NDArray[np.int64]:
    if buffer is None or len(array) == 0:
        return np.zeros(len(array) + 1, np.int64)
    dtype = np.int64 if wide else np.int32
    return np.frombuffer(buffer, dtype)[array.offset : array.offset + len(array) + 1].astype(np.int64)


def _bytes(buffer: pa.Buffer | None) -> NDArray[np.uint8]:
    return np.empty(0, np.uint8) if buffer is None else np.frombuffer(buffer, np.uint8)
