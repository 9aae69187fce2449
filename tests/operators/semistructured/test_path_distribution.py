"""Path distributions beside scipy over parsed documents."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp

from operators.semistructured.path_distribution import PathDistribution
from tests.operators.semistructured.paths_given import DOCUMENTS, HOSTILE, SHARED, kind_of, readable, state_of, walk


def expected_divergence(subject, reference):
    sides = []
    for documents in (subject, reference):
        pairs = Counter()
        for text in documents:
            pairs.update({(path, kind_of(value)) for path, value in walk(json.loads(text))})
        sides.append(pairs)
    every = sorted({*sides[0], *sides[1]}, key=str)
    return jensenshannon(*([side[pair] for pair in every] for side in sides), base=2) ** 2


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_the_divergence_is_scipys(subject, reference):
    if readable(subject) and readable(reference):
        value = PathDistribution().compare(state_of(subject), state_of(reference))
        assert value.value == pytest.approx(expected_divergence(subject, reference), abs=1e-9)


def test_null_absent_and_another_type_are_three_things():
    real = ['{"a": 1, "b": 2}'] * 4
    made = {
        "null": ['{"a": 1, "b": null}'] * 4,
        "absent": ['{"a": 1}'] * 4,
        "text": ['{"a": 1, "b": "2"}'] * 4,
    }
    for documents in made.values():
        assert PathDistribution().compare(state_of(documents), state_of(real)).value > 0.1
    value = PathDistribution().compare(state_of(made["null"]), state_of(made["absent"]))
    assert value.value > 0.1
    assert value.parts["presence of $.b"].value == 1.0
    assert value.parts["presence"].value == pytest.approx(1 / 3)


def test_values_at_a_path():
    random = np.random.default_rng(3)
    a, b = random.normal(10, 1, 500), random.normal(11, 2, 500)
    sides = [[json.dumps({"x": x, "ok": bool(x > 11), "s": "ab"[int(x) % 2]}) for x in side.tolist()] for side in (a, b)]
    parts = PathDistribution().compare(*map(state_of, sides)).parts
    assert parts["values at $.x"].value == pytest.approx(ks_2samp(a, b).statistic, abs=0.03)
    assert parts["values at $.ok"].value == pytest.approx(abs((a > 11).mean() - (b > 11).mean()))
    odd = [(side.astype(int) % 2).mean() for side in (a, b)]
    assert parts["values at $.s"].value == pytest.approx(abs(odd[0] - odd[1]))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_halves_of_real_documents_are_nearer_than_other_documents():
    records = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((SHARED / "maskbench").glob("*.json"))]
    schemas, instances = (
        [json.dumps(r["schema"]) for r in records],
        [json.dumps(t["data"]) for r in records for t in r["tests"]],
    )
    halves = PathDistribution().compare(state_of(schemas[::2]), state_of(schemas[1::2])).value
    others = PathDistribution().compare(state_of(instances), state_of(schemas)).value
    assert halves < others
    assert PathDistribution().compare(state_of(schemas), state_of(schemas)).value == 0.0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_documents(text):
    state = state_of([text, "1"])
    value = PathDistribution().compare(state, state)
    assert value.value == 0.0
    assert value.skipped == ({"too many values": 1} if text.count(",") > 200_000 else {})
