"""Metrics that a model of the plan's stands behind, through a whole audit; and what the report says where there is none."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.graph import resolve
from engine.local import Local
from engine.report.model import Status
from engine.schema import Side
from tests.operators.tiny_bert import write_classifier
from tests.operators.tiny_lm import model_of, write_lm

pytest.importorskip("torch")
pytest.importorskip("transformers")

ROWS = {
    "text": ["w1 w2. w3.", "w4 w5 w6.", None, "w7.", "w8 w9 w10 w11."],
    "context": ["w1 w2. w9.", "w1.", "w2.", None, "w8. w9 w10."],
    "samples": [["w1 w2.", "w3."], ["w1."], ["w2."], [], None],
}
METRICS = ("text.summac", "text.self_check_nli", "text.perplexity", "text.perplexity_gap", "text.loss_membership")
FEATURES = {
    "text.summac": "entailment",
    "text.self_check_nli": "sample_entailment",
    "text.perplexity": "token_losses",
    "text.perplexity_gap": "token_losses",
    "text.loss_membership": "token_losses",
}
"""What stands behind each."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name in ("nli", "lm"):
        (folder / name).mkdir()
    write_classifier(folder / "nli", window=48)
    write_lm(folder / "lm", model_of("llama"), starts=True)
    rows = {**ROWS, "samples": pa.array(ROWS["samples"], pa.list_(pa.string()))}
    pq.write_table(pa.table(rows), folder / "subject.parquet")
    pq.write_table(pa.table({"text": ["w20 w21 w22.", "w30.", "w1 w3."]}), folder / "reference.parquet")
    return folder


def planned(folder, to, features="", metrics=METRICS):
    plan = to / "audit.toml"
    asked = "".join(f'[metrics."{name}"]\n' for name in metrics)
    plan.write_text(
        f'[subject]\npath = "{folder}/subject.parquet"\nmodality = "text"\n'
        f'[reference]\npath = "{folder}/reference.parquet"\n{asked}{features}'
    )
    return load(plan)


def named(nli, lm):
    entailed = "".join(f'[features.{name}]\nmodel = "{nli}"\n' for name in ("entailment", "sample_entailment"))
    return f'{entailed}[features.token_losses]\nmodel = "{lm}"\n'


def test_a_whole_audit(folder, tmp_path):
    plan = planned(folder, tmp_path, named(folder / "nli", folder / "lm"))
    report = audit(plan, Local(1), str(tmp_path / "out"))
    counts = {name: report.result(name).value.n for name in METRICS}
    assert counts == {
        "text.summac": 3,
        "text.self_check_nli": 2,
        "text.perplexity": 4,
        "text.perplexity_gap": 7,
        "text.loss_membership": 7,
    }
    assert {cell.dimension: cell.status for cell in report.cells if cell.modality == "text"}["safety"] is Status.MEASURED
    kept = sorted(path.parent.name for path in (tmp_path / "out/features").rglob("*.arrow"))
    assert len(kept) == 4  # three features of the subject, one of the reference
    again = audit(plan, Local(1), str(tmp_path / "again"))
    assert [again.result(name).value for name in METRICS] == [report.result(name).value for name in METRICS]
    json.dumps(json.loads((tmp_path / "out/report.json").read_text()), allow_nan=False)


@pytest.mark.parametrize("metrics", [(*METRICS, "text.well_formed"), ()])
def test_where_no_model_is_named_the_report_says_what_to_name(folder, tmp_path, metrics):
    plan = planned(folder, tmp_path, metrics=metrics)
    assert (plan.metrics is None) == (not metrics)
    missing = resolve(plan, {Side.SUBJECT: tuple(ROWS), Side.REFERENCE: ("text",)}).missing
    for name, feature in FEATURES.items():
        assert missing[name].startswith(f"needs [features.{feature}] in the plan: ")
    if metrics:
        report = audit(plan, Local(1), str(tmp_path / "out"))
        assert {report.result(name).status for name in METRICS} == {Status.NOT_MEASURABLE}
        cell = next(cell for cell in report.cells if (cell.modality, cell.dimension) == ("text", "faithfulness"))
        assert "needs [features.entailment] in the plan" in cell.missing


def test_a_folder_that_is_not_there_leaves_its_cells_empty(folder, tmp_path):
    metrics = (*METRICS, "text.well_formed")
    report = audit(planned(folder, tmp_path, named("/no/nli", "/no/lm"), metrics), Local(1), str(tmp_path / "out"))
    assert report.result("text.well_formed").status is Status.MEASURED
    for name in METRICS:
        assert report.result(name).status is Status.NOT_MEASURABLE
        assert report.result(name).reason.endswith(": give the model's folder, its URL or its name on the hub")


def test_labels_without_a_meaning_are_known_before_anything_runs(folder, tmp_path):
    write_classifier(tmp_path / "other", ("LABEL_0", "LABEL_1", "LABEL_2"))
    plan = planned(folder, tmp_path, named(tmp_path / "other", folder / "lm"))
    missing = resolve(plan, {Side.SUBJECT: tuple(ROWS), Side.REFERENCE: ("text",)}).missing
    assert missing.keys() == {"text.summac", "text.self_check_nli"}
    assert missing["text.summac"].endswith("set entailment_label and contradiction_label under [features.entailment]")
