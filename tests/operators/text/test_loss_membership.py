"""Membership inference beside sklearn and the published formulas, and with a model that learned its texts by heart."""

import math

import numpy as np
import pyarrow as pa
import pytest

from operators.features.token_losses import TokenLosses
from operators.text.loss_membership import LossMembership, exposure
from tests.operators.tiny_lm import ids_of, model_of, write_lm

COLUMNS = LossMembership.reads


def side(**columns):
    n = len(columns["loss_sum"])
    ids = {"_id": pa.array(range(n), pa.int64()), "_fault": pa.nulls(n, pa.string())}
    return LossMembership().fold(pa.RecordBatch.from_pydict({**ids, **{name: columns[name] for name in COLUMNS}}))


def drawn(rng, n, shift=0.0, tokens=50):
    loss = tokens * np.exp(rng.normal(1 - shift, 0.3, n))
    return {
        "loss_sum": loss,
        "loss_tokens": np.full(n, tokens),
        "loss_bytes": rng.integers(150, 250, n),
        "loss_zlib_bytes": rng.integers(80, 160, n),
        "loss_lowest": -3 * np.exp(rng.normal(1 - shift / 2, 0.3, n)),
        "loss_lowest_normalised": rng.normal(shift, 1.0, n),
        "loss_baseline": 0.5 + rng.normal(shift / 3, 0.2, n),
    }


def test_the_areas_are_those_of_sklearn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    members, others = drawn(rng, 800, 0.4), drawn(rng, 1500)
    value = LossMembership().compare(side(**members), side(**others))
    both = {name: np.r_[members[name], others[name]] for name in COLUMNS}
    truth = np.r_[np.ones(800), np.zeros(1500)]
    expected = {
        "": -both["loss_sum"] / both["loss_tokens"],
        "loss / zlib": -both["loss_sum"] / both["loss_zlib_bytes"],
        "loss - baseline's loss": both["loss_baseline"] - both["loss_sum"] / both["loss_bytes"],
        "Min-k%": both["loss_lowest"],
        "Min-k%++": both["loss_lowest_normalised"],
        "without a model: bytes": -both["loss_bytes"],
        "without a model: zlib bytes a byte": -both["loss_zlib_bytes"] / both["loss_bytes"],
    }
    for name, score in expected.items():
        found = value.parts[name] if name else value
        assert found.value == pytest.approx(metrics.roc_auc_score(truth, score), abs=2e-3), name
    accused, caught, _ = metrics.roc_curve(truth, expected[""], drop_intermediate=False)
    for rate, name in ((0.01, "1 %"), (0.001, "0.1 %")):
        assert value.parts[f"true positives at {name} false positives"].value == pytest.approx(
            np.interp(rate, accused, caught), abs=0.02
        )
    assert 0.7 < value.value < 0.95


def test_exposure_is_the_definition():
    rng = np.random.default_rng(0)
    members, others = rng.integers(0, 40, 30), rng.integers(0, 40, 50)
    bits = [math.log2(51) - math.log2(1 + np.sum(others < x) + np.sum(others == x) / 2) for x in members]
    found = exposure(*(np.bincount(one, minlength=40) for one in (members, others)))
    assert found.value == pytest.approx(np.mean(bits))
    assert found.high - found.value == pytest.approx(1.959964 * np.std(bits, ddof=1) / math.sqrt(30))
    canary = drawn(rng, 1)
    canary["loss_sum"] = np.array([1e-3])
    value = LossMembership().compare(side(**canary), side(**drawn(rng, 1023)))
    assert value.parts["exposure, bits"].value == 10
    assert exposure(np.ones(4096, int), np.ones(4096, int)).value == pytest.approx(math.log2(math.e), abs=0.01)


