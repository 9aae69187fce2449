"""What the planner says of the passes over tables: by laws, beside the states of real audits, and beside the benchmark."""

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load, survey
from engine.explain import plan as explained
from engine.explain import table_passes
from engine.forecast import CELL_BYTES, START_BYTES, START_SECONDS, Passes, passes
from engine.job import state_file
from engine.local import Local
from engine.schema import Side
from engine.source.freeze import freeze
from engine.store import Store
from operators.table.forecast import profile_cost, sample_cost
from operators.table.row_sample import CELLS
from operators.tabular.column_shapes import ColumnShapes
from operators.tabular.dcr import Dcr
from tests.operators.tabular.tables import batch

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


METRICS = {"tabular.column_shapes": "", "tabular.nndr": "size = 2000"}


def table(rows, numbers, texts, seed=1):
    """Columns that no sketch holds exactly: every number and every text is another."""
    draw = np.random.default_rng(seed)
    columns = {f"n{at}": draw.normal(size=rows) for at in range(numbers)}
    return columns | {f"t{at}": [f"{at}-{cell}" for cell in draw.integers(0, 1 << 40, rows)] for at in range(texts)}


def surveyed(folder, rows, metrics, columns=(3, 2)):
    """A plan over two files on either side, with what it comes to."""
    for side in ("subject", "reference"):
        (folder / side).mkdir(parents=True)
        for at in (0, 1):
            pq.write_table(pa.table(table(rows // 2, *columns, seed=at)), folder / side / f"{at}.parquet")
    lines = [f'[subject]\npath = "{folder}/subject"\nmodality = "tabular"\n[reference]\npath = "{folder}/reference"']
    (folder / "plan.toml").write_text(
        "\n".join([*lines, *(f'[metrics."{name}"]\n{METRICS.get(name, "")}' for name in metrics)])
    )
    plan, graph, available = survey(load(str(folder / "plan.toml")))
    return plan, graph, available, {side: freeze(plan.dataset(side)) for side in plan.sides}


def held_bytes(packed):
    """What the arrays, texts and numbers of a state take that a unit has committed."""
    if isinstance(packed, dict):
        if "data" in packed:
            return len(packed["data"]) * 3 // 4
        return sum(map(held_bytes, packed.values()))
    if isinstance(packed, list):
        return sum(map(held_bytes, packed))
    return len(packed) if isinstance(packed, str) else 8


def test_a_plan_tells_the_cost_of_its_rows_and_columns(tmp_path):
    plan, graph, available, manifests = surveyed(tmp_path, 1000, ["tabular.column_shapes", "tabular.tstr"])
    said = table_passes(plan, graph, manifests)
    assert said == passes(graph, dict.fromkeys(manifests, 1000), dict.fromkeys(manifests, 5))
    lines = explained(plan, graph, available, manifests, 2)
    assert "passes: under a minute on 2 cores" in lines
    assert f"at most {said.peak_bytes(2) / 1e9:.1f} GB of memory" in lines


def test_seconds_are_a_start_and_a_line_in_the_rows_and_memory_does_not_depend_on_them(tmp_path):
    _, graph, _, manifests = surveyed(tmp_path, 100, ["tabular.column_pairs", "tabular.association_difference"])
    costs = [passes(graph, dict.fromkeys(manifests, n), dict.fromkeys(manifests, 15)) for n in (0, 10**6, 10**7, 10**8)]
    none, *more = (cost.cpu_seconds for cost in costs)
    assert none >= START_SECONDS
    assert [(cost - none) / (more[0] - none) for cost in more] == pytest.approx([1, 10, 100])
    assert len({cost.peak_bytes(2) for cost in costs}) == 1
    assert costs[0].peak_bytes(8) - START_BYTES == 4 * (costs[0].peak_bytes(2) - START_BYTES)


def test_distances_cost_their_pairs_of_rows_up_to_what_is_compared_at_most():
    values = [Dcr().cost(15, n).value_seconds for n in (10_000, 20_000, 10**6, 10**8)]
    assert values[1] == pytest.approx(4 * values[0])
    assert values[2] == values[3]


def test_sides_are_added_and_metrics_that_share_a_state_cost_no_more(tmp_path):
    _, one, _, manifests = surveyed(tmp_path / "one", 100, ["tabular.column_shapes"])
    _, many, _, _ = surveyed(tmp_path / "many", 100, ["tabular.column_shapes", "tabular.column_pairs", "tabular.accuracy"])
    columns = dict.fromkeys(manifests, 15)
    cost = passes(one, dict.fromkeys(manifests, 10**6), columns)
    assert cost == passes(many, dict.fromkeys(manifests, 10**6), columns)
    lopsided = passes(one, {Side.SUBJECT: 2 * 10**6, Side.REFERENCE: 0}, columns)
    assert lopsided.cpu_seconds == pytest.approx(cost.cpu_seconds)


def test_what_was_not_measured_is_named(tmp_path):
    _, graph, _, manifests = surveyed(tmp_path, 100, ["tabular.column_shapes", "tabular.constraints"])
    said = passes(graph, dict.fromkeys(manifests, 10), dict.fromkeys(manifests, 5))
    assert said.unmeasured == ("tabular.constraints",)


@pytest.mark.parametrize("columns", [(2, 1), (8, 4)])
def test_the_states_of_an_audit_are_within_what_is_said_and_do_not_grow(tmp_path, columns):
    held = []
    for rows in (20_000, 60_000):
        folder = tmp_path / str(rows)
        plan, _, _, _ = surveyed(folder, rows, [*METRICS], columns)
        audit(plan, Local(1), str(folder / "out"))
        states = Store(str(folder / "out")).read_packed(state_file("subject", 0))["states"]
        held.append({name: held_bytes(state) for name, state in states.items()})
    width = sum(columns)
    for said, name in ((profile_cost(width), "tabular.profile"), (sample_cost(width, 2000, CELLS), "tabular.rows.2000")):
        assert max(sizes[name] for sizes in held) <= said.state_bytes, name
        assert held[1][name] < 2 * held[0][name]  # cells are halved where there are too many: no more than half of them is free


def test_a_fold_stays_within_the_memory_of_its_worker():
    rows, width = 65_536, 12
    records = batch(table(rows, 8, 4))
    metric = ColumnShapes()
    state = metric.fold(records)
    tracemalloc.start()
    state = state + metric.fold(records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows * width * CELL_BYTES + 2 * metric.cost(width, rows).state_bytes


def test_seconds_and_memory_are_those_that_were_measured():
    figures = json.loads((RESULTS / "tabular.json").read_text())
    for row in figures["results"]:
        said, ours = row["planned"], row["ours"]
        assert ours["peak_mb"] < said["peak_mb"]
        if row["rows"] >= 1_000_000:
            assert said["cpu_seconds"] == pytest.approx(ours["cpu_seconds"], rel=0.25)
    small, large = (row["ours"]["peak_mb"] for row in figures["results"][-2:])
    assert large < 1.15 * small


def test_words():
    said = Passes(7200.0, 10**9, ())
    assert said.peak_bytes(4) == START_BYTES + 4 * 10**9
