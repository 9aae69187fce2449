"""Near-overlap: the share of records near one of the reference, beside the holdout's."""

import pyarrow as pa
import pytest

from operators.corpus.near_overlap import NearOverlap


def batch(groups, reference, holdout):
    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(range(len(groups)), pa.int64()),
            "group_id": pa.array(groups, pa.int64()),
            "reference_similarity": pa.array(reference, pa.float64()),
            "reference_id": pa.array([None if s is None else 100 + at for at, s in enumerate(reference)], pa.int64()),
            "holdout_similarity": pa.array(holdout, pa.float64()),
        }
    )


def test_is_the_share_of_texts_near_the_reference():
    metric = NearOverlap()
    found = metric.value(metric.fold(batch([0, 0, 2, 3, None], [0.9, 1.0, None, None, None], [None, 0.8, None, None, None])))
    assert found.value == pytest.approx(2 / 4)
    assert found.parts["also in the holdout"].value == pytest.approx(1 / 4)
    assert found.skipped == {"no text": 1}
    assert [entry.record for entry in found.evidence] == [1, 0], "the most alike first"


def test_nothing_is_none():
    metric = NearOverlap()
    assert metric.value(metric.zero()).value is None
    assert metric.value(metric.fold(batch([None], [None], [None]))).reason == "no record has a text"
