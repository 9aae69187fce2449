"""`auditor dedup --write`: the kept records, shard by shard, in the formats they came in."""

import bz2
import gzip
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from engine import dedup
from engine.audit import load
from engine.dedup import Written, deduplicate
from engine.errors import AuditorError, PlanError
from engine.local import Local

BASE = " ".join(f"w{at}" for at in range(60))
TEXTS = [BASE, "alone, and short", BASE.replace("w30", "x"), "ein anderer, kurzer Satz", BASE, 'with "quotes", and commas']
KEPT = [TEXTS[0], TEXTS[1], TEXTS[3], TEXTS[5]]
PACKERS = {"": lambda b: b, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.ZstdCompressor().compress}
UNPACKERS = {
    "": lambda b: b,
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".zst": lambda b: zstandard.ZstdDecompressor().decompressobj().decompress(b),
}


def plan_of(folder, path="data", unit_bytes=10**6, settings="", columns=""):
    plan = folder / "audit.toml"
    subject = f'[subject]\npath = "{path}"\nmodality = "text"\n{columns}\n'
    plan.write_text(f"unit_bytes = {unit_bytes}\n{subject}[relations.near_groups]\n{settings}")
    return load(plan)


def run(folder, **kind):
    plan = plan_of(folder, **kind)
    return deduplicate(plan, Local(2), str(folder / "out"), str(folder / "clean"))[1]


@pytest.mark.parametrize("packed", list(PACKERS))
def test_json_lines_stay_as_they_are_byte_for_byte(tmp_path, packed):
    lines = [json.dumps({"n": at, "text": text}, indent=None, separators=(" , ", " : ")) for at, text in enumerate(TEXTS)]
    (tmp_path / "data").mkdir()
    broken = [*lines[:3], '{"text": "cut off', *lines[3:]]
    (tmp_path / f"data/a.jsonl{packed}").write_bytes(PACKERS[packed]("\n".join(broken).encode()))
    written = run(tmp_path)
    assert written == Written(read=7, kept=4, removed=2, quarantined=1)
    found = UNPACKERS[packed]((tmp_path / f"clean/a.jsonl{packed}").read_bytes()).decode()
    assert found == "".join(lines[at] + "\n" for at in (0, 1, 3, 5))


def test_parquet_keeps_its_columns_schema_and_codec_and_units_are_put_together(tmp_path):
    schema = pa.schema([("id", pa.int32()), ("text", pa.string()), ("tags", pa.list_(pa.string()))], {"made": "by hand"})
    for shard in ("x/a", "y/b"):
        rows = {"id": range(6), "text": [f"{shard} {text}" if text != BASE else text for text in TEXTS], "tags": [["t"]] * 6}
        path = tmp_path / f"data/{shard}.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.table(rows, schema), path, row_group_size=2, compression="snappy")
    written = run(tmp_path, path="data/*/*.parquet", unit_bytes=200)
    assert written.read == 12
    assert written.kept == 12 - 5, "the base once, its edited copies once a shard are near it"
    first, second = (pq.ParquetFile(tmp_path / f"clean/{shard}.parquet") for shard in ("x/a", "y/b"))
    source = pq.ParquetFile(tmp_path / "data/x/a.parquet")
    assert first.schema_arrow.equals(source.schema_arrow, check_metadata=True)
    assert first.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert first.read()["id"].to_pylist() == [0, 1, 3, 5]
    assert second.read()["id"].to_pylist() == [1, 3, 5]


@pytest.mark.parametrize("fmt", ["csv", "tsv", "txt", "arrow", "json"])
def test_other_formats_come_back_as_themselves(tmp_path, fmt):
    (tmp_path / "data").mkdir()
    path, clean = tmp_path / f"data/a.{fmt}", tmp_path / f"clean/a.{fmt}"
    quoted = ['"{}"'.format(text.replace('"', '""')) for text in TEXTS]
    if fmt in ("csv", "tsv"):
        cut = "," if fmt == "csv" else "\t"
        path.write_text("".join(f"{row}\n" for row in [f"n{cut}text", *(f"{at}{cut}{text}" for at, text in enumerate(quoted))]))
        expected = "".join(f"{row}\n" for row in [f"n{cut}text", *(f"{at}{cut}{quoted[at]}" for at in (0, 1, 3, 5))])
    elif fmt == "txt":
        path.write_text("\n".join(TEXTS))
        expected = "".join(f"{text}\n" for text in KEPT)
    elif fmt == "json":
        path.write_text(json.dumps([{"text": text} for text in TEXTS]))
    else:
        table = pa.table({"text": TEXTS})
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    assert run(tmp_path) == Written(6, 4, 2, 0)
    if fmt == "arrow":
        assert pa.ipc.open_file(clean).read_all()["text"].to_pylist() == KEPT
    elif fmt == "json":
        assert json.loads(clean.read_text()) == [{"text": text} for text in KEPT]
    else:
        assert clean.read_text() == expected


