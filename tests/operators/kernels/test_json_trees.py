"""Hashes of what values hold, beside canonical texts."""

import json

import numpy as np
import pyarrow as pa
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_trees import contents

SCALARS = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, -0.0, 1e300, 2.0]) | st.sampled_from("ab\u00e9")
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "\u00e9"]), inner, max_size=3),
)


def subtrees(value, path=()):
    """(path, canonical text, scalars) of all values."""
    children = value.items() if isinstance(value, dict) else ((0, one) for one in value) if isinstance(value, list) else None
    below = [one for step, child in children or () for one in subtrees(child, (*path, step))]
    scalars = 1 if children is None else sum(n for at, _, n in below if len(at) == len(path) + 1)
    return [(path, rfc8785.dumps(value), scalars), *below]


def hashed(texts):
    found, _ = json_paths.nodes(strings(pa.array(texts, pa.string())), np.ones(len(texts), bool))
    return found, *contents(found)


@settings(max_examples=150, deadline=None)
@given(st.lists(VALUES, max_size=4), st.randoms())
def test_equal_hashes_are_equal_canonical_texts(values, random):
    def written(value):
        if isinstance(value, dict):
            keys = random.sample(sorted(value), len(value))
            return "{" + ", ".join(f"{json.dumps(key)}:{written(value[key])}" for key in keys) + "}"
        if isinstance(value, list):
            return "[" + " , ".join(map(written, value)) + "]"
        return json.dumps(value, ensure_ascii=random.random() < 0.5)

    texts = [written(value) for value in values] * 2
    _, hashes, scalars = hashed(texts)
    expected = [one for value in values for one in subtrees(value)] * 2
    # both walk in the order of the text, which the shuffled keys change: compare as sets
    assert len(hashes) == len(expected)
    assert len(set(hashes.tolist())) == len({(path, text) for path, text, _ in expected})
    assert sorted(scalars.tolist()) == sorted(n for _, _, n in expected)


def test_of_no_document():
    _, hashes, scalars = hashed([])
    assert (len(hashes), len(scalars)) == (0, 0)


def test_deep_documents():
    depth = 127
    texts = ["[" * depth + "1" + "]" * depth, "[" * depth + "1.0" + "]" * depth, "[" * depth + "2" + "]" * depth]
    found, hashes, _ = hashed(texts)
    one, same, other = hashes[found.parent < 0].tolist()
    assert one == same != other
