"""The plan's types of a table's columns: checked, inherited, carried to the metrics, and found by `auditor init`."""

import datetime
import tomllib

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import survey
from engine.errors import PlanError
from engine.guess import guess
from engine.guess_types import suggestion
from engine.plan import parse
from engine.schema import KIND, ROW, Side
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.read import read
from operators.table.observe import declared


def plan_of(path, **subject):
    return parse({"subject": {"path": str(path), "modality": "tabular", **subject}, "reference": {"path": str(path)}})


@pytest.fixture(params=["csv", "parquet", "jsonl"])
def table(request, tmp_path):
    frame = pd.DataFrame({"age": [31, 45, 28], "city": ["a", "b", "a"], "when": ["01.02.2020", "03.02.2020", None]})
    path = tmp_path / f"t.{request.param}"
    if request.param == "csv":
        frame.to_csv(path, index=False)
    elif request.param == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    return path


def test_they_travel_with_the_rows(table):
    dataset = plan_of(table, types={"age": "category", "when": "datetime:%d.%m.%Y"}).subject
    manifest = freeze(dataset, 1 << 20)
    (batch,) = read(dataset, manifest, manifest.units[0], (ROW,))
    assert {field.name: declared(field) for field in batch[ROW].type} == {
        "age": "category",
        "city": "",
        "when": "datetime:%d.%m.%Y",
    }
    assert batch[ROW].type.field("age").metadata == {KIND: b"category"}
    assert batch.slice(1)[ROW].filter(pa.array([True, False])).type.field("age").metadata == {KIND: b"category"}


def test_the_reference_has_the_subjects_unless_it_says_otherwise(table):
    assert plan_of(table, types={"age": "id"}).reference.types == {"age": "id"}
    own = parse(
        {
            "subject": {"path": str(table), "modality": "tabular", "types": {"age": "id"}},
            "reference": {"path": str(table), "types": {"age": "number"}},
        }
    )
    assert own.dataset(Side.REFERENCE).types == {"age": "number"}


def test_what_is_no_type_is_refused(table):
    with pytest.raises(PlanError, match=r"subject\.types\.age"):
        plan_of(table, types={"age": "numbr"})
    with pytest.raises(PlanError, match="they are for the columns of tables"):
        parse({"subject": {"path": "a.jsonl", "modality": "text", "types": {"a": "number"}}})
    with pytest.raises(PlanError, match=r"types names 'agee'.*did you mean 'age'"):
        survey(plan_of(table, types={"agee": "number"}))


def test_init_writes_what_it_found(tmp_path):
    rows = {
        "id": [f"r{n}" for n in range(40)],
        "age": [str(n + 20) if n % 10 else "?" for n in range(40)],
        "joined": [f"2020-01-{n % 28 + 1:02d}" for n in range(40)],
        "city": ["Brno", "Praha"] * 20,
        "vip": ["true", "false"] * 20,
        "note": [f"word {n}" for n in range(40)],
        "none": [""] * 40,
    }
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    text = guess(str(tmp_path / "t.csv"))
    document = tomllib.loads(text)
    assert document["subject"]["types"] == {
        "id": "id",
        "age": "number",
        "joined": "datetime",
        "city": "category",
        "vip": "boolean",
        "note": "text",
    }
    assert parse(document).subject.types == document["subject"]["types"]
    assert '"age" = "number"  # 36 distinct, 4 of 40 missing, 21 to 59' in text
    assert '#   "none": no value seen' in text


def test_suggestions_of_typed_columns(tmp_path):
    columns = {
        "n": pa.array([1, 2, None]),
        "d": pa.array([datetime.date(2020, 1, 1)] * 3),
        "l": pa.array([[1], [2], None]),
        "c": pa.array(["a", "b", "a"]).dictionary_encode(),
        "f": pa.array([1.5, float("nan"), 2.0]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    found = {name: suggestion(name, column).kind for name, column in zip(columns, pa.table(columns).columns, strict=True)}
    assert found == {"n": "number", "d": "datetime", "l": "", "c": "text", "f": "number"}


def test_a_row_is_no_text_of_its_record():
    with pytest.raises(PlanError, match="leave 'row' out of columns"):
        Dataset(path="a.csv", modality="tabular", columns={"row": "$record"})
