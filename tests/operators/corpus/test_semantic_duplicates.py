"""Shares of records with a near one, counted by hand."""

import pyarrow as pa
import pytest

from operators.corpus.semantic_duplicates import SemanticDuplicates


def batch(similarity, other=None):
    ids = list(range(len(similarity)))
    other = other or [at ^ 1 for at in ids]
    columns = {"_id": ids, "nearest_id": other, "nearest_similarity": pa.array(similarity, pa.float32())}
    return pa.RecordBatch.from_pydict(columns)


def test_shares_at_three_thresholds():
    metric = SemanticDuplicates()
    found = metric.value(metric.fold(batch([0.995, 0.995, 0.96, 0.92, 0.5, None])))
    assert found.value == pytest.approx(3 / 5)
    assert found.parts["at a cosine of 0.9"].value == pytest.approx(4 / 5)
    assert found.parts["at a cosine of 0.99"].value == pytest.approx(2 / 5)
    assert found.skipped == {"no embedding": 1}
    assert [(item.record, item.other) for item in found.evidence] == [(1, 0)]  # the later record of a pair


def test_the_threshold_is_a_parameter_and_the_recall_is_told():
    metric = SemanticDuplicates(threshold=0.4)
    state = metric.fold(batch([0.5, 0.3])) + metric.account({"neighbors.recall.0.0.hits": 9, "neighbors.recall.0.0.asked": 10})
    found = metric.value(state)
    assert found.value == 0.5
    assert found.parts["recall of the search"].value == 0.9
    assert "recall of the search" not in metric.value(metric.fold(batch([0.5]))).parts


def test_nothing_is_none():
    metric = SemanticDuplicates()
    assert metric.value(metric.zero()).reason == "no record has a neighbour"
