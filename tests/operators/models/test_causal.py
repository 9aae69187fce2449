"""Language models beside plain transformers, a text at a time."""

import numpy as np
import pytest

from operators.models import causal
from operators.models.model_files import ModelError
from tests.operators.tiny_bert import write_classifier
from tests.operators.tiny_lm import ids_of, model_of, write_lm

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    return write_lm(tmp_path_factory.mktemp("gpt2"), model_of("gpt2"))


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return write_lm(tmp_path_factory.mktemp("llama"), model_of("llama"), starts=True)


def texts(n=40, longest=30, seed=0, least=2):
    rng = np.random.default_rng(seed)
    return [" ".join(f"w{at}" for at in rng.integers(0, 60, int(rng.integers(least, longest)))) for _ in range(n)]


def slowly(folder, text, start=None, window=64, stride=None):
    """Every token's log-probability, and Min-k%++'s form of it, by the loop of transformers' guide to perplexity."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokens = [*([] if start is None else [start]), *ids_of(text)]
    log_p, normalised, before = [], [], 0
    for begin in range(0, len(tokens), stride or window):
        end = min(begin + window, len(tokens))
        labels = [-100] * (before - begin) + tokens[before:end]
        with torch.inference_mode():
            logits = model(torch.tensor([tokens[begin:end]])).logits[0].double()
        for at in range(1, end - begin):
            if labels[at] != -100:
                p = logits[at - 1].softmax(-1)
                mean = float((p * p.log()).sum())
                variance = float((p * p.log().square()).sum()) - mean**2
                log_p.append(float(p[labels[at]].log()))
                normalised.append((log_p[-1] - mean) / variance**0.5)
        before = end
        if end == len(tokens):
            break
    return np.array(log_p), np.array(normalised)


@pytest.mark.parametrize(("kind", "start"), [("gpt2", None), ("llama", 0)])
def test_every_token_has_the_log_probability_of_transformers(kind, start, request):
    folder, rows = request.getfixturevalue(kind), texts()
    found = causal.load(folder)(rows)
    for text, scored in zip(rows, found, strict=True):
        log_p, normalised = slowly(folder, text, start)
        assert len(scored.log_p) == len(text.split()) - (start is None)
        np.testing.assert_allclose(scored.log_p, log_p, atol=1e-4)
        np.testing.assert_allclose(scored.normalised, normalised, atol=1e-3)
        assert (scored.seen, scored.cut) == (text, False)
    assert np.std([scored.log_p.mean() for scored in found]) > 0.1


@pytest.mark.parametrize(("window", "stride"), [(16, 8), (16, 5), (16, 15), (64, 32), (3, 1)])
def test_a_long_text_goes_through_in_windows_that_overlap(gpt2, llama, window, stride):
    for folder, start in ((gpt2, None), (llama, 0)):
        rows = texts(6, 150, least=100)
        for text, scored in zip(rows, causal.load(folder, window, stride)(rows), strict=True):
            log_p, normalised = slowly(folder, text, start, window, stride)
            assert len(scored.log_p) == len(text.split()) - (start is None)
            np.testing.assert_allclose(scored.log_p, log_p, atol=1e-4)
            np.testing.assert_allclose(scored.normalised, normalised, atol=1e-3)


def test_scores_of_sure_and_of_impossible_tokens():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0], [50.0, 0.0, 0.0, 0.0], [1.0, 2.0, float("-inf"), 0.0]])
    found = causal._scores(logits, torch.tensor([1, 0, 2]))
    assert found[0].tolist() == pytest.approx([-np.log(4), 0.0], abs=1e-6)  # a uniform distribution has no spread
    assert found[1].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert found[2, 0] == -1e4
    assert np.isfinite(found).all()
    rng = np.random.default_rng(0)
    rows, targets = rng.normal(0, 4, (200, 3000)), rng.integers(0, 3000, 200)
    p = np.exp(rows - rows.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    mean = (p * np.log(p)).sum(1)
    spread = (p * np.log(p) ** 2).sum(1) - mean**2
    log_p = np.log(p[np.arange(200), targets])
    found = causal._scores(torch.tensor(rows), torch.tensor(targets))
    np.testing.assert_allclose(found, np.stack([log_p, (log_p - mean) / np.sqrt(spread)], 1), rtol=1e-4, atol=1e-4)


def test_perplexity_is_that_of_torchmetrics(gpt2):
    from torchmetrics.text import Perplexity

    rows, reference = texts(), Perplexity(ignore_index=-100)
    model = transformers.AutoModelForCausalLM.from_pretrained(gpt2).eval()
    for text in rows:
        ids = torch.tensor([ids_of(text)])
        with torch.inference_mode():
            reference.update(model(ids).logits[:, :-1], ids[:, 1:])
    found = np.concatenate([scored.log_p for scored in causal.load(gpt2)(rows)])
    assert np.exp(-found.mean()) == pytest.approx(float(reference.compute()), rel=1e-5)


@pytest.mark.parametrize(("start", "first"), [("always", 0), ("never", None), ("model", None)])
def test_the_token_before_every_text(gpt2, start, first):
    (scored,) = causal.load(gpt2, start=start)(["w1 w2"])
    np.testing.assert_allclose(scored.log_p, slowly(gpt2, "w1 w2", first)[0], atol=1e-4)
    assert scored.before == (0 if first == 0 else 2)


def test_a_model_without_such_a_token_is_a_sentence(tmp_path):
    model = model_of("llama")
    model.config.bos_token_id = None
    folder = write_lm(tmp_path, model)
    assert causal.load(folder).start is None
    with pytest.raises(ModelError, match="states no bos_token_id"):
        causal.load(folder, start="always")


def test_batches_of_any_size_give_the_same(gpt2, monkeypatch):
    rows = texts(100, 90)
    whole = np.concatenate([scored.log_p for scored in causal.load(gpt2)(rows)])
    for scored in (causal.load(gpt2, batch_tokens=100)(rows, 1), causal.load(gpt2, most=90)(rows)):
        np.testing.assert_allclose(np.concatenate([one.log_p for one in scored]), whole, atol=1e-4)
    plain = causal.Causal._forward

    def cramped(self, windows):
        if len(windows) > 3:
            raise torch.OutOfMemoryError
        return plain(self, windows)

    monkeypatch.setattr(causal.Causal, "_forward", cramped)
    np.testing.assert_allclose(np.concatenate([one.log_p for one in causal.load(gpt2)(rows)]), whole, atol=1e-4)


def test_special_tokens_in_a_text_are_text(llama):
    mine = causal.load(llama)
    (scored,) = mine(["w1 </s> w2"])
    expected = slowly(llama, "w1 ? ? ? w2", 0)[0]  # three unknown words to this tokenizer: </, s, >
    np.testing.assert_allclose(scored.log_p, expected, atol=1e-4)


def test_what_is_beyond_the_most_tokens_is_not_looked_at(gpt2):
    text = "  ".join(f"w{at % 60}" for at in range(50))
    short, whole = causal.load(gpt2, most=20)([text, "w1 w2"]), causal.load(gpt2)([text])
    np.testing.assert_allclose(short[0].log_p, whole[0].log_p[:19], atol=1e-4)
    assert (short[0].seen, short[0].cut) == ("  ".join(f"w{at}" for at in range(20)), True)
    assert (short[1].cut, whole[0].cut) == (False, False)


def test_empty_and_hostile_texts(gpt2, llama):
    odd = ["", "w1", " ", "\0", "\u200b" * 5000, "a" * 100_000, "<s>" * 3000, "[" * 100_000, "\U0001f600"]
    for folder, least in ((gpt2, 0), (llama, 1)):
        found = causal.load(folder, most=500)(odd)
        assert all(np.isfinite(scored.log_p).all() for scored in found)
        assert len(found[1].log_p) == least
        assert len(found[0].log_p) == 0
    assert causal.load(gpt2)([]) == []
    assert causal.load(gpt2, most=500)(["w1 " * 100_000])[0].cut


def test_damaged_weights_are_a_sentence(tmp_path):
    model = model_of("gpt2")
    with torch.no_grad():
        model.transformer.ln_f.bias.fill_(float("nan"))
    with pytest.raises(ModelError, match="not finite"):
        causal.load(write_lm(tmp_path, model))(["w1 w2"])


def test_a_model_of_another_task_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"has no weights for|cannot be loaded"):
        causal.load(write_classifier(tmp_path))
