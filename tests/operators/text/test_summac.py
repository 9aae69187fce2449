"""SummaC's aggregation by hand, and beside transformers a pair at a time."""

import numpy as np
import pyarrow as pa
import pytest

from operators.features.entailment import Entailment
from operators.kernels.sentences import sentences
from operators.text.summac import Summac
from tests.operators.entailment_given import Slowly, measured, model_in, texts


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_in(tmp_path_factory.mktemp("nli"))


def test_by_hand():
    columns = {
        "_id": range(3),
        "_fault": pa.nulls(3, pa.string()),
        "sentence_entailment": [[0.9, 0.2], [0.5], None],
        "sentence_contradiction": [[0.1, 0.7], [0.25], None],
        "entailment_cut": [False, True, None],
    }
    batch = pa.RecordBatch.from_pydict(columns)
    value = Summac().value(Summac().fold(batch[:1]) + Summac().fold(batch[1:]))
    # ((0.9 - 0.1) + (0.2 - 0.7)) / 2 = 0.15, and 0.5 - 0.25 = 0.25.
    assert (value.value, value.n, value.skipped) == (pytest.approx(0.2), 2, {"no sentence in text or context": 1})
    assert {name: part.value for name, part in value.parts.items()} == {
        "entailment": pytest.approx((0.55 + 0.5) / 2),
        "contradiction": pytest.approx((0.4 + 0.25) / 2),
        "records that the model saw in part": 0.5,
    }
    assert [(entry.record, entry.note) for entry in value.evidence] == [
        (0, "sentence 2 of 2: entailed 0.20, contradicted 0.70"),
        (1, "sentence 1 of 1: entailed 0.50, contradicted 0.25"),
    ]


def test_summac_is_the_published_aggregation_of_the_models_probabilities(model):
    mine, theirs, ask = texts(12), texts(12, 6, seed=1), Slowly(model)
    scores = []
    for text, context in zip(mine, theirs, strict=True):
        of_sentences = []
        for sentence in sentences(pa.array([text]))[0]:
            image = [ask(premise, sentence) for premise in sentences(pa.array([context]))[0]]
            of_sentences.append(max(p[2] for p in image) - max(p[0] for p in image))
        scores.append(sum(of_sentences) / len(of_sentences))
    value = measured(Summac(), Entailment(model=str(model)), {"text": mine, "context": theirs})
    assert value.value == pytest.approx(np.mean(scores), abs=1e-6)
    assert np.std(scores) > 0.05
    half = 1.959964 * np.std(scores, ddof=1) / np.sqrt(12)
    assert (value.low, value.high) == (
        pytest.approx(np.mean(scores) - half, abs=1e-5),
        pytest.approx(np.mean(scores) + half, abs=1e-5),
    )
    assert value.parts["records that the model saw in part"].value == 0


def test_what_is_skipped(model):
    columns = {"text": ["w1.", None, "...", "w1.", "w2"], "context": ["w2. w3", "w1", "w1", "", None]}
    value = measured(Summac(), Entailment(model=str(model)), columns)
    assert (value.n, value.skipped) == (1, {"no sentence in text or context": 4})
