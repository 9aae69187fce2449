"""Columns that name files in place of holding them: found below the shard's folder, refused anywhere else."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.source import beside
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.read import read

IMAGE, OTHER = b"\x89PNG one", b"\xff\xd8\xff two"


@pytest.fixture
def folder(tmp_path):
    """A folder with a shard's place in it, and files below and outside of it."""
    inside = tmp_path / "data"
    (inside / "pictures").mkdir(parents=True)
    (inside / "pictures/1.png").write_bytes(IMAGE)
    (inside / "2.jpg").write_bytes(OTHER)
    (tmp_path / "secret.png").write_bytes(b"secret")
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "large.png").write_bytes(b"x" * 3000)
    return inside


def rows_of(path, column="image", **limits):
    dataset = Dataset(path=str(path), modality="vision_language", columns={"image": column}, limits=limits or {})
    manifest = freeze(dataset)
    batches = [batch for unit in manifest.units for batch in read(dataset, manifest, unit, ("image",))]
    return [(row["image"], row["_fault"]) for batch in batches for row in batch.to_pylist()]


def test_json_lines_name_files_below_their_folder(folder):
    names = ["pictures/1.png", "2.jpg", "./2.jpg", ["2.jpg", "pictures/1.png"], None]
    shard = folder / "a.jsonl"
    shard.write_text("".join(json.dumps({"image": name}) + "\n" for name in names))
    assert rows_of(shard) == [(IMAGE, None), (OTHER, None), (OTHER, None), (OTHER, None), (None, None)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../secret.png", "refused"),
        ("pictures/../../secret.png", "refused"),
        ("/etc/passwd.png", "refused"),
        ("..\\secret.png", "refused"),
        ("https://example.org/1.png", "refused"),
        ("file:///etc/1.png", "refused"),
        ("link.png", "leads out"),
        ("missing.png", "which is not there"),
        ("pictures.png", "which is not there"),
        ("large.png", "is longer than limits.record_bytes"),
    ],
)
def test_nothing_else_is_opened(folder, name, said):
    shard = folder / "a.jsonl"
    shard.write_text(json.dumps({"image": name}) + "\n" + json.dumps({"image": "2.jpg"}) + "\n")
    (data, fault), after = rows_of(shard, record_bytes=2000)
    assert data is None
    assert said in fault
    assert after == (OTHER, None)


def test_hugging_faces_structs_and_columns_of_text(folder):
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = [{"bytes": b"own", "path": "2.jpg"}, {"bytes": None, "path": "2.jpg"}, {"bytes": None, "path": None}, None]
    pq.write_table(
        pa.table({"image": pa.array(images, kind), "file": ["pictures/1.png", "2.jpg", None, "../secret.png"]}),
        folder / "a.parquet",
    )
    assert rows_of(folder / "a.parquet") == [(b"own", None), (OTHER, None), (None, None), (None, None)]
    named = rows_of(folder / "a.parquet", "file")
    assert named[:3] == [(IMAGE, None), (OTHER, None), (None, None)]
    assert "refused" in named[3][1]


def test_many_files_come_in_parts_and_in_order(folder, monkeypatch):
    monkeypatch.setattr(beside, "_BATCH_BYTES", 3 * len(IMAGE))
    shard = folder / "a.csv"
    names = [("pictures/1.png", "2.jpg", "missing.png")[at % 3] for at in range(50)]
    shard.write_text("image\n" + "".join(f"{name}\n" for name in names))
    found = rows_of(shard)
    assert [data for data, _ in found] == [(IMAGE, OTHER, None)[at % 3] for at in range(50)]
    assert sum("not there" in (fault or "") for _, fault in found) == 16


def test_a_forged_mark_gives_no_more_than_a_name_does(folder):
    forged = [beside.named("../secret.png"), beside.named("2.jpg")]
    pq.write_table(pa.table({"image": pa.array(forged, pa.binary())}), folder / "a.parquet")
    (data, fault), (other, _) = rows_of(folder / "a.parquet")
    assert (data, other) == (None, OTHER)
    assert "refused" in fault
