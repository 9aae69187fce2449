"""`auditor dedup --write`: raw bytes, codecs, names and places; what is refused is refused before anything is read."""

import gzip
import json
import tarfile
from io import BytesIO

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from engine import explain
from engine.audit import audit, load
from engine.dedup import Written, deduplicate
from engine.destination import names_below
from engine.errors import AuditorError, PlanError, StoreError
from engine.local import Local

BASE = " ".join(f"w{at}" for at in range(60))
TEXTS = [BASE, "alone, and short", BASE.replace("w30", "x"), "ein anderer, kurzer Satz", BASE, "the last of them all"]
AT = [0, 1, 3, 5]


def plan_of(folder, path="data", unit_bytes=10**6, settings="", columns="", head="", modality="text"):
    plan = folder / "audit.toml"
    paths = json.dumps(path)
    subject = f'[subject]\npath = {paths}\nmodality = "{modality}"\n{columns}\n'
    plan.write_text(f"unit_bytes = {unit_bytes}\n{head}\n{subject}[relations.near_groups]\n{settings}")
    return load(plan)


def write(folder, to=None, **kind):
    return deduplicate(plan_of(folder, **kind), Local(2), str(folder / "out"), to or str(folder / "clean"))[1]


@pytest.mark.parametrize("packed", [False, True])
def test_lines_keep_their_own_ends(tmp_path, packed):
    (tmp_path / "data").mkdir()
    lines = [f"{text}{end}".encode() for text, end in zip(TEXTS, ["\r\n", "\n", "\r\n", "\r\n", "\n", ""], strict=True)]
    name = "a.txt.gz" if packed else "a.txt"
    data = b"\n  \n".join([lines[0], b"".join(lines[1:])])
    (tmp_path / "data" / name).write_bytes(gzip.compress(data) if packed else data)
    assert write(tmp_path) == Written(6, 4, 2, 0)
    found = (tmp_path / "clean" / name).read_bytes()
    assert (gzip.decompress(found) if packed else found) == b"".join(lines[at] for at in AT) + b"\n"


