import pickle
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.models import toxic_lstm
from operators.models.model_files import ModelError
from operators.models.toxic_lstm import _FILTERS, LABELS, WINDOW, vocabulary_of, windows


@pytest.fixture(scope="module")
def model():
    return toxic_lstm.load()


@pytest.fixture(scope="module")
def vocabulary():
    return {word: at + 1 for at, word in enumerate(vocabulary_of(toxic_lstm._known_bytes("tokenizer.pickle")))}


def keras_ids(text, vocabulary):
    """Keras's text_to_word_sequence, texts_to_sequences and pad_sequences, from their definitions."""
    spaced = text.lower().translate(str.maketrans(dict.fromkeys(_FILTERS, " ")))
    ids = [vocabulary[word] for word in spaced.split(" ") if word in vocabulary][-WINDOW:]
    return [0] * (WINDOW - len(ids)) + ids


def keras_forward(ids):
    """The network from the equations of Keras's layers, in float64 and one step after the other."""
    w = {
        name: array.astype(np.float64)
        for name, array in toxic_lstm._weights(toxic_lstm._known_bytes("model.weights.h5")).items()
    }

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def lstm(vectors, layer):
        kernel, recurrent, bias = (w[f"bidirectional/{layer}/cell/vars/{at}"] for at in range(3))
        h, c, out = np.zeros(50), np.zeros(50), []
        for x in vectors:
            i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        return np.array(out)

    vectors = w["embedding/vars/0"][ids]
    both = np.concatenate([lstm(vectors, "forward_layer"), lstm(vectors[::-1], "backward_layer")[::-1]], 1)
    hidden = np.maximum(both.max(0) @ w["dense/vars/0"] + w["dense/vars/1"], 0)
    return sigmoid(hidden @ w["dense_1/vars/0"] + w["dense_1/vars/1"])


TEXTS = [
    "you are an idiot",
    "I am a gay man living in Paris",
    "Thanks, that's a very helpful answer!",
    "word " * 99 + "idiot",
    "Don't @ me: http://example.com/a_b",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_network_is_that_of_its_definition(model, vocabulary, text):
    np.testing.assert_allclose(model([text])[0], keras_forward(keras_ids(text, vocabulary)), atol=2e-5)


def test_the_scores_that_the_package_publishes(model):
    """The example in the README of toxic-comment-classifier 0.3.0, computed by TensorFlow."""
    published = [
        0.9889402985572815,
        0.07256772369146347,
        0.620429277420044,
        0.01934845559298992,
        0.8664075136184692,
        0.04072948172688484,
    ]
    np.testing.assert_allclose(model(["You are so dumb and stupid!"])[0], published, atol=1e-5)
    means = {
        "I hate you so much!": 0.1395,
        "This is wonderful news.": 0.0013,
        "You're disgusting!": 0.3110,
        "Have a nice day :)": 0.0115,
    }
    np.testing.assert_allclose(model(list(means)).mean(1), list(means.values()), atol=6e-5)


@given(st.lists(st.text(st.sampled_from("aAiIoO the,.'_-\n\t\u00a0\u0130\u03a3éß"), max_size=30), max_size=5))
def test_words_are_those_of_keras(texts):
    words = ["a", "i", "o", "the", "t'", "he", "é", "ß", "aa", "i\u0307", "σ", "aς", "\u00a0a", "ii"]
    numbers = {word: at + 1 for at, word in enumerate(words)}
    ids, owners = windows(texts, pl.Enum(words))
    expected = [(at, keras_ids(text, numbers)) for at, text in enumerate(texts) if any(keras_ids(text, numbers))]
    assert list(zip(owners.tolist(), ids.tolist(), strict=True)) == expected


def test_a_long_text_is_read_to_its_end_and_from_its_beginning(model, vocabulary):
    """The package sees the last hundred words alone, and lets an insult at the beginning pass."""
    long = "you are an idiot " + "the answer is in the book " * 40
    assert keras_forward(keras_ids(long, vocabulary))[0] < 0.5 < model([long])[0][0]
    ids, owners = windows([long], model.words)
    assert len(ids) == -(-244 // WINDOW)
    assert owners.tolist() == [0, 0, 0]
    assert ids[-1].tolist() == keras_ids(long, vocabulary)
    assert np.count_nonzero(ids) == 300


def test_neighbours_matter_in_the_last_bits_alone(model):
    many = [f"{text} {at}" for at in range(60) for text in TEXTS]
    together = model(many)
    np.testing.assert_allclose(model(many[::-1])[::-1], together, atol=1e-6)
    np.testing.assert_allclose(np.concatenate([model([text]) for text in many[:7]]), together[:7], atol=1e-6)


def test_nothing_known_is_not_judged(model):
    found = model(["", "数据", "!!!", "hello"])
    assert np.isnan(found[:3]).all()
    assert found.shape == (4, len(LABELS))
    assert np.isfinite(found[3]).all()
    assert model([]).shape == (0, len(LABELS))


@pytest.mark.parametrize("piece", ["a", "a ", "idiot ", "\u200b", "[{(", "\U0001f600", "é"])
def test_hostile_texts(model, piece):
    assert model([piece * (100_000 // len(piece))]).shape == (1, len(LABELS))


class Evil:
    def __reduce__(self):
        return (print, ("this must not run",))


class Allowed:
    pass


@pytest.mark.parametrize(
    "held", [Evil(), {"word_index": Evil()}, Allowed(), np.zeros(2), sys.exit, slice(1), {"word_index": {}}, b"x", None]
)
def test_a_pickle_makes_nothing_else(held, capsys):
    with pytest.raises(ModelError, match="cannot be read"):
        vocabulary_of(pickle.dumps(held))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"\x80", b"cos\nsystem\n(S'echo hi'\ntR.", b"(lp0\n"])
def test_bytes_that_are_no_pickle(content):
    with pytest.raises(ModelError):
        vocabulary_of(content)


def test_files_of_another_version_are_refused(tmp_path, monkeypatch):
    (tmp_path / "tokenizer.pickle").write_bytes(pickle.dumps({}))
    monkeypatch.setattr(toxic_lstm, "folder", lambda: tmp_path)
    for name in toxic_lstm.FILES:
        with pytest.raises(ModelError, match=r"not that of version 0\.3\.0"):
            toxic_lstm._known_bytes(name)


def test_what_is_missing_is_said_with_the_command(monkeypatch):
    monkeypatch.setattr(toxic_lstm, "folder", lambda: None)
    assert "--no-deps toxic-comment-classifier==0.3.0" in toxic_lstm.obstacle()
    with pytest.raises(ModelError):
        toxic_lstm.load()


def test_loading_imports_nothing_of_the_package(model):
    assert not {"toxic_classifier", "tensorflow", "keras"} & sys.modules.keys()
