"""What the planner says of an exchange, beside what runs of three sizes write."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load, survey
from engine.exchange import ROWS_A_RANGE
from engine.forecast import TASK_SECONDS, UNIT_SECONDS, forecasts
from engine.local import Local
from engine.relation import Scale
from engine.routing import ROWS_A_GROUP_PARTITION, partitions_for
from engine.source.freeze import freeze
from operators.relations.near_groups import NearGroups
from operators.relations.neighbors import Neighbors
from tests.engine.static_model import write_static_model

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
WORDS = np.array([f"w{at:x}" for at in range(20_000)])


def documents(n):
    """Texts of about 60 words; one in ten repeats an earlier one and one in ten is an earlier one with three words changed."""
    rng = np.random.default_rng(7)
    made = []
    for at in range(n):
        if at > 20 and at % 10 == 3:
            made.append(made[int(rng.integers(0, at))])
        elif at > 20 and at % 10 == 6:
            words = made[int(rng.integers(0, at))].split(" ")
            words[int(rng.integers(0, len(words)))] = "edited"
            made.append(" ".join(words))
        else:
            made.append(" ".join(rng.choice(WORDS, int(rng.integers(30, 90)))))
    return made


@pytest.mark.parametrize("n", [20_000, 60_000, 120_000])
@pytest.mark.parametrize("metric", ["corpus.near_duplicates", "corpus.exact_duplicates"])
def test_a_forecast_is_within_a_quarter_of_what_is_written(tmp_path, n, metric):
    (tmp_path / "data").mkdir()
    for at, piece in enumerate(np.array_split(documents(n), 4)):
        pq.write_table(pa.table({"text": piece.tolist()}), tmp_path / f"data/{at}.parquet", row_group_size=5_000)
    plan_file = tmp_path / "audit.toml"
    plan_file.write_text(f'[subject]\npath = "data"\nmodality = "text"\n[metrics."{metric}"]\n')
    plan, graph, _ = survey(load(plan_file))
    ((name, said),) = forecasts(plan, graph, {side: freeze(plan.dataset(side)) for side in plan.sides})
    audit(load(plan_file), Local(2), str(tmp_path / "out"))
    wrote = json.loads((tmp_path / "out/provenance.json").read_text())["exchanged"][name]
    assert wrote["bytes"] == pytest.approx(said.exchanged_bytes, rel=0.25)
    assert wrote["kept_bytes"] == pytest.approx(said.kept_bytes, rel=0.25)
    assert wrote["files"] == pytest.approx(said.files, rel=0.25, abs=3)


@pytest.mark.parametrize("n", [2_000, 6_000])
@pytest.mark.parametrize("index", ["flat", "ivf"])
def test_a_forecast_of_neighbours_is_within_a_quarter_of_what_is_written(tmp_path, n, index):
    pytest.importorskip("torch")
    write_static_model(tmp_path / "model", WORDS.tolist(), dimensions=384)
    (tmp_path / "data").mkdir()
    for at, piece in enumerate(np.array_split(documents(n), 4)):
        pq.write_table(pa.table({"text": piece.tolist()}), tmp_path / f"data/{at}.parquet")
    plan_file = tmp_path / "audit.toml"
    plan_file.write_text(
        f'[subject]\npath = "data"\nmodality = "text"\n[features.text_embedding]\nmodel = "{tmp_path}/model"\n'
        f'[relations.neighbors]\nindex = "{index}"\n[metrics."corpus.knn_diversity"]\n'
    )
    plan, graph, _ = survey(load(plan_file))
    ((name, said),) = forecasts(plan, graph, {side: freeze(plan.dataset(side)) for side in plan.sides})
    audit(load(plan_file), Local(2), str(tmp_path / "out"))
    wrote = json.loads((tmp_path / "out/provenance.json").read_text())["exchanged"][name]
    assert wrote["bytes"] == pytest.approx(said.exchanged_bytes, rel=0.25)
    assert wrote["kept_bytes"] == said.kept_bytes == 0
    assert wrote["files"] == pytest.approx(said.files, rel=0.25, abs=3)


@pytest.mark.parametrize("n", [1_000, 4_000])
def test_a_forecast_of_shared_spans_is_within_a_quarter_of_what_is_written(tmp_path, n):
    rng = np.random.default_rng(n)
    for side in ("subject", "reference"):
        rows = [" ".join(rng.choice(WORDS, int(rng.integers(100, 900)))) for _ in range(n)]
        pq.write_table(pa.table({"text": rows}), tmp_path / f"{side}.parquet")
    plan_file = tmp_path / "audit.toml"
    sides = [f'[{side}]\npath = "{side}.parquet"\nmodality = "text"\n' for side in ("subject", "reference")]
    plan_file.write_text("".join(sides) + '[relations.shared_spans]\nplanted = 0\n[metrics."corpus.memorised_text"]\n')
    plan, graph, _ = survey(load(plan_file))
    ((name, said),) = forecasts(plan, graph, {side: freeze(plan.dataset(side)) for side in plan.sides})
    audit(load(plan_file), Local(2), str(tmp_path / "out"))
    wrote = json.loads((tmp_path / "out/provenance.json").read_text())["exchanged"][name]
    assert wrote["bytes"] == pytest.approx(said.exchanged_bytes, rel=0.25)
    assert wrote["kept_bytes"] == pytest.approx(said.kept_bytes, rel=0.25)


def test_the_hours_of_near_duplicates_are_those_that_were_measured():
    rows = json.loads((RESULTS / "dedup_scale.json").read_text())["rows"]
    assert [row["documents"] for row in rows] == [1_000_000, 5_000_000, 20_000_000]
    for row in rows:
        n = row["documents"]
        parts = partitions_for(n), partitions_for(n, ROWS_A_GROUP_PARTITION)
        said = NearGroups().forecast(Scale(n, int(68.6 * n), 8, max(1, n // ROWS_A_RANGE), *parts))  # bytes of the corpus
        assert said.cpu_seconds == pytest.approx(row["cpu_seconds"], rel=0.25)
        assert said.exchanged_bytes == pytest.approx(row["exchanged_mb"] * 1e6, rel=0.25)


def test_handing_out_work_takes_what_was_measured():
    measured = json.loads((RESULTS / "scheduling.json").read_text())
    assert measured["stream"]["seconds"] / measured["items"] == pytest.approx(UNIT_SECONDS, rel=0.25)
    assert measured["exchange"]["seconds"] / measured["items"] == pytest.approx(TASK_SECONDS, rel=0.25)


def test_the_hours_of_neighbours_are_those_that_were_measured():
    for row in json.loads((RESULTS / "neighbors.json").read_text())["cells"]:
        n = row["vectors"]
        said = Neighbors(index="ivf").forecast(Scale(n, 1000 * n, 10, 2, 2, 2))
        assert said.cpu_seconds == pytest.approx(row["seconds"], rel=0.25)
        assert said.task_bytes < row["peak_mb"] * 1e6


@pytest.mark.parametrize("n", [10**8, 10**9])
def test_a_billion_records_fit_tasks_of_a_few_gigabytes(n):
    """Ten times the records take about thirty times as long: cells are the root of them, and a power of two."""
    scale = Scale(n, 1000 * n, n // 10**5, n // 10**6, n // 10**6, n // 10**6)
    said, before = Neighbors().forecast(scale), Neighbors().forecast(replace(scale, records=n // 10))
    assert said.task_bytes < 8e9
    assert 20 < said.cpu_seconds / before.cpu_seconds < 45