def test_when_all_is_kept_the_lines_are_those_of_the_source(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("".join(f"{text}\n" for text in KEPT))
    run(tmp_path)
    assert (tmp_path / "clean/a.txt").read_bytes() == (tmp_path / "data/a.txt").read_bytes()


def test_the_best_by_a_column_is_kept(tmp_path):
    (tmp_path / "data").mkdir()
    stars = [1.0, 0.0, 9.5, 0.0, 3.0, 0.0]
    pq.write_table(pa.table({"text": TEXTS, "stars": stars}), tmp_path / "data/a.parquet")
    run(tmp_path, settings='keep = "best"\n', columns='columns = { dedup_rank = "stars" }')
    assert pq.read_table(tmp_path / "clean/a.parquet")["text"].to_pylist() == [TEXTS[1], TEXTS[2], TEXTS[3], TEXTS[5]]


def test_a_killed_writing_goes_on_and_ends_with_the_same_bytes(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    for shard in range(4):
        (tmp_path / f"data/{shard}.txt").write_text("".join(f"{text} {shard}\n" for text in TEXTS))
    plan = plan_of(tmp_path)
    deduplicate(plan, Local(1), str(tmp_path / "whole"), str(tmp_path / "expected"))
    real, calls = dedup.write_whole, []

    def dies(url, write):
        calls.append(url)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(url, write)

    monkeypatch.setattr(dedup, "write_whole", dies)
    with pytest.raises(KeyboardInterrupt):
        deduplicate(plan, Local(1), str(tmp_path / "out"), str(tmp_path / "clean"))
    monkeypatch.setattr(dedup, "write_whole", lambda url, write: (calls.append(url), real(url, write)))
    deduplicate(plan, Local(1), str(tmp_path / "out"), str(tmp_path / "clean"))
    assert len(calls) == 3 + 2, "shards that were written are not written again"
    for shard in range(4):
        name = f"{shard}.txt"
        assert (tmp_path / "clean" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()


def test_a_store_of_objects_is_written_too(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("\n".join(TEXTS))
    deduplicate(plan_of(tmp_path), Local(1), str(tmp_path / "out"), "memory://clean/deep")
    import fsspec

    assert fsspec.filesystem("memory").cat("/clean/deep/a.txt").decode() == "".join(f"{text}\n" for text in KEPT)


def test_destinations_that_would_harm_are_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("\n".join(TEXTS))
    plan = plan_of(tmp_path)
    for dest in ("data", "data/clean", ""):
        with pytest.raises(PlanError, match="in or above"):
            deduplicate(plan, Local(1), str(tmp_path / "out"), str(tmp_path / dest))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    with pytest.raises(PlanError, match="not empty"):
        deduplicate(plan, Local(1), str(tmp_path / "out"), str(tmp_path / "full"))


def test_records_that_go_nowhere_are_an_error():
    with pytest.raises(AuditorError, match="3 records were read"):
        Written(3, 1, 1, 0).checked("here")


def test_the_command_tells_where_every_record_went(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("\n".join(TEXTS))
    plan_of(tmp_path)
    command = [
        sys.executable,
        "-m",
        "engine",
        "dedup",
        str(tmp_path / "audit.toml"),
        "--write",
        str(tmp_path / "clean"),
        "--quiet",
    ]
    done = subprocess.run([*command, "--workers", "1"], capture_output=True, text=True, check=True)
    assert "near-duplicates: 33.33% of 6 records" in done.stdout
    assert "read 6 = kept 4 + removed 2 + quarantined 0" in done.stdout
    assert (tmp_path / "clean.audit/report.html").exists()
    again = subprocess.run([*command, "--workers", "1"], capture_output=True, text=True, check=True)
    assert again.stdout == done.stdout
