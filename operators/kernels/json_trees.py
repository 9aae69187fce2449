"""What the values of JSON documents hold, as hashes that no order of keys and no spelling changes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.kernels.hashing import mix
from operators.kernels.json_paths import ARRAY, OBJECT, Nodes

_KIND, _PLACE = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


def contents(found: Nodes) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """For each value a hash of its path and all it holds, and how many scalars that are.

    Objects are equal with their keys in another order, arrays are not with their elements. Numbers are equal where their
    float64 is, as RFC 8785 has it. At one path equal hashes mean equal values, but for a chance of n**2 / 2**65.

    >>> from operators.kernels import json_paths
    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> texts = strings(pa.array(['{"a": [1, 2], "b": null}', '{"b": null, "a": [1.0, 2e0]}', '{"a": [2, 1], "b": null}']))
    >>> hashes, scalars = contents(json_paths.nodes(texts, np.ones(3, bool))[0])
    >>> bool(hashes[0] == hashes[5]), bool(hashes[0] == hashes[10]), scalars[[0, 1]].tolist()
    (True, False, [3, 2])
    """
    n = len(found.kind)
    inner = (found.kind == OBJECT) | (found.kind == ARRAY)
    value = (found.number + 0.0).view(np.uint64) ^ found.text  # no -0.0
    hashes = mix(mix(found.kind.astype(np.uint64) + _KIND) ^ np.where(inner, np.uint64(0), value))
    scalars = np.where(inner, 0, 1)
    place = _among_siblings(found)
    for nodes in reversed(_levels(found)[1:]):
        hashes[nodes] = mix(hashes[nodes] + found.path[nodes])
        ordered = found.kind[found.parent[nodes]] == ARRAY
        each = mix(hashes[nodes] ^ np.where(ordered, place[nodes] * _PLACE, np.uint64(0)))
        np.add.at(hashes, found.parent[nodes], each)
        np.add.at(scalars, found.parent[nodes], scalars[nodes])
    top = found.parent < 0
    hashes[top] = mix(hashes[top] + found.path[top])
    return hashes, scalars if n else np.empty(0, np.int64)


def _levels(found: Nodes) -> list[NDArray[np.int64]]:
    """The values by how deep they are."""
    nodes = np.flatnonzero(found.parent < 0)
    levels: list[NDArray[np.int64]] = []
    below = np.flatnonzero(found.parent >= 0)
    above = np.zeros(len(found.parent), bool)
    while len(nodes) or not levels:
        levels.append(nodes)
        above[:] = False
        above[nodes] = True
        mine = above[found.parent[below]]
        nodes, below = below[mine], below[~mine]
    return levels


def _among_siblings(found: Nodes) -> NDArray[Any]:
    """One more than how many values stand before each in its object or array."""
    order = np.argsort(found.parent, kind="stable")
    sorted_parents = found.parent[order]
    starts = np.searchsorted(sorted_parents, sorted_parents)
    place = np.empty(len(order), np.uint64)
    place[order] = (np.arange(len(order)) - starts + 1).astype(np.uint64)
    return place
