"""Cluster coverage of planted topics."""

import numpy as np
import pytest

from operators.corpus.cluster_coverage import ClusterCoverage
from tests.operators.corpus.test_cluster_entropy import topics
from tests.operators.corpus.vectors_given import batch_of


def covered(mine, theirs, **parameters):
    metric = ClusterCoverage(**parameters)
    return metric.compare(metric.fold(batch_of(mine)), metric.fold(batch_of(theirs)))


def test_it_is_the_share_of_the_topics_that_are_there():
    value = covered(topics([0, 100, 100, 100]), topics([400, 300, 200, 100]), clusters=4)
    assert value.value == pytest.approx(0.6)
    assert value.parts["clusters with a record"].value == 0.75
    assert value.plot.values[0] == pytest.approx(-0.4)
    p, q = np.array([0, 1, 1, 1]) / 3, np.array([4, 3, 2, 1]) / 10
    jensenshannon = pytest.importorskip("scipy.spatial.distance").jensenshannon
    assert value.parts["Jensen-Shannon divergence"].value == pytest.approx(jensenshannon(p, q, 2) ** 2)


def test_a_topic_that_is_scarce_is_not_covered():
    mine = topics([10, 330, 330, 330])
    assert covered(mine, topics([250, 250, 250, 250]), clusters=4).value == pytest.approx(0.75)


def test_itself_is_covered_whole():
    data = topics([400, 300, 200, 100])
    value = covered(data, data)
    assert (value.value, value.parts["Jensen-Shannon divergence"].value) == (1.0, 0.0)


def test_too_few_is_none():
    assert "the reference has 1 distinct embeddings" in covered(np.eye(3), np.ones((4, 3))).reason
    assert "the subject has 0" in covered(np.eye(3)[:0], np.eye(3)).reason
