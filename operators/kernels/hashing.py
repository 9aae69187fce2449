"""128-bit content hashes of Arrow arrays of any type, in numba over their buffers.

The same values on every machine and version: MurmurHash3 x64 128 (Appleby 2011) of the bytes, folded over children for nested
types. At n records two different ones share a hash with probability n**2 / 2**129: 1.5e-21 at a billion. Murmur is no
defence against someone who builds collisions on purpose; equal hashes of hostile data prove nothing.
"""

from typing import Any

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.buffers import lists, strings, valid_mask

_NULL = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
C1, C2 = np.uint64(0x87C37B91114253D5), np.uint64(0x4CF5AD432745937F)


@nb.njit(inline="always")
def rotl(x: Any, r: Any) -> Any:
    """``x`` with its bits rotated left by ``r``."""
    return (x << np.uint64(r)) | (x >> np.uint64(64 - r))


@nb.njit(inline="always")
def mix(k: Any) -> Any:
    """Murmur3's finaliser: every bit of ``k`` reaches every bit of the result."""
    k ^= k >> np.uint64(33)
    k *= np.uint64(0xFF51AFD7ED558CCD)
    k ^= k >> np.uint64(33)
    k *= np.uint64(0xC4CEB9FE1A85EC53)
    return k ^ (k >> np.uint64(33))


@nb.njit(inline="always")
def word_at(data: Any, at: Any) -> Any:
    """The eight bytes at ``at``, little-endian: one load, since an unsigned index cannot count from the end."""
    i = np.uint64(at)
    return (
        np.uint64(data[i])
        | np.uint64(data[i + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[i + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[i + np.uint64(3)]) << np.uint64(24)
        | np.uint64(data[i + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[i + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[i + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[i + np.uint64(7)]) << np.uint64(56)
    )


@nb.njit(inline="always")
def _tail(data: Any, start: Any, stop: Any) -> Any:
    word = np.uint64(0)
    for at in range(stop - 1, start - 1, -1):
        word = word << np.uint64(8) | np.uint64(data[at])
    return word


@nb.njit(nogil=True, cache=True)
def murmur3(data: Any, start: Any, stop: Any) -> Any:
    """MurmurHash3 x64 128, seed 0, of ``data[start:stop]``: two uint64."""
    h1 = h2 = np.uint64(0)
    at = start
    while at + 16 <= stop:
        h1 ^= rotl(word_at(data, at) * C1, 31) * C2
        h1 = (rotl(h1, 27) + h2) * np.uint64(5) + np.uint64(0x52DCE729)
        h2 ^= rotl(word_at(data, at + 8) * C2, 33) * C1
        h2 = (rotl(h2, 31) + h1) * np.uint64(5) + np.uint64(0x38495AB5)
        at += 16
    if stop - at > 8:
        h2 ^= rotl(_tail(data, at + 8, stop) * C2, 33) * C1
    if stop > at:
        h1 ^= rotl(_tail(data, at, min(stop, at + 8)) * C1, 31) * C2
    size = np.uint64(stop - start)
    h1 ^= size
    h2 ^= size
    h1 += h2
    h2 += h1
    h1 = mix(h1)
    h2 = mix(h2)
    h1 += h2
    return h1, h2 + h1


@nb.njit(nogil=True, cache=True)
def _hash_strings(offsets: Any, data: Any) -> Any:
    out = np.empty((len(offsets) - 1, 2), np.uint64)
    for i in range(len(offsets) - 1):
        out[i, 0], out[i, 1] = murmur3(data, offsets[i], offsets[i + 1])
    return out


@nb.njit(nogil=True, cache=True)
def _fold_lists(offsets: Any, children: Any) -> Any:
    out = np.empty((len(offsets) - 1, 2), np.uint64)
    for i in range(len(offsets) - 1):
        a, b = np.uint64(offsets[i + 1] - offsets[i]) + C1, C2
        for at in range(offsets[i], offsets[i + 1]):
            a = mix(a ^ children[at, 0]) + b
            b = mix(b ^ children[at, 1]) + a
        out[i, 0], out[i, 1] = a, b
    return out


def hash_array(array: pa.Array) -> NDArray[np.uint64]:
    """(n, 2) content hashes. Equal values hash alike whatever the width of their type (int32 3, int64 3, float 3.0; string
    and large string; dictionary and plain); null hashes unlike any value.

    >>> hash_array(pa.array([3], pa.int8())).tolist() == hash_array(pa.array([3.0])).tolist()
    True
    >>> len({tuple(h) for h in hash_array(pa.array(["a", "b", None, ""])).tolist()})
    4
    """
    hashes = _hash_values(array)
    hashes[~valid_mask(array)] = _NULL
    return hashes


def _hash_values(array: pa.Array) -> NDArray[np.uint64]:
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _hash_values(array.storage)
    if pa.types.is_dictionary(kind):
        return _hash_values(array.dictionary_decode())
    if pa.types.is_struct(kind):
        return _hash_struct(array)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        folded: NDArray[np.uint64] = _fold_lists(lists(array).offsets, hash_array(array.values))
        return folded
    if pa.types.is_fixed_size_list(kind) or pa.types.is_map(kind):
        return _hash_values(array.cast(pa.list_(kind.value_type)) if not pa.types.is_map(kind) else _map_as_list(array))
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_null(kind):
        return _hash_numbers(array)
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return _hash_values(array.cast(pa.string()))
    if pa.types.is_fixed_size_binary(kind):
        array = array.cast(pa.binary())
    elif pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        array = array.cast(pa.large_string() if pa.types.is_string_view(kind) else pa.large_binary())
    view = strings(array)
    hashed: NDArray[np.uint64] = _hash_strings(view.offsets, view.data)
    return hashed


def _hash_numbers(array: pa.Array) -> NDArray[np.uint64]:
    """Through eight bytes each: an int64 where the number is whole, else the float64's bits."""
    if pa.types.is_floating(array.type):
        floats = array.cast(pa.float64()).fill_null(0.5).to_numpy(zero_copy_only=False)
        whole = (np.abs(floats) < 2.0**63) & (floats == np.floor(floats))
        bits = np.where(whole, np.where(whole, floats, 0).astype(np.int64), floats.view(np.int64))
    elif pa.types.is_uint64(array.type):
        bits = array.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    elif pa.types.is_null(array.type):
        bits = np.zeros(len(array), np.int64)
    else:
        bits = pc.cast(array, pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    offsets = np.arange(len(bits) + 1, dtype=np.int64) * 8
    hashed: NDArray[np.uint64] = _hash_strings(offsets, np.ascontiguousarray(bits).view(np.uint8))
    return hashed


def _hash_struct(array: pa.StructArray) -> NDArray[np.uint64]:
    """Fields in order of name, so that the order of columns in a file does not matter."""
    names = sorted(field.name for field in array.type)
    columns = np.stack([hash_array(child) for child in map(array.field, names)], axis=1) if names else np.empty((0, 0, 2))
    offsets = np.arange(len(array) + 1, dtype=np.int64) * len(names)
    folded: NDArray[np.uint64] = _fold_lists(offsets, columns.reshape(-1, 2).astype(np.uint64))
    return folded


def _map_as_list(array: pa.MapArray) -> pa.Array:
    items = pa.StructArray.from_arrays([array.keys, array.items], names=["key", "value"])
    return pa.ListArray.from_arrays(pa.array(lists(array).offsets, pa.int32()), items)
