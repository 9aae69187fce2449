"""The share that the reference does not have, counted by hand."""

import pyarrow as pa
import pytest

from operators.corpus.novelty import Novelty


def value(similarity, **parameters):
    metric = Novelty(**parameters)
    n = len(similarity)
    ids = pa.array(range(n), pa.int64())
    columns = {"_id": ids, "reference_nearest_id": pa.array(range(100, 100 + n), pa.int64())}
    columns["reference_nearest_similarity"] = pa.array(similarity, pa.float32())
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def test_records_near_the_reference_are_not_new():
    found = value([1.0, 0.96, 0.9, -0.5, None])
    assert found.value == pytest.approx(2 / 4)
    assert found.skipped == {"no embedding": 1}
    assert [(item.record, item.other) for item in found.evidence] == [(0, 100), (1, 101)]
    assert value([1.0, 0.96, 0.9, -0.5], threshold=0.8).value == pytest.approx(1 / 4)


def test_nothing_is_none():
    assert value([]).reason == "no record has a neighbour in the reference"
