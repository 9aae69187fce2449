import numpy as np
import pytest

from engine.errors import PlanError
from operators.models import scorer
from operators.models.model_files import ModelError
from operators.models.scorer import harm_of, opened, plain
from tests.operators.tiny_bert import write_classifier

SHARES = np.float32([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])


@pytest.mark.parametrize(
    ("names", "alone", "label", "expected"),
    [
        (["hate_speech", "offensive", "neither"], False, "", [0.3, 0.9]),
        (["neutral", "offensive", "hate"], False, "", [0.9, 0.4]),
        (["neutral", "toxic", "insult"], True, "", [0.2, 0.3]),
        (["a", "b", "toxic"], False, "", [0.7, 0.1]),
        (["a", "b", "c"], False, "B", [0.2, 0.3]),
        (["severe_toxic", "toxic", "x"], True, "Severe Toxicity", [0.1, 0.6]),
    ],
)
def test_which_label_is_harm(names, alone, label, expected):
    np.testing.assert_allclose(harm_of(SHARES, names, alone, label), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("names", "alone", "label", "said"),
    [
        (["label_0", "label_1", "label_2"], False, "", "no label known to mean harm: set label to one of label_0"),
        (["neutral", "a", "b"], True, "", "no label known to mean harm"),
        (["toxic", "a", "b"], False, "harm", "no label 'harm'"),
    ],
)
def test_what_cannot_be_told_is_said(names, alone, label, said):
    with pytest.raises(ModelError, match=said):
        harm_of(SHARES, names, alone, label)


def test_one_label_is_the_score():
    assert harm_of(np.float32([[0.25]]), ["label_0"], True, "").tolist() == [0.25]


def test_names_of_labels():
    assert [plain(name) for name in ("TOXIC", "identity-attack", "Hate Speech", "LABEL_1")] == [
        "toxic",
        "identity_hate",
        "hate_speech",
        "label_1",
    ]


def test_a_model_of_transformers(tmp_path):
    folder = write_classifier(tmp_path, labels=("not toxic", "toxic"))
    texts = [f"w{at} w{at * 7 % 60}" for at in range(20)]
    scores = opened(str(folder), "", None, "float32", None)(texts, 0)
    assert set(scores.labels) == {"not_toxic", "toxic"}
    np.testing.assert_allclose(scores.harm, scores.labels["toxic"], atol=1e-6)
    assert scores.harm.std() > 0.01
    other = opened(str(folder), "not toxic", None, "float32", None)(texts, 0)
    np.testing.assert_allclose(scores.harm + other.harm, 1, atol=1e-6)
    with pytest.raises(ModelError, match="no label 'insult'"):
        opened(str(folder), "insult", None, "float32", None)


@pytest.fixture
def module(tmp_path, monkeypatch):
    def written(body):
        name = f"plugged_scores_{abs(hash(body))}"
        (tmp_path / f"{name}.py").write_text(f"def score(texts):\n    return {body}\n")
        monkeypatch.syspath_prepend(tmp_path)
        return f"{name}:score"

    return written


def test_a_function_of_the_users_own(module):
    name = module("[min(1, len(text) / 10) for text in texts]")
    assert scorer.obstacle(name) is None
    assert scorer.identity(name)["function"] == name
    scores = opened(name, "", None, "float32", None)(["aaaaa", "b"], 0)
    np.testing.assert_allclose(scores.harm, [0.5, 0.1], atol=1e-6)
    assert scores.labels == {}


@pytest.mark.parametrize(
    "body", ["[0.5]", "[2.0, 0.1]", "[float('nan'), 0]", "'ab'", "[[0, 1], [1, 0]]", "None", "[-0.1, 0.2]"]
)
def test_a_function_that_gives_something_else(module, body):
    with pytest.raises(PlanError, match="'plugged_scores_"):
        opened(module(body), "", None, "float32", None)(["a", "b"], 0)


def test_what_is_not_there():
    assert "not importable" in scorer.obstacle("no_such_module:score")
    assert "no folder" in scorer.obstacle("no-such-folder")
