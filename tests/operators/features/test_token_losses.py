"""The numbers of a text beside the formulas of the published codes, from transformers' own losses."""

import zlib

import numpy as np
import pyarrow as pa
import pytest

from operators.features.token_losses import TokenLosses, lowest_mean
from tests.operators.models.test_causal import slowly, texts
from tests.operators.tiny_lm import model_of, write_lm

pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_lm(tmp_path_factory.mktemp("lm"), model_of("gpt2"))


def measured(rows, **parameters):
    found = TokenLosses(**parameters).open()(pa.RecordBatch.from_pydict({"text": pa.array(rows, pa.string())}))
    assert {name: column.type for name, column in found.items()} == dict(TokenLosses.writes)
    return {name: column.to_pylist() for name, column in found.items()}


def min_k(log_p, ratio):
    """Of swj0419/detect-pretrain-code and zjysteven/mink-plus-plus."""
    length = int(len(log_p) * ratio)
    return np.mean(np.sort(log_p)[:length])


def test_the_columns_are_the_published_formulas(model):
    rows = texts(30, least=6)
    found = measured(rows, model=str(model))
    for at, text in enumerate(rows):
        log_p, normalised = slowly(model, text)
        assert found["loss_sum"][at] == pytest.approx(-log_p.sum(), rel=1e-5)
        assert found["loss_tokens"][at] == len(text.split()) - 1
        assert found["loss_lowest"][at] == pytest.approx(min_k(log_p, 0.2), rel=1e-4)
        assert found["loss_lowest_normalised"][at] == pytest.approx(min_k(normalised, 0.2), rel=1e-3, abs=1e-4)
        assert found["loss_zlib_bytes"][at] == len(zlib.compress(bytes(text, "utf-8")))
        assert found["loss_bytes"][at] == len(text.split(" ", 1)[1]) + 1
        assert found["loss_cut"][at] is False


def test_lowest_of_few_tokens_is_the_lowest_one():
    rng = np.random.default_rng(0)
    for size in (1, 3, 4, 5, 50):
        values = rng.normal(size=size)
        count = max(1, int(size * 0.2))
        assert lowest_mean(values, 20) == pytest.approx(np.sort(values)[:count].mean())


def test_texts_without_a_token_to_judge_have_none(model):
    found = measured(["w1 w2", None, "", "w1", " ", "w1 w2"], model=str(model))
    there = [value is not None for value in found["loss_sum"]]
    assert there == [True, False, False, False, False, True]
    for name, column in found.items():
        assert [value is not None for value in column] == ([False] * 6 if name == "loss_baseline" else there)
    assert found["loss_sum"][0] == found["loss_sum"][5]
    started = measured(["w1 w2", None, "", "w1"], model=str(model), start="always")
    assert started["loss_tokens"] == [2, None, None, 1]
    assert started["loss_bytes"] == [5, None, None, 2]
    assert measured([], model=str(model))["loss_sum"] == []


def test_a_text_that_goes_on_is_counted(model):
    found = measured(["w1 " * 30, "w1 w2"], model=str(model), max_tokens=10)
    assert (found["loss_cut"], found["loss_tokens"]) == ([True, False], [9, 1])
    assert found["loss_zlib_bytes"][0] == len(zlib.compress(b"w1 " * 9 + b"w1"))


def test_the_baseline_is_the_other_model_a_byte(model, tmp_path):
    write_lm(tmp_path, model_of("llama"), starts=True)
    rows = ["w1 w2 w3", None, "w4", "w5 w6"]
    both = measured(rows, model=str(model), baseline_model=str(tmp_path))
    alone = measured(rows, model=str(tmp_path))
    assert [value is not None for value in both["loss_baseline"]] == [True, False, False, True]
    for at in (0, 3):
        assert both["loss_baseline"][at] == pytest.approx(alone["loss_sum"][at] / len(rows[at]), rel=1e-6)
    feature = TokenLosses(model=str(model), baseline_model=str(tmp_path))
    assert feature.identity() != TokenLosses(model=str(model)).identity()
    assert "there is no folder" in TokenLosses(model=str(model), baseline_model=str(tmp_path / "none")).obstacle()


def test_no_model_is_a_sentence(tmp_path):
    assert TokenLosses().obstacle().startswith("needs [features.token_losses] in the plan")
    assert "there is no folder" in TokenLosses(model=str(tmp_path / "none")).obstacle()
