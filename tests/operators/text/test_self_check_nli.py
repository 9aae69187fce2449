"""SelfCheckGPT's aggregation by hand, and beside transformers a pair at a time."""

import numpy as np
import pyarrow as pa
import pytest

from operators.features.sample_entailment import SampleEntailment
from operators.kernels.sentences import sentences
from operators.text.self_check_nli import SelfCheckNli
from tests.operators.entailment_given import Slowly, measured, model_in, texts


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_in(tmp_path_factory.mktemp("nli"))


def test_by_hand():
    columns = {
        "_id": range(3),
        "_fault": pa.nulls(3, pa.string()),
        "sample_contradiction": [[0.1, 0.7], None, [0.5]],
        "sample_entailment_cut": [False, None, True],
    }
    batch = pa.RecordBatch.from_pydict(columns)
    value = SelfCheckNli().value(SelfCheckNli().fold(batch[:1]) + SelfCheckNli().fold(batch[1:]))
    # (0.1 + 0.7) / 2 = 0.4, and 0.5.
    assert (value.value, value.n, value.skipped) == (pytest.approx(0.45), 2, {"no sentence or no sample": 1})
    assert {name: part.value for name, part in value.parts.items()} == {"records that the model saw in part": 0.5}
    assert [(entry.record, entry.note) for entry in value.evidence] == [
        (0, "sentence 2 of 2: contradicted 0.70"),
        (2, "sentence 1 of 1: contradicted 0.50"),
    ]


def test_self_check_is_the_published_mean_over_sentences_and_samples(model):
    mine, ask = texts(8), Slowly(model)
    samples = [texts(int(at % 3) + 1, seed=at) for at in range(8)]
    scores = []
    for text, others in zip(mine, samples, strict=True):
        pairs = [ask(sample, sentence) for sentence in sentences(pa.array([text]))[0] for sample in others]
        scores.append(np.mean([p[0] / (p[0] + p[2]) for p in pairs]))
    value = measured(SelfCheckNli(), SampleEntailment(model=str(model)), {"text": mine, "samples": samples})
    assert value.value == pytest.approx(np.mean(scores), abs=1e-6)


def test_what_is_skipped(model):
    columns = {"text": ["w1.", "w1", "w1", "w1", None], "samples": [["w2", None, ""], [None], [], None, ["w1"]]}
    value = measured(SelfCheckNli(), SampleEntailment(model=str(model)), columns)
    assert (value.n, value.skipped) == (1, {"no sentence or no sample": 4})
