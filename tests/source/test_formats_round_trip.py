"""Every format gives back what was written."""

import bz2
import csv
import gzip
import io
import json
import tarfile
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image

from engine.schema import record_id
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.peek import logical_columns, missing_columns, peek
from engine.source.read import read

RECORDS = [
    {"text": "first line\nsecond", "n": 1},
    {"text": 'quoted "words", commas', "n": 2},
    {"text": "žluťoučký 💥", "n": 3},
    {"text": None, "n": 4},
]
TEXTS = [record["text"] for record in RECORDS]
JSONL = b"".join(orjson.dumps(record) + b"\n" for record in RECORDS)
COMPRESS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstandard.ZstdCompressor().compress}


def csv_bytes(delimiter=","):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["text", "n"])
    writer.writerows([record["text"] or "", record["n"]] for record in RECORDS)
    return out.getvalue().encode()


def texts(rows, path, **fields):
    read_rows = rows(Dataset(path=str(path), modality="text", **fields), ("text",))
    assert [row["_fault"] for row in read_rows] == [None] * len(read_rows)
    assert [row["_id"] for row in read_rows] == [record_id(0, index) for index in range(len(read_rows))]
    return [row["text"] for row in read_rows]


@pytest.mark.parametrize("extension", COMPRESS)
def test_jsonl(rows, tmp_path, extension):
    path = tmp_path / f"a.jsonl{extension}"
    path.write_bytes(COMPRESS[extension](JSONL))
    assert texts(rows, path) == TEXTS


@pytest.mark.parametrize("extension", COMPRESS)
@pytest.mark.parametrize(("kind", "delimiter"), [("csv", ","), ("csv", ";"), ("tsv", "\t")])
def test_delimited(rows, tmp_path, kind, delimiter, extension):
    path = tmp_path / f"a.{kind}{extension}"
    path.write_bytes(COMPRESS[extension](csv_bytes(delimiter)))
    assert texts(rows, path) == TEXTS


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2, ensure_ascii=False),
        json.dumps({"version": "1", "data": RECORDS}),
        json.dumps({"data": RECORDS}, indent=1),
        "\ufeff" + json.dumps(RECORDS),
        JSONL.decode(),
    ],
    ids=["array", "pretty array", "object around array", "pretty object around array", "byte order mark", "lines"],
)
def test_json(rows, tmp_path, document):
    path = tmp_path / "a.json"
    path.write_text(document, encoding="utf-8")
    assert texts(rows, path) == TEXTS


@pytest.mark.parametrize("document", ['{\n "text": "one",\n "anyOf": [{"a": 1}, {"a": 2}]\n}', '{"text": "one"}'])
def test_a_single_object_is_one_record(rows, tmp_path, document):
    path = tmp_path / "a.json"
    path.write_text(document)
    assert texts(rows, path) == ["one"]
    whole = rows(Dataset(path=str(path), modality="semistructured", columns={"json": "$record"}), ("json",))
    assert whole[0]["json"] == document


def test_an_empty_array_has_no_records(rows, tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[ ]")
    assert texts(rows, path) == []


@pytest.mark.parametrize("extension", COMPRESS)
def test_text(rows, tmp_path, extension):
    path = tmp_path / f"a.txt{extension}"
    path.write_bytes(COMPRESS[extension]("\ufeffone\r\n\n  \n two \nthrée".encode()))
    assert texts(rows, path) == ["one", " two ", "thrée"]


@pytest.mark.parametrize("kind", ["string", "large_string", "dictionary", "string_view", "binary"])
def test_parquet(rows, tmp_path, kind):
    types = {"string": pa.string(), "large_string": pa.large_string(), "string_view": pa.string_view(), "binary": pa.binary()}
    column = pa.array(TEXTS).dictionary_encode() if kind == "dictionary" else pa.array(TEXTS).cast(types[kind])
    pq.write_table(pa.table({"text": column}), tmp_path / "a.parquet")
    assert texts(rows, tmp_path / "a.parquet") == TEXTS


def test_parquet_without_an_extension_is_known_by_its_magic_bytes(rows, tmp_path):
    pq.write_table(pa.table({"text": TEXTS}), tmp_path / "data")
    assert texts(rows, tmp_path / "data") == TEXTS


@pytest.mark.parametrize("layout", ["file", "stream", "compressed"])
def test_arrow(rows, tmp_path, layout):
    table = pa.table({"n": [1, 2, 3, 4], "text": TEXTS})
    path = tmp_path / "a.arrow"
    if layout == "stream":
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)
    else:
        pyarrow.feather.write_feather(table, path, compression="zstd" if layout == "compressed" else "uncompressed")
    assert texts(rows, path) == TEXTS


