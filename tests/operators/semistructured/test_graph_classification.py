"""Classes of graphs: learnt where the subject's are right, and not where they are shuffled."""

import json

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from operators.semistructured._taught import balanced
from operators.semistructured.graph_classification import GraphClassification
from tests.operators.semistructured.graphs_given import SHARED, batch_of, shared_graphs


def measure(mine, theirs, **parameters):
    metric = GraphClassification(**parameters)
    states = [metric.fold(batch_of(graphs, label=pa.array(labels, pa.string()))) for graphs, labels in (mine, theirs)]
    return metric.compare(*states)


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def made(seed, n=60):
    """Small worlds and random graphs of the same size and density."""
    graphs = [
        nx.connected_watts_strogatz_graph(24, 4, 0.1, seed=seed + at) if at % 2 else nx.gnm_random_graph(24, 48, seed=seed + at)
        for at in range(n)
    ]
    return graphs, ["world" if at % 2 else "random" for at in range(n)]


def test_right_labels_teach_and_shuffled_ones_do_not():
    reference, good = made(0), made(1000)
    shuffled = np.random.default_rng(1).permutation(good[1]).tolist()
    right, wrong = measure(good, reference), measure((good[0], shuffled), reference)
    assert right.value > 0.95
    assert parts(right)["real"] > 0.9
    assert parts(right)["chance"] == 0.5
    assert wrong.value < 0.75
    assert parts(right)["lift"] == pytest.approx((right.value - 0.5) / (parts(right)["real"] - 0.5))
    assert measure(good, reference).value == right.value


def test_labels_of_nodes_are_seen():
    def rings(seed):
        graphs = []
        for at in range(40):
            graph = nx.cycle_graph(8 + (at + seed) % 20)
            nx.set_node_attributes(graph, "C" if at % 2 else "N", "label")
            graphs.append(graph)
        return graphs, ["carbon" if at % 2 else "nitrogen" for at in range(40)]

    assert measure(rings(0), rings(7)).value == 1


def test_the_balanced_accuracy_is_scikit_learn_s():
    from sklearn.metrics import balanced_accuracy_score

    draw = np.random.default_rng(2)
    classes, told = draw.choice(["a", "b", "c"], 200, p=[0.7, 0.2, 0.1]).astype(object), draw.choice(["a", "b", "c"], 200)
    value = balanced(told == classes, (np.empty((200, 0)), classes, np.ones(200, np.int64)))
    assert value.value == pytest.approx(balanced_accuracy_score(classes, told))
    twice = balanced(told == classes, (np.empty((200, 0)), classes, np.full(200, 2)))
    assert (twice.value, twice.n) == (value.value, 400)


def test_what_cannot_be_told():
    graphs, labels = made(0, 20)
    assert "fewer than two classes" in measure((graphs, ["world"] * 20), made(5)).reason
    assert "reference's one half" in measure((graphs, labels), (graphs, ["world"] * 20)).reason
    assert measure((graphs[:4], labels[:4]), made(5)).reason == "the subject has 4 different ones, fewer than 5"
    value = measure(([*graphs, "["], [None, *labels[1:], "world"]), made(5))
    assert value.skipped == {"no label": 1, "no graph that is well formed": 1}


@pytest.mark.skipif(not (SHARED / "enzymes").exists(), reason="needs ../shared/data")
def test_enzymes_teach_enzymes():
    texts, labels = shared_graphs("enzymes")
    draw = np.random.default_rng(1)
    order = draw.permutation(len(texts))  # neighbours in the file are much alike
    texts, labels = ([some[at] for at in order] for some in (texts, labels))
    assert len(json.loads(texts[0])["labels"]) == json.loads(texts[0])["nodes"]
    reference = texts[200:], labels[200:]
    real, shuffled = (
        measure((texts[:200], some), reference) for some in (labels[:200], draw.permutation(labels[:200]).tolist())
    )
    assert real.low > 1 / 6
    assert abs(parts(real)["real"] - real.value) < 0.15
    assert real.low > shuffled.value
