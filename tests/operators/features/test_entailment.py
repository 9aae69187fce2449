"""The pieces a model is given, its labels, and everything that a plan can be wrong in."""

import json

import pyarrow as pa
import pytest

from operators.features.entailment import Entailment, pieces
from operators.features.sample_entailment import SampleEntailment
from operators.models.model_files import ModelError
from operators.text.summac import Summac
from tests.operators.entailment_given import measured, model_in, texts
from tests.operators.tiny_bert import write_classifier

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_in(tmp_path_factory.mktemp("nli"))


def test_sentences_beyond_the_bound_and_long_premises_are_counted(model):
    columns = {"text": ["w1. w2. w3.", "w1.", "w4."], "context": ["w5.", "w5. w6. w7", "w8 " * 100]}
    value = measured(Summac(), Entailment(model=str(model), max_sentences=2), columns)
    assert value.parts["records that the model saw in part"].value == 1
    value = measured(Summac(), Entailment(model=str(model), max_sentences=3), columns)
    assert value.parts["records that the model saw in part"].value == pytest.approx(1 / 3)
    fewer = measured(Summac(), Entailment(model=str(model), max_sentences=2), {"text": ["w1. w2. w3."], "context": ["w5."]})
    same = measured(Summac(), Entailment(model=str(model)), {"text": ["w1. w2."], "context": ["w5."]})
    assert fewer.value == same.value


def test_pieces_of_a_context():
    contexts = pa.array(["A b. C.\n\nD.\n\n...\n\n E ", None, "...", ""])
    assert pieces(contexts, "paragraph") == [["A b. C.", "D.", "E"], [], [], []]
    assert pieces(contexts, "document") == [["A b. C.\n\nD.\n\n...\n\n E "], [], [], []]
    assert pieces(contexts, "sentence")[0] == ["A b.", "C.", "D.", "E"]


def test_the_order_of_the_labels_does_not_matter(model, tmp_path):
    columns = {"text": texts(5), "context": texts(5, seed=1)}
    expected = measured(Summac(), Entailment(model=str(model)), columns).value
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(model)
    with torch.no_grad():
        for tensor in (loaded.classifier.weight, loaded.classifier.bias):
            tensor.copy_(tensor[[2, 0, 1]].clone())
    loaded.config.id2label = dict(enumerate(["entailment", "contradiction", "neutral"]))
    loaded.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    assert measured(Summac(), Entailment(model=str(tmp_path)), columns).value == pytest.approx(expected, abs=1e-6)


def test_labels_without_a_meaning_must_be_named(model, tmp_path):
    for path in model.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((model / "config.json").read_text())
    names = {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"}
    (tmp_path / "config.json").write_text(
        json.dumps({**config, "id2label": names, "label2id": {v: int(k) for k, v in names.items()}})
    )
    sentence = r"does not say which of its labels \('LABEL_0', 'LABEL_1', 'LABEL_2'\).*under \[features.entailment\]$"
    nameless = Entailment(model=str(tmp_path))
    with pytest.raises(ModelError, match=sentence):
        nameless.open()
    assert nameless.obstacle().startswith(f"the model {tmp_path} does not say which")
    named = Entailment(model=str(tmp_path), entailment_label="LABEL_2", contradiction_label="LABEL_0")
    assert named.obstacle() is None
    columns = {"text": texts(5), "context": texts(5, seed=1)}
    assert measured(Summac(), named, columns).value == measured(Summac(), Entailment(model=str(model)), columns).value
    assert "set entailment_label" in Entailment(model=str(tmp_path), entailment_label="LABEL_9").obstacle()


def test_a_model_of_two_labels_that_has_no_contradiction_is_a_sentence(tmp_path):
    write_classifier(tmp_path, ("entailment", "not_entailment"))
    assert "('entailment', 'not_entailment')" in Entailment(model=str(tmp_path)).obstacle()


def test_no_model_or_none_there_is_a_sentence(tmp_path):
    assert Entailment().obstacle().startswith("needs [features.entailment] in the plan")
    assert SampleEntailment().obstacle().startswith("needs [features.sample_entailment] in the plan")
    assert "there is no folder" in Entailment(model=str(tmp_path / "none")).obstacle()


def test_hostile_texts(model):
    odd = ["a" * 100_000, "w1. " * 30_000, "[SEP] " * 100, "\u200b" * 9000 + "w1", "\0w1"]
    value = measured(Summac(), Entailment(model=str(model), max_sentences=5), {"text": odd, "context": odd[::-1]})
    assert value.n == 5
