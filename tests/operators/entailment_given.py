"""Texts and a model of natural-language inference for tests, and that model by transformers a pair at a time."""

import numpy as np
import pyarrow as pa
import pytest

from tests.operators.tiny_bert import write_classifier

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
LABELS = ("CONTRADICTION", "neutral", "Entailment")


def model_in(folder):
    return write_classifier(folder, LABELS, window=48)


def texts(n, most=4, seed=0):
    rng = np.random.default_rng(seed)

    def sentence():
        return " ".join(f"w{at}" for at in rng.integers(0, 60, int(rng.integers(1, 9)))) + "."

    return [" ".join(sentence() for _ in range(int(rng.integers(1, most + 1)))) for _ in range(n)]


class Slowly:
    """Probabilities of (contradiction, neutral, entailment) by transformers, a pair at a time."""

    def __init__(self, folder):
        self.model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
        self.tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))

    def __call__(self, premise, hypothesis):
        with torch.inference_mode():
            given = self.tokenizer(premise, hypothesis, return_tensors="pt", return_token_type_ids=True)
            return self.model(**given).logits[0].softmax(-1).tolist()


def batch_of(columns):
    n = len(next(iter(columns.values())))
    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(range(n), pa.int64()),
            "_fault": pa.nulls(n, pa.string()),
            **{
                name: pa.array(rows, pa.list_(pa.string()) if name == "samples" else pa.string())
                for name, rows in columns.items()
            },
        }
    )


def measured(metric, feature, columns):
    batch = batch_of(columns)
    found = feature.open()(batch)
    assert {name: column.type for name, column in found.items()} == dict(feature.writes)
    whole = pa.RecordBatch.from_pydict({**{name: batch[name] for name in batch.schema.names}, **found})
    state = metric.fold(whole[:1]) + metric.fold(whole[1:])
    return metric.value(state)
