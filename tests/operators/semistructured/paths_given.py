"""Documents for tests of paths, and the walk over parsed ones."""

import json
from pathlib import Path

import pyarrow as pa
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check
from operators.semistructured.path_distribution import PathDistribution

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "semi"
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.lists(VALUES.map(json.dumps), min_size=1, max_size=8)
HOSTILE = [
    "[" * 100 + "]" * 100,
    '{"a":' * 100 + "1" + "}" * 100,
    "[" + "1," * 300_000 + "1]",
    json.dumps({"k" * 50_000: "v" * 50_000}),
    json.dumps({f"k{at}": {} for at in range(20_000)}),
]


def state_of(documents, metric=None):
    size = len(documents)
    columns = {"_id": range(size), "_fault": pa.nulls(size, pa.string()), "json": pa.array(documents, pa.string())}
    return (metric or PathDistribution()).fold(pa.RecordBatch.from_pydict(columns))


def kind_of(value):
    for name, types in (("null", type(None)), ("boolean", bool), ("string", str), ("object", dict), ("array", list)):
        if isinstance(value, types):
            return name
    return "integer" if value == int(value) else "number"


def walk(value, path=()):
    yield path, value
    children = value.items() if isinstance(value, dict) else ((0, item) for item in value) if isinstance(value, list) else ()
    for step, child in children:
        yield from walk(child, (*path, step))


def readable(documents):
    texts = strings(pa.array(documents))
    return bool((check(texts.offsets, texts.data, 128)[0] == 0).all())
