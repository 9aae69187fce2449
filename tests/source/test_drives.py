import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from engine.source.dataset import Dataset, Limits
from engine.source.freeze import freeze
from engine.source.peek import logical_columns, peek
from engine.source.read import read
from tests.operators.agent.drive_given import SHARED, needs_data, route
from tests.operators.agent.scenario_given import OPEN, carla

T = [0.0, 0.1, 0.2, 0.3]
SPEED = [1.0, 2.0, None, 4.0]


def records(path, wanted, **given):
    dataset = Dataset(path=str(path), modality="agent", **given)
    manifest = freeze(dataset)
    rows = []
    for unit in manifest.units:
        for batch in read(dataset, manifest, unit, wanted):
            rows += batch.to_pylist()
    return rows


def table():
    return pa.table({"t": T, "speed": SPEED, "note": ["a", "b", "c", "d"]})


def write(path, name):
    if name.endswith(".csv"):
        pa_csv.write_csv(table(), path / name)
    elif name.endswith(".parquet"):
        pq.write_table(table(), path / name)
    elif name == "fields.npy":
        np.save(path / name, np.array(list(zip(T, [1, 2, np.nan, 4], strict=True)), [("t", "f8"), ("speed", "f4")]))
    else:
        np.save(path / name, np.array([T, [1, 2, np.nan, 4]]).T)


@pytest.mark.parametrize(
    ("name", "signal"), [("a.csv", "speed"), ("a.parquet", "speed"), ("fields.npy", "speed"), ("a.npy", "1")]
)
def test_a_table_of_telemetry_is_one_record(tmp_path, name, signal):
    write(tmp_path, name)
    row = records(tmp_path, ("telemetry", "id"), format="telemetry")[0]
    assert (row["id"], row["_fault"]) == (name, None)
    assert json.loads(row["telemetry"]) == {"t": T, signal: SPEED}


def test_a_folder_is_a_record_a_file(tmp_path):
    for name in ("a.csv", "b.parquet", "fields.npy"):
        write(tmp_path, name)
    (tmp_path / "README.md").write_text("words")
    rows = records(tmp_path, ("id",), format="telemetry")
    assert [row["id"] for row in rows] == ["a.csv", "b.parquet", "fields.npy"]
    assert logical_columns(Dataset(path=str(tmp_path), modality="agent", format="telemetry")) == ("id", "telemetry")


def test_hostile_telemetry_is_a_fault(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], object), allow_pickle=True)
    whole = io.BytesIO()
    np.save(whole, np.zeros((1000, 2)))
    (tmp_path / "cut.npy").write_bytes(whole.getvalue()[:500])
    (tmp_path / "lies.npy").write_bytes(whole.getvalue().replace(b"(1000, 2)", b"(9999999, 2)"[:9]))
    (tmp_path / "flat.npy").write_bytes(b"\x93NUMPY\x01\x00")
    (tmp_path / "no.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "no.csv").write_bytes(b"\xff\xfe\x00\n")
    for row in records(tmp_path, ("telemetry", "id"), format="telemetry"):
        assert row["telemetry"] in (None, "{}"), row["id"]
        assert row["_fault"] or row["telemetry"] == "{}"


def test_a_drive_over_the_limit_is_a_fault(tmp_path):
    pq.write_table(
        pa.table({"t": np.arange(10_000.0), "speed": np.random.default_rng(0).uniform(size=10_000)}), tmp_path / "a.parquet"
    )
    row = records(tmp_path, ("telemetry",), format="telemetry", limits=Limits(record_bytes=50_000))[0]
    assert row["telemetry"] is None
    assert "longer than limits.record_bytes" in row["_fault"]


def test_a_file_of_routes_is_a_record_a_route(tmp_path):
    routes = [carla(town) for town in ("Town01", "Town02")]
    (tmp_path / "routes.xml").write_text(f"<?xml version='1.0'?>\n<routes>\n  <!-- é -->\n{routes[0]}\n{routes[1]}</routes>")
    rows = records(tmp_path / "routes.xml", ("scenario", "id"))
    assert [row["scenario"] for row in rows] == routes
    assert [row["id"] for row in rows] == ["routes.xml#1", "routes.xml#1"]
    assert peek(Dataset(path=str(tmp_path / "routes.xml"), modality="agent")).format == "xml"


@pytest.mark.parametrize(
    "text", [OPEN, "<routes><route>", "<!DOCTYPE a [<!ENTITY b 'c'>]><routes>&b;<route/></routes>", "words"]
)
def test_any_other_xml_is_one_record_as_it_stands(tmp_path, text):
    (tmp_path / "a.xosc").write_text(text)
    assert [row["scenario"] for row in records(tmp_path, ("scenario",))] == [text]


def test_what_is_no_text_or_too_long_is_a_fault(tmp_path):
    (tmp_path / "a.xml").write_bytes(b"<route a='\xff'/>")
    (tmp_path / "b.xml").write_text("<route>" + " " * 3000 + "</route>")
    rows = records(tmp_path, ("scenario",), limits=Limits(record_bytes=1000))
    assert [row["scenario"] for row in rows] == [None, None]
    assert "not UTF-8" in rows[0]["_fault"]
    assert "longer than" in rows[1]["_fault"]


def test_carlas_results_are_a_record_a_route(tmp_path):
    inner = {"global_record": {"index": -1}, "progress": [2, 2], "records": [route(), route(40.0, red_light=1)]}
    (tmp_path / "results.json").write_text(json.dumps({"_checkpoint": inner, "labels": ["a"], "values": []}, indent=4))
    rows = records(tmp_path, ("drive",), columns={"drive": "$record"})
    assert [json.loads(row["drive"])["scores"]["score_route"] for row in rows] == [100.0, 40.0]


@pytest.mark.parametrize("document", [{"_checkpoint": {"records": []}}, {"_checkpoint": 1}, {"a": {"_checkpoint": [1]}}])
def test_other_documents_stay_whole(tmp_path, document):
    (tmp_path / "a.json").write_text(json.dumps(document, indent=1))
    rows = records(tmp_path, ("drive",), columns={"drive": "$record"})
    assert [json.loads(row["drive"]) for row in rows] == [document]


@needs_data
def test_recorded_files():
    assert len(records(next((SHARED / "transfuser_longest6").glob("*.json")), ("drive",), columns={"drive": "$record"})) == 36
    assert len(records(SHARED / "king_eval", ("drive",), columns={"drive": "$record"})) == 59
    assert len(records(SHARED / "carla_leaderboard", ("scenario",))) == 112
    rows = records(SHARED / "comma2k19", ("telemetry", "id"), format="telemetry")
    assert (len(rows), rows[0]["id"], rows[0]["_fault"]) == (1, "40", None)
    signals = json.loads(rows[0]["telemetry"])
    assert len(signals["speed"]["t"]) == 4974
    assert len(signals["frame_positions"]["value"][0]) == 3
