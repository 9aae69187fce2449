"""Vectors of rows: their cosines beside Gower's distance in plain Python, and audits of whole tables through neighbours."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.errors import PlanError
from engine.local import Local
from operators.features.row_embedding import RowEmbedding
from operators.kernels.vectors import matrix
from tests.operators.tabular.real_distances import plain_distance, records
from tests.operators.tabular.tables import batch

RANGES = {"age": (0.0, 90.0), "pay": (0.0, 1000.0), "day": ("2020-01-01", "2024-01-01T00:00:00+00:00")}
DAYS = np.datetime64("2020-01-01") + np.arange(1462).astype("timedelta64[D]")


def people(n, seed):
    draw = np.random.default_rng(seed)
    table = {
        "age": [None if at % 11 == 0 else float(at) for at in draw.integers(0, 90, n)],
        "pay": draw.uniform(0, 1000, n).tolist(),
        "day": [str(DAYS[at]) for at in draw.integers(0, 1462, n)],
        "job": draw.choice(list("abcdefgh"), n).tolist(),
        "city": [None if at == 0 else f"c{at}" for at in draw.integers(0, 9, n)],
    }
    return {name: [cell.item() if hasattr(cell, "item") else cell for cell in cells] for name, cells in table.items()}


def vectors(table, feature, types=None):
    return matrix(feature.open()(batch(table, types))["embedding"])


def test_cosines_are_one_minus_gowers_distance():
    table = people(120, 1)
    found, valid = vectors(table, RowEmbedding(RANGES, steps=128, d=4096))
    assert valid.all()
    numbers = {**table, "day": [float((np.datetime64(day) - DAYS[0]).astype(int)) for day in table["day"]]}
    rows = records(numbers)
    spans = {"age": 90.0, "pay": 1000.0, "day": 1461.0, "job": None, "city": None}
    apart = np.array([[plain_distance(a, b, spans) for b in rows] for a in rows])
    cosines = found @ found.T
    assert np.abs(1 - cosines - apart).max() < 0.06
    assert np.corrcoef(cosines.ravel(), apart.ravel())[0, 1] < -0.995


def test_near_numbers_are_nearer_than_far_ones_and_ends_are_ends():
    table = {"age": [10.0, 11.0, 30.0, 90.0, 500.0, -3.0, 0.0]}
    found, _ = vectors(table, RowEmbedding({"age": (0.0, 90.0)}))
    to_first = found @ found[0]
    assert to_first[1] > to_first[2] > to_first[3]
    assert np.array_equal(found[3], found[4])
    assert np.array_equal(found[5], found[6])


def test_spelling_changes_nothing_ids_do_not_count_and_a_category_is_equal_or_not():
    table = {"zip": ["10001", " 10001", "10002"], "key": ["a", "b", "c"], "gap": [None, "", "NaN"]}
    found, _ = vectors(table, RowEmbedding({"zip": (0.0, 99999.0)}), {"zip": "category", "key": "id"})
    assert np.array_equal(found[0], found[1])
    assert found[0] @ found[2] == pytest.approx(0.5, abs=0.05)  # the gaps are equal, the zips are not
    rows = pa.array([{"a": 1}, None])
    given = pa.RecordBatch.from_pydict({"row": rows, "_fault": pa.nulls(2, pa.string())})
    assert RowEmbedding().open()(given)["embedding"].is_valid().to_pylist() == [True, False]


def audited(folder, sides, metrics, feature):
    plan = [f'[{side}]\npath = "{side}.parquet"\nmodality = "tabular"\n' for side in sides]
    for side, table in sides.items():
        folder.mkdir(exist_ok=True)
        pq.write_table(pa.table(table), folder / f"{side}.parquet")
    (folder / "plan.toml").write_text("".join(plan) + feature + "".join(f'[metrics."{metric}"]\n' for metric in metrics))
    report = audit(load(folder / "plan.toml"), Local(1), str(folder / "out"))
    return {metric: report.result(metric).value for metric in metrics}


FEATURE = '[features.row_embedding]\nranges = { age = [0, 90], pay = [0, 1000], day = ["2020-01-01", "2024-01-01"] }\n'
PAIRS = (("corpus.dcr_share", "tabular.dcr"), ("corpus.membership_inference", "tabular.membership"))


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_whole_tables_are_compared_through_neighbours_as_drawn_ones_are_by_themselves(tmp_path, share):
    reference, holdout, fresh = (people(500, seed) for seed in (1, 2, 3))
    subject = {name: reference[name][: int(500 * share)] + cells[int(500 * share) :] for name, cells in fresh.items()}
    sides = {"subject": subject, "reference": reference, "holdout": holdout}
    found = audited(tmp_path, sides, [name for pair in PAIRS for name in pair], FEATURE)
    for through, alone in PAIRS:
        assert found[through].value == pytest.approx(found[alone].value, abs=0.03)
        assert (found[through].low > 0.5) == (found[alone].low > 0.5) == (share > 0)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ("", "say the ranges"),
        ("ranges = { age = [90, 0] }", "ends where it begins"),
        ('ranges = { day = ["soon", "later"] }', "ISO 8601"),
    ],
)
def test_ranges_must_be_given_and_be_ranges(tmp_path, ranges, said):
    with pytest.raises(PlanError, match=said):
        audited(tmp_path, {"subject": people(5, 1)}, ["corpus.vendi_score"], f"[features.row_embedding]\n{ranges}\n")