def test_what_the_published_ratio_tells_is_the_length():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    short, long = drawn(rng, 500, tokens=50), drawn(rng, 500, tokens=400)
    for name in ("loss_zlib_bytes", "loss_bytes"):
        long[name] = long[name] * 8  # ever so many tokens, ever so many bytes
    published = [np.log(np.exp(one["loss_sum"] / one["loss_tokens"])) / one["loss_zlib_bytes"] for one in (long, short)]
    truth = np.r_[np.ones(500), np.zeros(500)]
    assert metrics.roc_auc_score(truth, -np.concatenate(published)) > 0.95
    value = LossMembership().compare(side(**long), side(**short))
    assert value.parts["loss / zlib"].low < 0.5 < value.parts["loss / zlib"].high
    same = [drawn(rng, 500, shift) for shift in (0.3, 0.0)]
    theirs = np.concatenate([one["loss_sum"] / one["loss_tokens"] / one["loss_zlib_bytes"] for one in same])
    mine = LossMembership().compare(side(**same[0]), side(**same[1])).parts["loss / zlib"].value
    assert mine == pytest.approx(metrics.roc_auc_score(truth, -theirs), abs=2e-3)


def test_a_null_split_has_a_half_in_its_interval():
    rng, held = np.random.default_rng(2), 0
    for _ in range(200):
        value = LossMembership().compare(side(**drawn(rng, 60)), side(**drawn(rng, 90)))
        held += value.low <= 0.5 <= value.high
    assert held >= 180


def test_nothing_to_compare_is_a_sentence():
    rng = np.random.default_rng(0)
    empty, some = side(**{name: pa.array([], pa.float64()) for name in COLUMNS}), side(**drawn(rng, 3))
    assert LossMembership().compare(some, empty).reason.startswith("the reference: every record has no text")
    assert LossMembership().compare(empty, some).reason.startswith("the subject: every record has no text")


@pytest.fixture(scope="module")
def memorised(tmp_path_factory):
    """A model trained on 60 texts of random words until it knows them, those texts, and 60 more like them."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{at}" for at in rng.integers(0, 60, 24)) for _ in range(120)]
    model = model_of("gpt2", hidden=64, window=32).train()
    for dropout in (module for module in model.modules() if isinstance(module, torch.nn.Dropout)):
        dropout.p = 0.0
    ids = torch.tensor([ids_of(text) for text in texts[:60]])
    optimiser = torch.optim.AdamW(model.parameters(), 5e-3, weight_decay=0.0)
    for _ in range(60):
        optimiser.zero_grad()
        model(input_ids=ids, labels=ids).loss.backward()
        optimiser.step()
    return write_lm(tmp_path_factory.mktemp("memorised"), model), texts


def attacked(folder, members, others, **parameters):
    feature = TokenLosses(model=str(folder), **parameters).open()
    batches = [pa.RecordBatch.from_pydict({"text": rows}) for rows in (members, others)]
    sides = [side(**feature(batch)) for batch in batches]
    return LossMembership().compare(*sides)


def test_texts_that_a_model_was_trained_on_are_found(memorised):
    folder, texts = memorised
    value = attacked(folder, texts[:60], texts[60:])
    assert value.value > 0.99
    assert all(value.parts[name].value > 0.95 for name in ("loss / zlib", "Min-k%", "Min-k%++"))
    assert value.parts["exposure, bits"].value > 5
    for name in ("bytes", "zlib bytes a byte"):
        control = value.parts[f"without a model: {name}"]
        assert control.low < 0.5 < control.high


def test_a_baseline_takes_out_how_hard_the_texts_are(memorised, tmp_path):
    folder, texts = memorised
    other = write_lm(tmp_path, model_of("llama", seed=5), starts=True)
    value = attacked(folder, texts[:60], texts[60:], baseline_model=str(other))
    assert value.parts["loss - baseline's loss"].value > 0.95
    assert "loss - baseline's loss" not in attacked(folder, texts[:6], texts[60:]).parts
    alone = attacked(other, texts[:60], texts[60:], baseline_model=str(other))
    assert alone.parts["loss - baseline's loss"].value == 0.5


@pytest.mark.parametrize(("members", "others"), [(slice(0, 60, 2), slice(1, 60, 2)), (slice(60, 120, 2), slice(61, 120, 2))])
def test_halves_of_the_same_are_not_told_apart(memorised, members, others):
    folder, texts = memorised
    value = attacked(folder, texts[members], texts[others])
    assert value.low < 0.5 < value.high
