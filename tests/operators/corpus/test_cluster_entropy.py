"""Cluster entropy of planted topics."""

import numpy as np
import pytest

from operators.corpus.cluster_entropy import ClusterEntropy
from tests.operators.corpus.vectors_given import batch_of


def entropy(vectors, **parameters):
    metric = ClusterEntropy(**parameters)
    return metric.value(metric.fold(batch_of(vectors)))


def topics(counts):
    rng = np.random.default_rng(0)
    centres = 5 * np.eye(len(counts))
    return np.concatenate(
        [one + 0.01 * rng.normal(size=(count, len(counts))) for one, count in zip(centres, counts, strict=True)]
    )


def test_it_is_the_entropy_of_the_topics():
    value = entropy(topics([500, 250, 125, 125]), clusters=4)
    assert value.value == pytest.approx(1.75 / 2, abs=1e-12)
    assert value.parts["share of the largest"].value == 0.5
    assert value.parts["clusters that hold half"].value == 1
    assert [round(one.score, 3) for one in value.evidence] == [0.5, 0.25, 0.125, 0.125]
    assert [one.record // 250 for one in value.evidence][:2] in ([0, 2], [1, 2])


def test_copies_weigh_as_many_records():
    spread = topics([100, 100, 100, 100])
    repeated = np.concatenate([spread, np.repeat(spread[:1], 2000, axis=0)])
    assert entropy(spread, clusters=4).value == pytest.approx(1)
    assert entropy(repeated, clusters=4).value < 0.6


def test_a_sample_has_an_interval_and_estimates_the_whole():
    whole = topics([4000, 2000, 1000, 1000])
    value = entropy(whole, clusters=4, size=1000)
    assert value.estimator == "sample"
    assert value.low < 1.75 / 2 < value.high < value.low + 0.1


def test_one_text_makes_no_clusters():
    assert entropy(np.ones((5, 3))).reason == "1 distinct embeddings make no clusters"
    assert "point the same way" in entropy(np.outer([1, 2, 4], [1, 1, 1])).reason


def test_the_map_shows_clusters_shards_copies_and_the_records_themselves():
    metric = ClusterEntropy(clusters=3)
    parts = [
        metric.fold(batch_of(topics([40, 30, 20]), shard="s3://corpus/a.parquet")),
        metric.fold(batch_of(topics([1, 1, 9]), 90)),
    ]
    plot = metric.value(parts[0] + parts[1]).plot
    assert set(plot.titles) == {f"record {at}" for at in range(101)} - {f"record {at}" for at in range(90, 101) if copied(at)}
    assert set(plot.colourings) == {"cluster", "shard", "copies"}
    by = plot.colourings["shard"]
    assert by.legend == ("a.parquet", "part-0.parquet")
    assert [by.groups[plot.titles.index(title)] for title in ("record 0", "record 100")] == [0, 0 if copied(100) else 1]
    assert plot.x == metric.value(parts[1] + parts[0]).plot.x


def copied(at):
    """Whether the second batch's record has the embedding of one of the first: both are drawn with the same seed."""
    first, second = topics([40, 30, 20]).astype(np.float16), topics([1, 1, 9]).astype(np.float16)
    return bool((first == second[at - 90]).all(1).any())
