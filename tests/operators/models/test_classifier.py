"""Classifiers beside plain transformers, a text or pair at a time."""

import numpy as np
import pytest

from operators.models import classifier
from operators.models.model_files import ModelError
from tests.operators.tiny_bert import WORDS, write_bert, write_classifier

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
WINDOW = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_classifier(tmp_path_factory.mktemp("classifier"), window=WINDOW)


def texts(n=40, longest=15, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(f"w{at}" for at in rng.integers(0, 60, int(rng.integers(1, longest)))) for _ in range(n)]


def ids(text):
    return [WORDS.index(word) if word in WORDS[4:] else 1 for word in text.split()]


def one_by_one(folder, rows, several=False):
    """What transformers gives for the ids that the definition asks for: of a pair the first text is cut."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    out = []
    for row in rows:
        first, *rest = [ids(text) for text in ([row] if isinstance(row, str) else row)]
        second = rest[0][: WINDOW - 4] if rest else []
        first = first[: WINDOW - 2 - (len(second) + 1 if rest else 0)]
        tokens = [2, *first, 3, *second, *([3] if rest else [])]
        kinds = [0] * (len(first) + 2) + [1] * (len(tokens) - len(first) - 2)
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([tokens]), token_type_ids=torch.tensor([kinds])).logits[0]
        out.append((logits.sigmoid() if several else logits.softmax(-1)).numpy())
    return np.stack(out)


def test_probabilities_are_those_of_transformers_a_text_at_a_time(folder):
    rows = texts(600)
    mine = classifier.load(folder)
    found = mine(rows)
    assert mine.labels == ("entailment", "neutral", "contradiction")
    assert found.dtype == np.float32
    assert np.allclose(found.sum(1), 1, atol=1e-6)
    assert np.abs(found - one_by_one(folder, rows)).max() < 1e-5
    assert found.std(0).max() > 0.05  # the texts differ, so an answer in a wrong place would show


def test_of_a_pair_the_first_text_is_cut(folder):
    rows = list(zip(texts(60, longest=40), texts(60, longest=30, seed=1), strict=True))
    found, cut = classifier.load(folder).judged(rows)
    assert np.abs(found - one_by_one(folder, rows)).max() < 1e-5
    assert cut.tolist() == [len(ids(a)) + len(ids(b)) > WINDOW - 3 for a, b in rows]
    assert 10 < sum(cut) < 60


def test_the_tokens_are_those_of_the_tokenizer_of_transformers(folder):
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    mine = classifier.load(folder)
    for a, b in zip(texts(20, 9), texts(20, 9, seed=1), strict=True):
        (row,), _ = mine._tokenised([(a, b)])
        given = theirs(a, b)
        assert row.ids == given["input_ids"]


@pytest.mark.parametrize("more", [{"batch_tokens": 20}, {"max_tokens": 24}])
def test_batches_of_any_size_give_the_same(folder, more):
    rows = texts(100)
    whole = classifier.load(folder)(rows)
    assert np.abs(classifier.load(folder, **more)(rows, 1) - whole).max() < 1e-5


def test_each_label_alone(tmp_path):
    folder = write_classifier(tmp_path, ("toxic", "insult"), problem_type="multi_label_classification")
    found = classifier.load(folder)(texts())
    assert np.abs(found - one_by_one(folder, texts(), several=True)).max() < 1e-5
    assert np.abs(found.sum(1) - 1).max() > 0.1


def test_special_tokens_in_a_text_are_text(folder):
    mine = classifier.load(folder)
    (row,), _ = mine._tokenised([("w1 [SEP] w2", "[CLS] w3")])
    assert row.ids == [2, *ids("w1"), 1, 1, 1, *ids("w2"), 3, 1, 1, 1, *ids("w3"), 3]  # three unknown words: [, SEP, ]
    assert row.kinds == [0] * 7 + [1] * 5


def test_no_text_and_hostile_texts(folder):
    mine = classifier.load(folder)
    assert mine([]).shape == (0, 3)
    odd = ["", "\0", "\u200b" * 5000, "w" * 100_000, "[" * 100_000, "\U0001f600 w1"]
    found, cut = mine.judged(odd)
    assert np.isfinite(found).all()
    assert cut.tolist() == [False, False, True, True, True, False]
    assert mine([("", ""), ("w1 " * 9999, "w2 " * 9999)]).shape == (2, 3)


def test_out_of_memory_halves_the_batch(folder, monkeypatch):
    before = classifier.load(folder)(texts(64))
    plain = classifier.Classifier._forward

    def cramped(self, rows):
        if len(rows) > 5:
            raise torch.OutOfMemoryError
        return plain(self, rows)

    monkeypatch.setattr(classifier.Classifier, "_forward", cramped)
    assert np.abs(classifier.load(folder)(texts(64)) - before).max() < 1e-5


def test_roberta_has_as_many_positions_as_it_has(tmp_path):
    from tests.operators.tiny_bert import write_tokenizer

    config = transformers.RobertaConfig(
        vocab_size=len(WORDS), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=18, pad_token_id=1, type_vocab_size=1, num_labels=2,
    )  # fmt: skip
    transformers.RobertaForSequenceClassification(config).save_pretrained(tmp_path)
    mine = classifier.load(write_tokenizer(tmp_path))
    assert mine.window == 16
    assert mine.labels == ("LABEL_0", "LABEL_1")
    found, cut = mine.judged(["w1 " * 14, "w1 " * 15, "w1"])
    assert cut.tolist() == [False, True, False]
    assert np.abs(found[2:] - mine(["w1"])).max() < 1e-6  # what fills the batch is not seen


def test_weights_of_another_task_are_a_sentence(tmp_path):
    with pytest.raises(ModelError, match=r"has no weights for classifier.*made for another task"):
        classifier.load(write_bert(tmp_path))


def test_numbers_that_are_none_are_a_sentence(folder, tmp_path):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder)
    with torch.no_grad():
        model.classifier.bias.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(ModelError, match="not finite"):
        classifier.load(tmp_path)(["w1"])