def test_parquet_units_are_runs_of_row_groups(tmp_path):
    table = pa.table({"text": [f"record {index}" for index in range(100)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    dataset = Dataset(path=str(tmp_path), modality="text")
    manifest = freeze(dataset, unit_bytes=1)
    assert [(unit.start, unit.stop, unit.rows) for unit in manifest.units] == [(i, i + 1, 10) for i in range(10)]
    assert manifest.shards[0].rows == 100
    found = [value for unit in manifest.units for batch in read(dataset, manifest, unit, ("text",)) for value in batch["text"]]
    assert [value.as_py() for value in found] == table["text"].to_pylist()


def test_parquet_reads_only_the_chunks_of_the_asked_columns(rows, tmp_path):
    path = tmp_path / "a.parquet"
    schema = pa.schema([("junk", pa.string()), ("s", pa.struct([("keep", pa.string()), ("drop", pa.string())]))])
    data = [{"junk": "j" * 50 + str(i), "s": {"keep": f"k{i}", "drop": "d" * 50 + str(i)}} for i in range(100)]
    pq.write_table(pa.Table.from_pylist(data, schema), path, compression="none", use_dictionary=False)
    raw = bytearray(path.read_bytes())
    group = pq.read_metadata(path).row_group(0)
    for index in (0, 2):
        chunk = group.column(index)
        start = chunk.data_page_offset
        raw[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(raw)
    dataset = Dataset(path=str(path), modality="text", columns={"text": "s.keep", "prompt": "junk"})
    assert [row["text"] for row in rows(dataset, ("text",))] == [f"k{i}" for i in range(100)]
    with pytest.raises(Exception, match=r"a\.parquet"):
        rows(dataset, ("prompt",))


def saved_dataset(folder: Path, values):
    folder.mkdir(parents=True)
    table = pa.table({"text": values})
    with pa.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as writer:
        writer.write_table(table)
    with pa.ipc.new_stream(folder / "cache-1234.arrow", table.schema) as writer:
        writer.write_table(table)
    (folder / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    (folder / "dataset_info.json").write_text('{"features": {}}')


def test_hugging_face_dataset_saved_to_disk(rows, tmp_path):
    saved_dataset(tmp_path / "one", TEXTS)
    assert texts(rows, tmp_path / "one") == TEXTS


def test_hugging_face_dataset_dict(rows, tmp_path):
    saved_dataset(tmp_path / "all" / "test", ["a"])
    saved_dataset(tmp_path / "all" / "train", ["b", "c"])
    (tmp_path / "all" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    dataset = Dataset(path=str(tmp_path / "all"), modality="text")
    assert [row["text"] for row in rows(dataset, ("text",))] == ["a", "b", "c"]


def picture(colour, kind="PNG", size=(4, 3)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


RED, BLUE = picture("red"), picture("blue", "JPEG")


def tar_bytes(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("extension", [".tar", ".tar.gz"])
def test_webdataset(rows, tmp_path, extension):
    long_folder = "f" * 120
    archive = tar_bytes(
        [
            ("a/1.png", RED),
            ("a/1.txt", b"a red one"),
            ("a/2.jpg", BLUE),
            ("a/2.json", b'{"caption": "a blue one", "deep": {"er": 7}}'),
            (f"{long_folder}/3.seg.png", RED),
            (f"{long_folder}/3.txt", b"no picture"),
        ]
    )
    path = tmp_path / f"a{extension}"
    path.write_bytes(gzip.compress(archive) if extension.endswith("gz") else archive)
    dataset = Dataset(path=str(path), modality="vision_language")
    found = rows(dataset, ("id", "image", "caption"))
    assert [(row["id"], row["image"], row["caption"]) for row in found] == [
        ("a/1", RED, "a red one"),
        ("a/2", BLUE, "a blue one"),
        (f"{long_folder}/3", None, "no picture"),
    ]
    assert logical_columns(dataset) == ("id", "image", "caption")
    mapped = dataset.model_copy(update={"columns": {"caption": "json.deep.er", "image": "seg.png"}})
    assert [row["caption"] for row in rows(mapped, ("caption",))] == [None, "7", None]
    assert [row["image"] for row in rows(mapped, ("image",))] == [None, None, RED]


CAPTIONS = {
    "metadata.jsonl": b'{"file_name": "1.png", "text": "red"}\n{"file_name": "2.jpg", "text": "blue"}\n',
    "metadata.csv": b"file_name,text\n1.png,red\n2.jpg,blue\n",
    "captions.txt": b"image,caption\n1.png,red\n2.jpg,blue\n",
    "captions.tsv": b"image\tcaption\n1.png\tred\n2.jpg\tblue\n",
    "anything.csv": b"what,which\nred,1.png\nblue,2.jpg\n",
}


@pytest.mark.parametrize("folder", ["", "images"])
@pytest.mark.parametrize("name", CAPTIONS)
def test_image_folder_with_a_captions_file(rows, tmp_path, name, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    (tmp_path / folder / "1.png").write_bytes(RED)
    (tmp_path / folder / "2.jpg").write_bytes(BLUE)
    (tmp_path / name).write_bytes(CAPTIONS[name])
    found = rows(Dataset(path=str(tmp_path), modality="vision_language"), ("image", "caption"))
    assert [(row["image"], row["caption"], row["_fault"]) for row in found] == [(RED, "red", None), (BLUE, "blue", None)]


def test_image_folder_with_texts_beside(rows, tmp_path):
    for name, data in (("1.png", RED), ("1.txt", b"red\n"), ("2.jpg", BLUE), ("3.mp4", b"clip")):
        (tmp_path / name).write_bytes(data)
    found = rows(Dataset(path=str(tmp_path), modality="vision_language"), ("id", "image", "video", "caption"), unit_bytes=1)
    assert [(row["id"], row["image"], row["video"], row["caption"]) for row in found] == [
        ("1.png", RED, None, "red"),
        ("2.jpg", BLUE, None, None),
        ("3.mp4", None, b"clip", None),
    ]


def test_many_files_have_stable_ordinals_and_skip_what_is_hidden(tmp_path):
    for name in ("b.jsonl", "a/z.jsonl", "_SUCCESS", ".hidden.jsonl", "_temporary/x.jsonl", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(JSONL)
    manifest = freeze(Dataset(path=str(tmp_path), modality="text"))
    assert [Path(shard.path).relative_to(tmp_path).as_posix() for shard in manifest.shards] == ["a/z.jsonl", "b.jsonl"]
    assert [unit.ordinal for unit in manifest.units] == [0, 1]


def test_globs_and_lists(rows, tmp_path):
    for name in ("a.jsonl", "b.jsonl", "c.txt"):
        (tmp_path / name).write_bytes(b'{"text": "%s"}\n' % name.encode())
    both = Dataset(path=[str(tmp_path / "*.jsonl"), str(tmp_path / "c.txt")], modality="text")
    assert [row["text"] for row in rows(both, ("text",))] == ["a.jsonl", "b.jsonl", '{"text": "c.txt"}']


def test_manifest_survives_json_and_tells_differences(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(JSONL)
    dataset = Dataset(path=str(tmp_path), modality="text")
    old = freeze(dataset)
    assert type(old).from_json(json.loads(json.dumps(old.to_json()))) == old
    assert old.difference(freeze(dataset)) is None
    (tmp_path / "a.jsonl").write_bytes(JSONL * 2)
    (tmp_path / "b.jsonl").write_bytes(JSONL)
    assert old.difference(freeze(dataset)) == f"1 shard changed ({tmp_path}/a.jsonl), 1 came ({tmp_path}/b.jsonl)"


def test_peek_shows_nested_columns_and_what_is_missing(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"a": {"b": 1.5}, "text": "x"}\n{"a": null, "late": true}\n')
    dataset = Dataset(path=str(tmp_path), modality="text", columns={"prompt": "a.b", "response": ["text", "lost"]})
    shown = peek(dataset)
    assert shown.format == "jsonl"
    assert {name: str(type_) for name, type_ in shown.columns.items() if name != "a"} == {
        "a.b": "double",
        "text": "string",
        "late": "bool",
    }
    assert missing_columns(dataset) == {"response": ("lost",)}
    assert logical_columns(dataset) == ("text", "prompt", "response")
