"""Vectors of documents: what they see and what not, and what follows from them in an audit."""

import json

import numpy as np
import pyarrow as pa
import pytest

from engine.errors import PlanError
from operators.features.document_embedding import DocumentEmbedding
from operators.kernels.vectors import matrix
from tests.operators.features.structures_given import audited


def vectors(texts, of="values", d=2048):
    return matrix(DocumentEmbedding(of, d).open()(pa.RecordBatch.from_pydict({"json": texts}))["embedding"])


def cosine(one, other, of="values"):
    found, _ = vectors([json.dumps(one), json.dumps(other)], of)
    return float(found[0] @ found[1])


def test_cosines_are_those_of_the_counts():
    """By hand: {"a": 1, "b": [x, y]} has its own kind, a's, b's, two of b's elements, and three values."""
    one, other = {"a": True, "b": ["x", "y"]}, {"a": True, "b": ["x", "z"]}
    assert abs(cosine(one, other) - (1 + 1 + 1 + 4 + 1 + 1) / (1 + 1 + 1 + 4 + 1 + 1 + 1)) < 0.03
    assert abs(cosine(one, {"a": True}) - (1 + 1 + 1) / np.sqrt(10 * 3)) < 0.04
    assert abs(cosine(one, {"a": None}, "paths") - 1 / np.sqrt(7 * 2)) < 0.04


def test_near_numbers_are_nearer_than_far_ones():
    far, near, same = (cosine({"a": 100.5, "b": 1}, {"a": other, "b": 1}) for other in (-5.5, 104.5, 100.51))
    assert far < near < same
    assert cosine({"a": 1}, {"a": 2}, "paths") > 0.999


def test_spelling_and_order_change_nothing_and_what_is_no_document_has_none():
    texts = ['{"a": 1.50, "b": [1, "\\u0078"]}', '{"b":["x",1e0],"a":15e-1}', '{"a": 1, "a": 2}', None, "3"]
    found, valid = vectors(texts)
    assert valid.tolist() == [True, True, False, False, True]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[2], vectors(["3"])[0][0])


def people(seed, n):
    draw = np.random.default_rng(seed)
    return [
        json.dumps(
            {"id": int(draw.integers(10**6)), "name": f"n{draw.integers(10**6)}", "tags": draw.integers(90, size=3).tolist()}
        )
        for _ in range(n)
    ]


def test_planted_documents_are_found_out(tmp_path):
    reference, holdout, fresh = people(1, 60), people(2, 60), people(3, 120)
    shuffled = [json.dumps(dict(reversed(json.loads(text).items()))) for text in reference]
    for folder, subject in (("fair", fresh), ("leaks", shuffled + fresh[:60])):
        (tmp_path / folder).mkdir()
        sides = {"subject": subject, "reference": reference, "holdout": holdout}
        found = audited(tmp_path / folder, "json", sides, '[features.document_embedding]\nof = "values"\n')
        assert all(value.value is not None for value in found.values()), {n: v.reason for n, v in found.items()}
        if folder == "fair":
            assert found["dcr_share"].low < 0.5 < found["dcr_share"].high
            assert found["membership_inference"].low < 0.5 < found["membership_inference"].high
        else:
            assert found["dcr_share"].low > 0.6
            assert found["membership_inference"].value > 0.95


def test_the_plan_must_say_what_is_seen(tmp_path):
    with pytest.raises(PlanError, match='of = "paths" or "values"'):
        audited(tmp_path, "json", {"subject": people(1, 3)}, "[features.document_embedding]\n", ("vendi_score",))


def test_planted_near_duplicates_are_counted(tmp_path):
    """A fifth are earlier ones with their keys in another order and one value changed, which no hash of the whole sees."""
    fresh, near = people(5, 80), []
    for text in fresh[:20]:
        document = dict(reversed(json.loads(text).items()))
        near.append(json.dumps({**document, "id": document["id"] + 1}))
    feature = '[features.document_embedding]\nof = "values"\n'
    metrics = ("semantic_duplicates", "exact_duplicates", "vendi_score")
    found = audited(tmp_path, "json", {"subject": fresh + near}, feature, metrics)
    assert found["exact_duplicates"].value == 0
    assert found["semantic_duplicates"].value == 0.4  # both of a pair have the other
