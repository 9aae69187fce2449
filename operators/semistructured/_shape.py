"""The schema that documents have without anybody having written it, and which documents fit it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.state import Product
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_paths import INTEGER, KINDS, NUMBER, OBJECT, STRING, Nodes, Step
from operators.kernels.json_syntax import check
from operators.semistructured._documents import MAX_DEPTH, NODES, NUMBERS, TEXTS, counts_of, paths_of, value_cells

FAULTS = ("not strict JSON", "unknown path", "other kind", "missing key", "other value", "out of range")
_ENUMERATED, _REPEATS = 16, 10
"""Strings are an enumeration where at most so many different ones stand at a path, each so often on average."""


@dataclass(frozen=True)
class Shape:
    """What documents have in common.

    Args:
        names: the paths by their hashes.
        kinds: the kinds of value at each path, as bits.
        required: the keys that every object at a path has, as paths' hashes.
        enumerations: the only cells of strings at a path.
        ranges: the least and the greatest bucket of numbers at a path.
    """

    names: Mapping[int, list[Step]]
    kinds: Mapping[int, int]
    required: Mapping[int, frozenset[int]]
    enumerations: Mapping[int, NDArray[np.int64]]
    ranges: Mapping[int, tuple[int, int]]


def shape_of(state: Product) -> Shape:
    """The shape of the documents of a state."""
    names, kinds = paths_of(state), state["kinds"]
    by_kind = [counts_of(kinds, NODES + kind) for kind in range(len(KINDS))]
    bits = {key: sum(1 << kind for kind, counts in enumerate(by_kind) if key in counts) for key in names}
    bits = {key: held | (1 << INTEGER if held >> NUMBER & 1 else 0) for key, held in bits.items()}
    keys = {tuple(path): key for key, path in names.items()}
    required = defaultdict(set)
    for key, path in names.items():
        holder = keys.get(tuple(path[:-1])) if path and isinstance(path[-1], str) else None
        if holder is not None and sum(counts.get(key, 0) for counts in by_kind) == by_kind[OBJECT].get(holder):
            required[holder].add(key)
    enumerations, ranges = _values(state)
    return Shape(names, bits, {key: frozenset(of) for key, of in required.items()}, enumerations, ranges)


def _values(state: Product) -> tuple[dict[int, NDArray[np.int64]], dict[int, tuple[int, int]]]:
    """Enumerations and ranges."""
    values = state["values"]
    crowded, enumerations, ranges = {*values.crowded.tolist()}, {}, {}
    edges = np.flatnonzero(np.r_[True, values.key[1:] != values.key[:-1], True]) if len(values.key) else np.arange(0)
    for start, stop in pairwise(edges.tolist()):
        key, cells, counts = int(values.key[start]), values.cell[start:stop], values.count[start:stop]
        if key in crowded:
            continue
        texts, numbers = cells % 3 == TEXTS, cells[cells % 3 == NUMBERS] // 3
        kinds = int(texts.sum())
        if 0 < kinds <= _ENUMERATED and counts[texts].sum() >= _REPEATS * kinds:
            enumerations[key] = cells[texts]
        if len(numbers):
            ranges[key] = int(numbers.min()), int(numbers.max())
    return enumerations, ranges


def misfits(shape: Shape, documents: list[str]) -> NDArray[np.bool_]:
    """(n, faults) what each document has against a shape, a column for each of `FAULTS`."""
    texts = strings(pa.array(documents, pa.string()))
    codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
    found, cut = json_paths.nodes(texts, codes == 0)
    faults = np.zeros((len(documents), len(FAULTS)), bool)
    faults[:, 0] = (codes != 0) | cut
    for at, nodes in enumerate(_bad_nodes(shape, found), 1):
        faults[found.row[nodes], at] = True
    return faults


def _bad_nodes(shape: Shape, found: Nodes) -> list[NDArray[np.bool_]]:
    """The values that break each rule after the first."""
    distinct, at = np.unique(found.path, return_inverse=True)
    keys = distinct.tolist()
    bits = np.array([shape.kinds.get(key, -1) for key in keys], np.int64)[at]
    unknown = bits < 0
    required = np.array([len(shape.required.get(key, ())) for key in keys], np.int64)[at]
    demanded = {key for of in shape.required.values() for key in of}
    given = np.array([key in demanded for key in keys], bool)[at] & (found.parent >= 0)
    had = np.bincount(found.parent[given], minlength=len(found.row))
    return [
        unknown,
        ~unknown & ((bits >> found.kind) & 1 == 0),
        (found.kind == OBJECT) & (had < required),
        *_bad_values(shape, found, keys, at),
    ]


def _bad_values(shape: Shape, found: Nodes, keys: list[int], at: NDArray[Any]) -> list[NDArray[np.bool_]]:
    cells = value_cells(found)
    other, out = np.zeros(len(at), bool), np.zeros(len(at), bool)
    for position, key in enumerate(keys):
        here = at == position if key in shape.enumerations or key in shape.ranges else None
        if here is None:
            continue
        if key in shape.enumerations:
            other |= here & (found.kind == STRING) & ~np.isin(cells, shape.enumerations[key])
        if key in shape.ranges:
            low, high = shape.ranges[key]
            numeric = (found.kind == INTEGER) | (found.kind == NUMBER)
            out |= here & numeric & ((cells // 3 < low) | (cells // 3 > high))
    return [other, out]


def json_schema(shape: Shape) -> dict[str, Any]:
    """The kinds, keys and required keys of a shape as JSON Schema (2020-12).

    >>> import pyarrow as pa
    >>> from operators.semistructured.path_coverage import PathCoverage
    >>> columns = {"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "json": ['{"a": 1, "b": [null]}', '{"a": 0.5}']}
    >>> json_schema(shape_of(PathCoverage().fold(pa.RecordBatch.from_pydict(columns))))["properties"]
    {'a': {'type': 'number'}, 'b': {'type': 'array', 'items': {'type': 'null'}}}
    """
    keys = {tuple(path): key for key, path in shape.names.items()}
    children: dict[tuple[Step, ...], list[Step]] = defaultdict(list)
    for path in sorted(keys, key=str):
        if path:
            children[path[:-1]].append(path[-1])

    def built(path: tuple[Step, ...]) -> dict[str, Any]:
        key = keys[path]
        kinds = [KINDS[kind] for kind in range(len(KINDS)) if shape.kinds[key] >> kind & 1]
        kinds = [kind for kind in kinds if kind != "integer" or "number" not in kinds]
        schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
        properties = [step for step in children[path] if isinstance(step, str)]
        if properties:
            schema["properties"] = {step: built((*path, step)) for step in properties}
        if needed := sorted(str(shape.names[one][-1]) for one in shape.required.get(key, ())):
            schema["required"] = needed
        if 0 in children[path]:
            schema["items"] = built((*path, 0))
        return schema

    return built(()) if () in keys else {}
