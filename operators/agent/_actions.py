"""The names of the tools that records call, as columns."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.hashing import hash_array


def action_names(calls: pa.Array) -> tuple[pa.Array, NDArray[np.int64]]:
    """The names of all calls that have one, in order, and the (records + 1,) offsets of each record's.

    >>> calls = [[{"name": "f"}, {"name": None}, {"name": "g"}], None, [{"name": "f"}]]
    >>> names, offsets = action_names(pa.array(calls))
    >>> names.to_pylist(), offsets.tolist()
    (['f', 'g', 'f'], [0, 2, 2, 3])
    """
    flat, rows = pc.list_flatten(calls), pc.list_parent_indices(calls)
    names = pc.struct_field(flat, "name") if len(flat) else pa.nulls(0, pa.string())
    named = names.is_valid()
    counts = np.bincount(rows.filter(named).to_numpy(zero_copy_only=False).astype(np.int64), minlength=len(calls))
    return names.filter(named), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def action_hashes(names: pa.Array) -> NDArray[np.uint64]:
    """A hash of each name."""
    return hash_array(names)[:, 0] if len(names) else np.empty(0, np.uint64)