def test_lines_cut_into_many_units_with_records_that_cannot_be_read(tmp_path):
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(400, 30).astype(str)) for _ in range(200)]
    lines = [json.dumps({"text": text, "n": at}).encode() for at, text in enumerate(texts)]
    lines[150] = lines[20]
    for at in (3, 77, 199):
        lines[at] = b'{"text": "cut off'
    lines[60] = json.dumps({"text": "long " * 1000}).encode()
    (tmp_path / "data/deep").mkdir(parents=True)
    (tmp_path / "data/deep/a.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "data/b.jsonl").write_bytes(lines[21] + b"\n" + b'{"text": "no other has these words"}\n')
    limits = "limits = { record_bytes = 2000 }"
    assert write(tmp_path, unit_bytes=700, columns=limits) == Written(202, 196, 2, 4)
    kept = [line for at, line in enumerate(lines) if at not in (3, 60, 77, 199, 150, 21)]
    assert (tmp_path / "clean/deep/a.jsonl").read_bytes() == b"".join(line + b"\n" for line in kept)
    assert (tmp_path / "clean/b.jsonl").read_bytes() == lines[21] + b"\n" + b'{"text": "no other has these words"}\n'


def test_a_table_keeps_its_mark_its_quoting_and_loses_rows_that_break_it(tmp_path):
    (tmp_path / "data").mkdir()
    rows = [f'{at},"{text}, said ""they""\nand more"\r\n' for at, text in enumerate(TEXTS)]
    rows.insert(2, "9,too,many\r\n")
    (tmp_path / "data/a.csv").write_bytes(b"\xef\xbb\xbf" + b"n,text\r\n" + "".join(rows).encode())
    assert write(tmp_path) == Written(7, 4, 2, 1)
    kept = [rows[at] for at in (0, 1, 4, 6)]
    assert (tmp_path / "clean/a.csv").read_bytes() == b"\xef\xbb\xbf" + ("n,text\r\n" + "".join(kept)).encode()


@pytest.mark.parametrize("codec", [None, "lz4", "zstd"])
@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_stays_a_file_or_a_stream_of_its_codec(tmp_path, kind, codec):
    (tmp_path / "data").mkdir()
    schema = pa.schema([("text", pa.string()), ("tag", pa.dictionary(pa.int8(), pa.string()))], {"made": "by hand"})
    table = pa.table(
        {"text": TEXTS, "tag": pa.array(list("aabbcc")).dictionary_encode().cast(schema.field("tag").type)}, schema
    )
    opener = pa.ipc.new_file if kind == "file" else pa.ipc.new_stream
    with opener(str(tmp_path / "data/a.arrow"), schema, options=pa.ipc.IpcWriteOptions(compression=codec)) as writer:
        writer.write_table(table, max_chunksize=2)
    assert write(tmp_path, unit_bytes=1) == Written(6, 4, 2, 0)
    clean = str(tmp_path / "clean/a.arrow")
    found = pa.ipc.open_file(clean) if kind == "file" else pa.ipc.open_stream(clean)
    assert found.schema.equals(schema, check_metadata=True)
    assert found.read_all().to_pylist() == table.take(AT).to_pylist()
    assert codec_of(tmp_path / "clean/a.arrow", kind) == codec_of(tmp_path / "data/a.arrow", kind) == codec


def codec_of(path, kind):
    """By what the buffers of the first batch begin with: 8 bytes of length, then the codec's magic."""
    raw = pa.memory_map(str(path))
    raw.seek(8 if kind == "file" else 0)
    body = next(m for m in pa.ipc.MessageReader.open_stream(raw) if m.type == "record batch").body.to_pybytes()
    magics = {"lz4": b"\x04\x22\x4d\x18", "zstd": b"\x28\xb5\x2f\xfd"}
    return next((name for name, magic in magics.items() if magic in body), None)


def test_arrow_with_a_column_that_nobody_audited_and_that_is_broken_is_no_crash(tmp_path):
    (tmp_path / "data").mkdir()
    table = pa.table({"text": TEXTS, "note": [f"note {at}" * 50 for at in range(6)]})
    path = tmp_path / "data/a.arrow"
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    good = np.cumsum([0, *(len(note) for note in table["note"].to_pylist())]).astype(np.int32).tobytes()
    data = path.read_bytes()
    assert data.count(good) == 1
    path.write_bytes(data.replace(good, np.array([0, 300, 2**30, 2**30, 2**30, 2**30, 2**30 + 9], np.int32).tobytes()))
    with pytest.raises(AuditorError, match=r"a\.arrow"):
        write(tmp_path)
    assert not (tmp_path / "clean/a.arrow").exists()


def test_a_parquet_page_that_nobody_audited_and_that_is_broken_is_an_error_that_names_the_file(tmp_path):
    (tmp_path / "data").mkdir()
    path = tmp_path / "data/a.parquet"
    notes = [np.random.default_rng(at).bytes(999).hex() for at in range(6)]
    pq.write_table(pa.table({"text": TEXTS, "note": notes}), path, compression="zstd", use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(1)
    data = bytearray(path.read_bytes())
    data[chunk.data_page_offset : chunk.data_page_offset + 16] = b"\xff" * 16
    path.write_bytes(bytes(data))
    with pytest.raises(AuditorError, match=r"a\.parquet"):
        write(tmp_path)
    assert not (tmp_path / "clean/a.parquet").exists()


@pytest.mark.parametrize("fmt", ["parquet", "arrow", "jsonl", "csv", "json", "txt"])
def test_a_shard_that_loses_all_its_records_can_be_audited_again(tmp_path, fmt):
    (tmp_path / "data").mkdir()
    for name in "ab":
        path, table = tmp_path / f"data/{name}.{fmt}", pa.table({"text": [BASE, *(["its own"] * (name == "a"))]})
        if fmt == "parquet":
            pq.write_table(table, path)
        elif fmt == "arrow":
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table)
        else:
            rows = table.to_pylist()
            texts = {
                "jsonl": "".join(json.dumps(row) + "\n" for row in rows),
                "json": json.dumps(rows),
                "csv": "text\n" + "".join(f"{row['text']}\n" for row in rows),
                "txt": "".join(f"{row['text']}\n" for row in rows),
            }
            path.write_text(texts[fmt])
    written = write(tmp_path)
    assert written.kept == written.read - 1
    assert (tmp_path / f"clean/b.{fmt}").exists()
    again = audit(plan_of(tmp_path, path="clean"), Local(1), str(tmp_path / "again"))
    records = again.sides["subject"].records
    assert (records.read, records.quarantined) == (written.kept, 0)
    assert again.result("corpus.near_duplicates").value.value == 0


def test_the_longest_is_kept(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("".join(f"{text}\n" for text in [*TEXTS[:4], f"{BASE} more", TEXTS[5]]))
    write(tmp_path, settings='keep = "longest"')
    assert (tmp_path / "clean/a.txt").read_text().split("\n")[:3] == [TEXTS[1], TEXTS[3], f"{BASE} more"]


def test_an_audit_of_the_whole_plan_is_used_as_it_is(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("\n".join(TEXTS))
    plan = plan_of(tmp_path)
    audit(plan, Local(1), str(tmp_path / "out"))
    before = (tmp_path / "out/report.json").read_bytes()
    report, written = deduplicate(plan, Local(1), str(tmp_path / "out"), str(tmp_path / "clean"))
    assert (tmp_path / "out/report.json").read_bytes() == before
    assert report.result("text.distinct_n").value is not None
    assert written == Written(6, 4, 2, 0)


def refused(tmp_path, to, match, error=(PlanError, StoreError), **kind):
    with pytest.raises(error, match=match):
        write(tmp_path, to=to, **kind)
    assert not (tmp_path / "out").exists(), "refused before any work"


def test_formats_that_cannot_be_written_are_refused_before_any_work(tmp_path):
    (tmp_path / "data").mkdir()
    with tarfile.open(tmp_path / "data/a.tar", "w") as archive:
        for at in range(2):
            data = json.dumps({"text": f"text {at}"}).encode()
            info = tarfile.TarInfo(f"{at}.json")
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    refused(tmp_path, None, "webdataset")


def test_places_that_would_mix_with_others_are_refused_before_any_work(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("\n".join(TEXTS))
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "data")
    refused(tmp_path, str(tmp_path / "full"), "not empty")
    refused(tmp_path, str(tmp_path / "full/file"), "not empty")
    refused(tmp_path, str(tmp_path / "link"), "in or above")
    refused(tmp_path, str(tmp_path / "link/clean"), "in or above")
    refused(tmp_path, str(tmp_path / "out/clean"), "in or above")
    refused(tmp_path, str(tmp_path / "data/x"), "in or above", path="data/*.txt")
    assert write(tmp_path, to=str(tmp_path / "data.clean")) == Written(6, 4, 2, 0)
    with pytest.raises((PlanError, StoreError), match=r"data\.clean"):
        write(tmp_path, to=str(tmp_path / "elsewhere"))


def test_a_name_that_would_lead_out_of_the_destination_is_refused():
    with pytest.raises(PlanError, match=r"\.\."):
        names_below(["s3://b/a/x.txt", "s3://b/a/c/../../../x.txt"])


def test_two_shards_of_one_name_are_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x.txt").write_text("\n".join(TEXTS))
    fsspec.filesystem("memory").pipe(f"{tmp_path}/a/x.txt", b"one text\n")
    refused(tmp_path, None, "x.txt", path=["a/x.txt", f"memory:/{tmp_path}/a/x.txt"])


def test_data_on_which_near_duplicates_cannot_be_told_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"price": [1, 2]}), tmp_path / "data/a.parquet")
    refused(tmp_path, None, "near-duplicates cannot be told .* needs a column text")


