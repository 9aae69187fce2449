"""Classes of documents: learnt where the subject's are right, from keys, numbers or strings, and not where shuffled."""

import json

import numpy as np
import pyarrow as pa
import pytest

from operators.kernels.buffers import strings
from operators.semistructured.document_classification import DocumentClassification, flattened


def measure(mine, theirs, **parameters):
    metric = DocumentClassification(**parameters)
    states = []
    for documents, labels in (mine, theirs):
        texts = [one if isinstance(one, str | None) else json.dumps(one) for one in documents]
        columns = {"json": pa.array(texts, pa.string()), "label": pa.array(labels, pa.string())}
        states.append(metric.fold(pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), **columns})))
    return metric.compare(*states)


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def calls(seed, n=240):
    """Calls of tools; what is right depends on an argument."""
    draw = np.random.default_rng(seed)
    documents, labels = [], []
    for _ in range(n):
        kind = int(draw.integers(3))
        city, amount = f"city {draw.integers(10**6)}", int(draw.integers(1, 100)) * (100 if kind == 1 else 1)
        arguments = {"city": city, "unit": draw.choice(["C", "F"])} if kind == 0 else {"amount": amount, "to": city}
        documents.append({"name": f"call {draw.integers(10**6)}", "arguments": arguments})
        labels.append(("weather", "large payment", "small payment")[kind])
    return documents, labels


def test_right_labels_teach_and_shuffled_ones_do_not():
    reference, good = calls(1), calls(2)
    shuffled = np.random.default_rng(3).permutation(good[1]).tolist()
    right, wrong = measure(good, reference), measure((good[0], shuffled), reference)
    assert right.value > 0.9
    assert parts(right)["real"] > 0.9
    assert wrong.high < right.low
    assert parts(wrong)["lift"] < 0.5
    assert parts(right)["chance"] == pytest.approx(1 / 3)


def test_strings_are_seen_at_their_path():
    def said(seed):
        draw = np.random.default_rng(seed)
        pairs = [(str(draw.choice(["a", "b"])), str(draw.choice(["a", "b"]))) for _ in range(80)]
        return [{"first": x, "second": y, "id": at} for at, (x, y) in enumerate(pairs)], [x for x, _ in pairs]

    assert measure(said(1), said(2)).value > 0.95


def test_a_document_is_flattened_into_what_it_has():
    document = {"a": [1, 2.5], "b": {"a": "x", "c": None}, "d": True, "e": -3}
    cells, amounts = flattened(strings(pa.array([json.dumps(document)])))
    kinds, numbers, texts = (amounts[(cells >= 256 * at) & (cells < 256 * (at + 1))].tolist() for at in range(3))
    # the root, a, a's elements as an integer and a number, b, b.a, b.c, d, e
    assert sum(kinds) == 9
    assert sorted(numbers) == [-3.0, 1.0, 3.5]
    assert texts == [1.0]
    reordered = dict(reversed(document.items()))
    assert np.array_equal(flattened(strings(pa.array([json.dumps(reordered, indent=1)])))[0], cells)


def test_what_cannot_be_told():
    documents, labels = calls(1, 30)
    assert "subject has fewer than two classes" in measure((documents, ["x"] * 30), calls(2)).reason
    assert "reference's one half" in measure((documents, labels), (documents, ["x"] * 30)).reason
    odd = ['{"a": 1, "a": 2}', None, json.dumps("x" * 70_000), documents[0]]
    value = measure(([*odd, *documents], ["weather", "weather", "weather", None, *labels]), calls(2))
    assert value.skipped == {"not strict JSON": 1, "no document": 1, "too long": 1, "no label": 1}


def test_numbers_beyond_what_trees_hold_are_no_crash():
    documents = [{"a": value, "b": at} for at, value in enumerate((1e308, -1e308, 1e-320, 5, 7, 1e300) * 5)]
    assert measure((documents, ["x", "y"] * 15), (documents, ["x", "y"] * 15)).value is not None
