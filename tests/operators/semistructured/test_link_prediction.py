"""Ranks beside the definition in plain Python, gradients beside finite differences, and what must be learnt."""

import numpy as np
import pyarrow as pa
import pytest

from operators.kernels.link_prediction import Trained, chance, frequency, questions, ranks, train
from operators.semistructured.link_prediction import LinkPrediction
from tests.operators.semistructured.graphs_given import SHARED


def measure(mine, theirs, **parameters):
    metric = LinkPrediction(**parameters)

    def state(triples):
        columns = dict(zip(("head", "relation", "tail"), map(list, zip(*triples, strict=True)), strict=True))
        return metric.fold(pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(triples), pa.string()), **columns}))

    return metric.compare(state(mine), state(theirs))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def rank_by_definition(scores, answer, true):
    others = [score for at, score in enumerate(scores) if at != answer and at not in true]
    optimistic = 1 + sum(score > scores[answer] for score in others)
    pessimistic = 1 + sum(score >= scores[answer] for score in others)
    return (optimistic + pessimistic) / 2


def test_ranks_are_filtered_and_realistic():
    draw = np.random.default_rng(1)
    table = draw.integers(0, 4, size=(6, 4, 9)).astype(float)  # many ties
    triples = np.unique(draw.integers(0, [6, 2, 6], size=(25, 3)), axis=0)
    asked = questions(triples, 2)
    found, left = ranks(lambda known, relation: table[known, relation], asked[::3], asked, 9)
    expected = [
        rank_by_definition(table[known, relation], answer, {t for k, r, t in asked.tolist() if (k, r) == (known, relation)})
        for known, relation, answer in asked[::3].tolist()
    ]
    assert found.tolist() == expected
    others = [sum((k, r) == (known, relation) for k, r, _ in asked.tolist()) for known, relation, _ in asked[::3].tolist()]
    assert left.tolist() == [9 - other + 1 for other in others]
    draws = [draw.permutation(left[0])[0] + 1 for _ in range(4000)]
    assert chance(left[:1])[0] == pytest.approx(np.mean(1 / np.array(draws)), abs=0.03)


def test_a_model_that_scores_all_alike_is_in_the_middle():
    nothing = Trained(np.zeros((11, 2), np.float32), np.zeros((2, 2), np.float32))
    one = np.array([[0, 0, 1]])
    assert ranks(nothing.scores, one, one, 11)[0].tolist() == [6.0]


def test_frequency_counts_answers():
    counts = frequency(np.array([[0, 0, 1], [2, 0, 1], [0, 0, 2]]), 3, 1)
    assert counts.tolist() == [[0, 2, 1], [2, 0, 1]]


def test_training_lowers_the_cross_entropy_and_leaves_the_unseen_at_nothing():
    draw = np.random.default_rng(2)
    triples = np.unique(draw.integers(0, [8, 2, 8], size=(40, 3)), axis=0)

    def loss(model):
        asked = questions(triples, 3)
        scores = model.scores(asked[:, 0], asked[:, 1])[:, :8].astype(float)
        log = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -log[np.arange(len(asked)), asked[:, 2]].mean()

    losses = [loss(train(triples, 9, 3, 8, epochs)) for epochs in (1, 5, 40)]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.8 * np.log(8)
    model = train(triples, 9, 3, 8, 2)
    assert not model.entities[8].any()
    assert not model.relations[[2, 5]].any()
    assert train(triples, 9, 3, 8, 2).entities.tobytes() == model.entities.tobytes()


def families(seed, size=60):
    """A hidden rule: of each of ``size`` people one is the child, in one of 6 cities that are in one of 2 countries."""
    draw = np.random.default_rng(seed)
    facts = []
    for at in range(size):
        city = int(draw.integers(6))
        facts += [(f"p{at}", "lives in", f"city{city}"), (f"p{at}", "citizen of", f"country{city % 2}")]
    return facts


def test_what_follows_from_other_triples_is_learnt_and_noise_is_not():
    facts = families(1)
    test, rest = facts[1::4], [fact for at, fact in enumerate(facts) if at % 4 != 1]
    draw = np.random.default_rng(3)
    tails = draw.permutation([tail for _, _, tail in rest])
    noise = [(head, relation, tail) for (head, relation, _), tail in zip(rest, tails.tolist(), strict=True)]
    good, bad = measure(rest, test), measure(noise, test)
    assert good.value > 1.3 * bad.value
    assert good.value > parts(good)["frequency"]
    assert parts(good)["hits at 1"] <= parts(good)["hits at 3"] <= parts(good)["hits at 10"]
    assert parts(good)["test triples in training"] == 0


def test_strangers_teach_nothing():
    value = measure([("x", "s", "y"), ("y", "s", "z")], families(1, 20))
    n = 2 + 1 + len({part for h, _, t in families(1, 20) for part in (h, t)})
    assert value.value < 4 / n
    assert measure(families(1, 20), [("a", "r", "b")]).reason == "the reference has 1 triples, fewer than 2"


@pytest.mark.skipif(not (SHARED / "nations").exists(), reason="needs ../shared/data")
def test_nations_teach_nations():
    train_, test = (
        [tuple(line.split("\t")) for line in (SHARED / "nations" / f"{name}.txt").read_text().splitlines()]
        for name in ("train", "test")
    )
    draw = np.random.default_rng(1)
    names = sorted({part for h, _, t in train_ for part in (h, t)})
    shuffled = [(names[draw.integers(14)], r, names[draw.integers(14)]) for _, r, _ in train_]
    real, random = measure(train_, test), measure(shuffled, test)
    assert real.low > random.high
    assert real.low > parts(real)["frequency"] > parts(real)["chance"]
    assert parts(random)["test triples in training"] > 0.2  # 14 nations: much is told by chance, and so a little is learnt
    assert random.value - parts(random)["chance"] < 0.5 * (real.value - parts(real)["chance"])
    assert real.value > parts(real)["real"]  # 1,592 triples teach more than the 100 of the other half
