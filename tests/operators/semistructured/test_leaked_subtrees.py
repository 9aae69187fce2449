"""Repeated parts of documents beside sets of canonical texts, and planted ones."""

import json

import numpy as np
import pyarrow as pa
import pytest
import rfc8785

from operators.semistructured.leaked_subtrees import LeakedSubtrees
from tests.operators.kernels.test_json_trees import subtrees


def measure(mine, theirs, held=None, **parameters):
    metric = LeakedSubtrees(**parameters)

    def folded(side):
        texts = [one if isinstance(one, str | None) else json.dumps(one) for one in side]
        return metric.fold(pa.RecordBatch.from_pydict({"json": pa.array(texts, pa.string())}))

    return metric.compare(*(None if side is None else folded(side) for side in (mine, theirs, held)))


def orders(seed, n=60):
    draw = np.random.default_rng(seed)

    def address():
        return {"street": f"street {draw.integers(40)}", "number": int(draw.integers(9)), "town": str(draw.choice(["A", "B"]))}

    return [
        {"id": int(draw.integers(10**9)), "to": address(), "lines": [{"item": int(draw.integers(30)), "n": 1, "x": 2}]}
        for _ in range(n)
    ]


@pytest.mark.parametrize("least", [1, 2, 3, 5])
def test_it_is_the_definition(least):
    mine, theirs = orders(1), orders(2)
    sides = []
    for side in (mine, theirs):
        found = [one for document in side for one in subtrees(document)]
        sides.append({(path, text) for path, text, n in found if n >= least and text[:1] in (b"{", b"[")})
    common = len(sides[0] & sides[1])
    value = measure(mine, theirs, least=least)
    assert (value.value, value.n) == (common / len(sides[1]), len(sides[1]))
    assert least > 3 or common > 0


def test_planted_parts_are_found_and_the_holdout_tells_them_from_what_is_common():
    reference, holdout, own = orders(1, 300), orders(2, 300), orders(3, 300)
    planted = [{**document, "to": dict(reversed(reference[at]["to"].items()))} for at, document in enumerate(own[:100])]
    copied = [json.dumps(document, indent=1) for document in reference[:60]]
    fair, leaks = measure(own, reference, holdout), measure([*planted, *copied], reference, holdout)
    assert fair.parts["excess"].low < 0 < fair.parts["excess"].high
    assert leaks.parts["excess"].low > 0.05
    assert measure(own, reference).parts == {}


def test_what_is_not_read():
    value = measure([None, "{", '{"a": 1, "a": 2}', [1, 2, 3]], [[1, 2, 3.0]])
    assert (value.value, value.skipped) == (1, {"no document": 1, "not strict JSON": 2})
    assert measure(["[1]"], [[1, 2, 3]]).reason == "the subject has no object or array of 3 scalars"
    assert rfc8785.dumps([1, 2, 3.0]) == b"[1,2,3]"
