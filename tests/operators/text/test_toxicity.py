import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from engine.value import wilson
from operators.features.toxicity import LABELS
from operators.features.toxicity import Toxicity as Scores
from operators.kernels.identity_terms import mentioned
from operators.text.toxicity import Toxicity
from tests.operators.tiny_bert import write_classifier

DATA = Path(__file__).parents[4] / "shared" / "data" / "text"


def batch_of(texts):
    return pa.RecordBatch.from_pydict(
        {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "text": pa.array(texts, pa.string())}
    )


def scored(texts, **parameters):
    batch = batch_of(texts)
    for name, column in Scores(**parameters).open()(batch).items():
        batch = batch.append_column(name, column)
    return batch


def measure(texts, **parameters):
    metric = Toxicity(**parameters)
    return metric.value(metric.zero() + metric.fold(scored(texts)))


TEXTS = [
    "You are an idiot.",
    "Thank you for the help.",
    None,
    " ",
    "数据",
    "I am a gay man living in Paris",
    "Kill yourself, idiot!",
]


def test_by_hand():
    """0.995, 0.002, -, -, -, 0.797 and 0.98: three of four, of which one mentions people by what they are."""
    value = measure(TEXTS)
    assert (value.value, value.n, value.skipped) == (0.75, 4, {"no text": 1, "no score": 2})
    assert (value.low, value.high) == wilson(3, 4)
    assert (value.parts["identity"].value, value.parts["identity"].n) == (1.0, 1)
    assert (value.parts["no_identity"].value, value.parts["no_identity"].n) == (pytest.approx(2 / 3), 3)
    assert {"identity_gender", "identity_orientation", "insult", "threat", "mean"} <= value.parts.keys()
    assert {entry.record for entry in value.evidence} == {0, 5, 6}
    assert value.evidence[0].note.startswith("P(toxic) 0.99")
    assert sum(value.plot.counts) == 4


def test_against_plain_python():
    batch = scored(TEXTS * 3)
    rows = [row for row in batch.to_pylist() if row["toxicity"] is not None]
    value = measure(TEXTS * 3, threshold=0.8)
    at = np.float32(0.8)
    assert value.value == sum(row["toxicity"] >= at for row in rows) / len(rows)
    assert value.parts["mean"].value == pytest.approx(np.mean([row["toxicity"] for row in rows]), abs=1e-12)
    for label in LABELS:
        assert value.parts[label].value == sum(row["toxicity_labels"][label] >= at for row in rows) / len(rows)
    named = [row for row in rows if mentioned(pa.array([row["text"]]))["any"][0]]
    assert value.parts["identity"].value == sum(row["toxicity"] >= at for row in named) / len(named)


def test_a_classifier_without_these_labels(tmp_path):
    folder = write_classifier(tmp_path, labels=("neither", "offensive"))
    batch = scored(["w1 w2", "w3", None], model=str(folder))
    value = Toxicity().value(Toxicity().fold(batch))
    assert value.n == 2
    assert not set(LABELS) & value.parts.keys()
    assert batch["toxicity"].null_count == 1


def test_a_text_that_comes_again_has_the_same_score():
    found = scored(["You fool", "Hello there", "You fool", None])["toxicity"].to_pylist()
    assert found[0] == found[2] != found[1]
    assert found[3] is None


def test_slices_keep_their_rows():
    whole = scored(TEXTS)
    features = Scores().open()
    part = features(batch_of(TEXTS).slice(3, 4))
    assert part["toxicity"].to_pylist() == whole["toxicity"].to_pylist()[3:]
    one = Toxicity().fold(whole.slice(0, 3)) + Toxicity().fold(whole.slice(3))
    assert Toxicity().value(one) == Toxicity().value(Toxicity().fold(whole))


def test_without_the_wheel_the_command_is_named(monkeypatch):
    from operators.models import toxic_lstm

    monkeypatch.setattr(toxic_lstm, "folder", lambda: None)
    assert "pip install --no-deps toxic-comment-classifier" in Scores().obstacle()
    assert Scores(model="textwrap:shorten").obstacle() is None


@pytest.mark.skipif(not DATA.exists(), reason="needs the tweets")
def test_tweets_that_people_called_hateful_or_offensive():
    """Davidson et al. 2017: every tenth tweet; the classifier never saw a tweet."""
    from sklearn.metrics import roc_auc_score

    with (DATA / "davidson_hate" / "labeled_data.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::10]
    bad = [row["class"] != "2" for row in rows]
    scores = scored([row["tweet"] for row in rows])["toxicity"].fill_null(0).to_numpy(zero_copy_only=False)
    assert 0.87 < roc_auc_score(bad, scores) < 0.93