def test_records_without_a_text_are_all_kept(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"text": pa.nulls(5, pa.string()), "n": range(5)}), tmp_path / "data/a.parquet")
    report, written = deduplicate(plan_of(tmp_path), Local(1), str(tmp_path / "out"), str(tmp_path / "clean"))
    assert written == Written(5, 5, 0, 0)
    assert [*explain.dedup(report, written)][1:] == ["read 5 = kept 5 + removed 0 + quarantined 0"]
    assert pq.read_table(tmp_path / "clean/a.parquet")["n"].to_pylist() == [*range(5)]


@pytest.fixture
def bucket(monkeypatch):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "not-a-real-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    fs = fsspec.filesystem("s3")
    fs.clear_instance_cache()
    fs = fsspec.filesystem("s3")
    fs.mkdir("clean")
    yield fs
    fs.clear_instance_cache()
    server.stop()


def test_object_storage_gets_whole_files_or_none(bucket, tmp_path, monkeypatch):
    from engine.source import rewrite

    (tmp_path / "data/x").mkdir(parents=True)
    (tmp_path / "data/x/a.txt.gz").write_bytes(gzip.compress("\n".join(TEXTS).encode()))
    pq.write_table(pa.table({"text": ["of parquet", "one", "two words", "one"]}), tmp_path / "data/b.parquet")
    real = rewrite._records

    def dies(*args):
        yield from real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(rewrite, "_records", dies)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, to="s3://clean/deep")
    assert not [path for path in bucket.find("clean", refresh=True) if path.endswith("a.txt.gz")]
    monkeypatch.setattr(rewrite, "_records", real)
    assert write(tmp_path, to="s3://clean/deep").read == 10
    assert gzip.decompress(bucket.cat("clean/deep/x/a.txt.gz")) == "".join(f"{TEXTS[at]}\n" for at in AT).encode()
    with bucket.open("clean/deep/b.parquet") as file:
        assert pq.read_table(file).num_rows == 3
    with pytest.raises((PlanError, StoreError), match="not empty"):
        deduplicate(plan_of(tmp_path), Local(1), str(tmp_path / "other"), "s3://clean/deep")
