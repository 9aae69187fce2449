"""Columns of vectors as matrices."""

from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import valid_mask

T = TypeVar("T", np.float32, np.float64)

_BLOCK = 512
LARGEST = 65_504.0
"""The largest float16."""
VECTOR = pa.list_(pa.float16())
"""The type of a column of embeddings: null where a record has none, else as many numbers in every row."""


def matrix(column: pa.Array) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The vectors of a column.

    Args:
        column: (n,) of `VECTOR`.

    Returns:
        (m, d) the vectors of the rows that have one, in order, and (n,) which rows these are.

    Raises:
        ValueError: when rows differ in their number of dimensions.

    >>> column = pa.array([np.float16([3, 4]), None], VECTOR)
    >>> [part.tolist() for part in matrix(column)]
    [[[3.0, 4.0]], [True, False]]
    """
    valid: NDArray[np.bool_] = valid_mask(column)
    present = column if valid.all() else column.filter(pa.array(valid))
    flat = present.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    rows = len(present)
    wide, rest = divmod(len(flat), rows) if rows else (0, 0)
    if rest or (rows and np.any(np.diff(present.offsets.to_numpy()) != wide)):
        raise ValueError("the vectors of a column differ in their number of dimensions")
    return flat.reshape(rows, wide), valid


def column(vectors: NDArray[Any], valid: NDArray[np.bool_]) -> pa.Array:
    """The column of vectors: `matrix` the other way round.

    >>> column(np.float32([[3, 4]]), np.array([True, False])).to_pylist()
    [[3.0, 4.0], None]
    """
    lengths = np.where(valid, vectors.shape[1], 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    flat = pa.array(np.ascontiguousarray(vectors, np.float16).reshape(-1))
    return pa.ListArray.from_arrays(pa.array(offsets), flat, mask=pa.array(~valid))


def unit(vectors: NDArray[T]) -> NDArray[T]:
    """The vectors at length one, as exact as they are given; a vector of zeros stays as it is.

    >>> unit(np.float32([[3, 4], [0, 0]])).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    out = np.empty_like(vectors)
    for start in range(0, len(vectors), _BLOCK):  # what fits a cache
        part = vectors[start : start + _BLOCK].astype(np.float64)
        lengths = np.sqrt(np.einsum("ij,ij->i", part, part))
        out[start : start + _BLOCK] = part / np.where(lengths > 0, lengths, 1)[:, None]
    return out


def finished(vectors: NDArray[np.float32], normalise: bool) -> NDArray[np.float32]:
    """An encoder's vectors as they are kept.

    Raises:
        ValueError: for numbers that float16 does not hold.
    """
    vectors = unit(vectors) if normalise else vectors
    if vectors.size and np.abs(vectors).max() > LARGEST:
        raise ValueError("the encoder's numbers are too large for float16; set normalise = true")
    return vectors
