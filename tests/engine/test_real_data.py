"""Real data beside the checkout, where it is there: what is known of it beforehand is what an audit finds."""

from pathlib import Path

import pytest

from engine.audit import audit, exit_code, load
from engine.local import Local

TEXT = Path(__file__).resolve().parents[3] / "shared" / "data" / "text"
pytestmark = pytest.mark.skipif(not TEXT.is_dir(), reason="no real data beside the checkout")
MODELS = ("NullModel", "alpaca-7b", "gemma-2b-it", "text_davinci_003")


def audited(folder, subject, columns):
    plan = folder / "audit.toml"
    plan.write_text(
        f'[subject]\npath = "{TEXT / subject}"\nmodality = "text"\ncolumns = {columns}\n'
        f'[reference]\npath = "{TEXT / "wikitext2"}"\n'
    )
    report = audit(load(plan), Local(2), str(folder / "out"))
    assert exit_code(report) == 0
    return {result.metric: result.value for result in report.results if result.value is not None}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    columns = '{ prompt = "instruction", response = "output" }'
    return {
        model: audited(tmp_path_factory.mktemp(model), f"alpaca_eval_outputs/{model}/model_outputs.json", columns)
        for model in MODELS
    }


def test_one_constant_answer_is_at_the_floor(outputs):
    null = outputs["NullModel"]
    assert null["corpus.exact_duplicates"].value == 804 / 805
    assert null["text.self_bleu"].value == 1.0
    others = [outputs[model]["text.distinct_n"].value for model in MODELS[1:]]
    assert null["text.distinct_n"].value < min(others) / 100


def test_ordinary_models_look_ordinary(outputs):
    for model in MODELS[1:]:
        values = outputs[model]
        assert values["corpus.exact_duplicates"].value < 0.05
        assert values["text.well_formed"].value > 0.95
        assert 0.1 < values["text.self_bleu"].value < 0.4
        assert values["text.ngram_jsd"].value < outputs["NullModel"]["text.ngram_jsd"].value
        assert values["corpus.exact_overlap"].value == 0.0


def test_alpaca_beside_wikitext(tmp_path):
    columns = '{ prompt = ["instruction", "input"], response = "output" }'
    values = audited(tmp_path, "alpaca_en_demo/alpaca_en_demo.json", columns)
    assert values["text.well_formed"].n == 999
    assert values["corpus.exact_duplicates"].value == pytest.approx(14 / 999)
    assert values["text.language_id"].value > 0.97
