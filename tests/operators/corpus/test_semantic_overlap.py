"""The share that is near the reference, counted by hand."""

import pyarrow as pa
import pytest

from operators.corpus.semantic_overlap import SemanticOverlap


def value(similarity, holdout=None, **parameters):
    metric, n = SemanticOverlap(**parameters), len(similarity)
    columns = {"_id": pa.array(range(n), pa.int64()), "reference_nearest_id": pa.array(range(100, 100 + n), pa.int64())}
    columns["reference_nearest_similarity"] = pa.array(similarity, pa.float32())
    columns["holdout_nearest_similarity"] = pa.array(holdout or [None] * n, pa.float32())
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def test_the_share_beside_the_holdouts():
    found = value([0.95, 0.9, 0.89, -0.5, None], [0.91, 0.2, 0.1, 0.0, None], threshold=0.9)
    assert (found.value, found.n, found.skipped) == (2 / 4, 4, {"no embedding": 1})
    assert found.parts["also in the holdout"].value == 1 / 4
    assert [(item.record, item.other, item.note) for item in found.evidence] == [
        (0, 100, "cosine 0.950"),
        (1, 101, "cosine 0.900"),
    ]
    assert value([0.95, 0.9, 0.84, -0.5]).value == 2 / 4


def test_the_plot_has_the_cosines_of_both():
    plot = value([0.96, 0.97, 0.31, 1.0], [0.31, 0.0, 0.31, 0.31]).plot
    assert plot.edges[0] == 0.0
    assert dict(zip(plot.edges, plot.counts, strict=False)) | {0.3: 1, 0.95: 3} == dict(
        zip(plot.edges, plot.counts, strict=False)
    )
    assert (sum(plot.counts), sum(plot.reference)) == (4, 4)
    assert value([0.95]).plot.reference == ()


def test_without_a_holdout_there_is_no_share_of_it():
    assert value([1.0]).parts == {}
    assert value([]).reason == "no record has a neighbour in the reference"
    assert value([None]).skipped == {"no embedding": 1}


def test_the_threshold_is_that_of_float32():
    assert value([pa.scalar(0.7, pa.float32()).as_py()], threshold=0.7).value == pytest.approx(1)
