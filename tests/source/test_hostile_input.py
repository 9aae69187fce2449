"""Bad input: a clear cause in the record's place, or for the shard; nothing lost, nothing followed."""

import bz2
import gzip
import io
import json
import struct
import tarfile
import tracemalloc
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from PIL import Image

from engine.errors import ShardFault, SourceError
from engine.source.dataset import Dataset, Limits
from engine.source.freeze import freeze

GOOD = b'{"text": "good"}\n'


def faults(rows, path, columns=("text",), modality="text", **fields):
    return [row["_fault"] for row in rows(Dataset(path=str(path), modality=modality, **fields), columns)]


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b'{"text": "cut', "malformed JSON"),
        (b'{"text": "a"} {"text": "b"}', "malformed JSON"),
        (b'{"text": NaN}', "NaN is not JSON"),
        (b'{"text": "a", "n": [1, Infinity]}', "Infinity is not JSON"),
        (b'{"text": "a", "n": -Infinity}', "-Infinity is not JSON"),
        (b'{"text": "caf\xe9"}', "wrong encoding: the record is not UTF-8 at byte 14"),
        (b'{"text": "\\ud800"}', "malformed JSON"),
        (b'{"text": "a", "deep": ' + b"[" * 200 + b"]" * 200 + b"}", "JSON nested 201 deep, over limits.json_depth = 128"),
        (b"[" * 100_000, "JSON nested 100,000 deep"),
        (b"[1, 2]", "a JSON value that is not an object"),
        (b"null", "a JSON value that is not an object"),
    ],
)
def test_a_bad_json_line_is_a_fault_in_its_place(rows, tmp_path, line, cause):
    path = tmp_path / "a.jsonl"
    path.write_bytes(GOOD + line + b"\n" + GOOD)
    found = rows(Dataset(path=str(path), modality="text"), ("text",))
    assert [row["text"] for row in found] == ["good", None, "good"]
    assert found[1]["_fault"].startswith(cause) or cause in found[1]["_fault"]
    assert [row["_fault"] is None for row in found] == [True, False, True]


def test_malformed_json_says_where(rows, tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text": "\xc3\xa9", oops}\n')
    assert faults(rows, tmp_path) == ["malformed JSON: unexpected character, expected a string key at character 15"]


def test_deep_text_in_strings_is_not_deep(rows, tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "[" * 500 + '"\\'}))
    assert faults(rows, tmp_path) == [None]


def test_the_record_text_is_given_as_it_stands(rows, tmp_path):
    lines = [b'{"a": NaN, "a": 1}', b"{oops", b'{"b":  2}']
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines))
    dataset = Dataset(path=str(tmp_path), modality="semistructured", columns={"json": "$record", "id": "b"})
    assert [(row["json"], row["_fault"]) for row in rows(dataset, ("json",))] == [(line.decode(), None) for line in lines]
    both = rows(dataset, ("json", "id"))
    assert [row["json"] for row in both] == [line.decode() for line in lines]
    assert [(row["id"], row["_fault"] is None) for row in both] == [(None, False), (None, False), ("2", True)]


@pytest.mark.parametrize("extension", ["jsonl", "txt", "csv", "json"])
def test_a_line_of_100_mb_is_read_past_in_bounded_memory(rows, tmp_path, extension):
    around = {"jsonl": (GOOD, GOOD), "txt": (b"good\n", b"good\n"), "csv": (b"text,n\ngood,1\n", b"good,1\n")}
    head, tail = around.get(extension, (b'[{"text": "good"}, ', b', {"text": "good"}]'))
    with (tmp_path / f"a.{extension}").open("wb") as file:
        file.write(head + b'"')
        for _ in range(100):
            file.write(b"x" * 1_000_000)
        file.write((b'"' if extension != "csv" else b"") + (b"\n" if extension != "json" else b"") + tail)
    tracemalloc.start()
    arrow = pa.total_allocated_bytes()
    found = rows(Dataset(path=str(tmp_path), modality="text"), ("text",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row["text"] for row in found] == ["good", None, "good"]
    assert "is longer than limits.record_bytes = 16,777,216" in found[1]["_fault"]
    assert peak < 150_000_000  # blocks and what indexes them; holding the line and a copy would be 200 MB
    assert pa.total_allocated_bytes() - arrow < 1_000_000


def test_wrong_encoding_in_text(rows, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\ncaf\xe9\nthree\n")
    assert faults(rows, tmp_path) == [None, "wrong encoding: the record is not UTF-8 at byte 4", None]


def test_wrong_encoding_in_parquet(rows, tmp_path):
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.array([0, 1, 3], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff\xfe")]
    )
    pq.write_table(pa.table({"text": bad}), tmp_path / "a.parquet")
    found = rows(Dataset(path=str(tmp_path), modality="text"), ("text",))
    assert [(row["text"], row["_fault"]) for row in found] == [
        ("a", None),
        (None, "wrong encoding: column 'text' is not UTF-8 at byte 1"),
    ]


COMPRESSED = {
    "a.jsonl.gz": gzip.compress(GOOD * 5000),
    "a.jsonl.bz2": bz2.compress(GOOD * 5000),
    "a.jsonl.zst": zstandard.ZstdCompressor(level=1).compress(np.random.default_rng(1).bytes(5000).hex().encode()),
}


@pytest.mark.parametrize("name", COMPRESSED)
def test_a_truncated_compressed_shard_is_a_fault(rows, tmp_path, name):
    (tmp_path / name).write_bytes(COMPRESSED[name][:-20])
    with pytest.raises(ShardFault, match=name):
        rows(Dataset(path=str(tmp_path), modality="text"), ("text",))


def test_a_corrupt_gzip_is_a_fault(rows, tmp_path):
    data = bytearray(COMPRESSED["a.jsonl.gz"])
    data[-5] ^= 255
    (tmp_path / "a.jsonl.gz").write_bytes(data)
    with pytest.raises(ShardFault):
        rows(Dataset(path=str(tmp_path), modality="text"), ("text",))


@pytest.mark.parametrize("content", [b"PAR1 and then nothing", b"", b"PAR1" + b"\xff" * 100 + b"PAR1"])
def test_a_parquet_without_a_footer_is_listed_with_its_fault(tmp_path, content):
    (tmp_path / "bad.parquet").write_bytes(content)
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "good.parquet")
    manifest = freeze(Dataset(path=str(tmp_path), modality="text"))
    assert [shard.fault is None for shard in manifest.shards] == [False, True]
    assert [unit.shard for unit in manifest.units] == [1]


def test_a_corrupt_parquet_page_is_a_shard_fault(rows, tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [str(i) for i in range(1000)]}), path, compression="zstd")
    raw = bytearray(path.read_bytes())
    raw[30:60] = b"\xff" * 30
    path.write_bytes(raw)
    with pytest.raises(ShardFault, match=r"a\.parquet"):
        rows(Dataset(path=str(path), modality="text"), ("text",))


@pytest.mark.parametrize(
    "document", ['[{"text": "good"}, {"text": "cu', '[{"text": "good"}, ', '[{"text": "good"}] {"more": 1}']
)
def test_a_json_array_that_does_not_end_is_a_shard_fault(rows, tmp_path, document):
    (tmp_path / "a.json").write_text(document)
    with pytest.raises(ShardFault):
        rows(Dataset(path=str(tmp_path), modality="text"), ("text",))


def test_bad_elements_of_a_json_array_are_faults_in_their_place(rows, tmp_path):
    (tmp_path / "a.json").write_text('[{"text": "good"}, {"text": NaN}, , {"text": "good"}]')
    found = faults(rows, tmp_path)
    assert found[0] is None
    assert "NaN" in found[1]
    assert found[2:] == ["malformed JSON: an empty element", None]


def test_a_decompression_bomb_is_refused_and_the_limit_can_be_raised(rows, tmp_path):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(8)) + packer.flush()
    (tmp_path / "a.txt.gz").write_bytes(bomb)
    dataset = Dataset(path=str(tmp_path), modality="text", limits=Limits(expansion=100))
    with pytest.raises(ShardFault, match=r"over limits\.expansion = 100 times its size"):
        rows(dataset, ("text",))
    with pytest.raises(ShardFault, match=r"more than limits\.archive_bytes = 1,000,000"):
        rows(dataset.model_copy(update={"limits": Limits(expansion=1e6, archive_bytes=10**6)}), ("text",))
    assert len(rows(dataset.model_copy(update={"limits": Limits(expansion=1e6)}), ("text",))) == 1


def tar_with(*infos):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return out.getvalue()


def member(name, kind=tarfile.REGTYPE, size=3, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = size if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        (member("/etc/passwd.txt"), "absolute name"),
        (member("../../up.txt"), "climbs out of the archive"),
        (member("a/../../up.txt"), "climbs out of the archive"),
        (member("link.txt", tarfile.SYMTYPE, link="/etc/passwd"), "is a symbolic link"),
        (member("hard.txt", tarfile.LNKTYPE, link="/etc/passwd"), "is a hard link"),
        (member("null.txt", tarfile.CHRTYPE), "is a device"),
        (member("pipe.txt", tarfile.FIFOTYPE), "is a pipe"),
        (member("large.txt", size=2000), "limits.record_bytes = 1,000"),
    ],
)
def test_a_hostile_tar_member_is_refused_and_counted(rows, tmp_path, bad, cause):
    (tmp_path / "a.tar").write_bytes(tar_with(member("1.txt"), bad, member("2.txt")))
    dataset = Dataset(path=str(tmp_path), modality="vision_language", limits=Limits(record_bytes=1000))
    found = rows(dataset, ("caption",))
    assert [row["caption"] for row in found] == ["xxx", None, "xxx"]
    assert cause in found[1]["_fault"]


@pytest.mark.parametrize("cut", [100, 600, 1400])
def test_a_truncated_tar_is_a_shard_fault(rows, tmp_path, cut):
    (tmp_path / "a.tar").write_bytes(tar_with(member("1.txt"), member("2.txt"))[:cut])
    with pytest.raises((ShardFault, SourceError), match="truncated"):
        rows(Dataset(path=str(tmp_path), modality="vision_language"), ("caption",))


def test_a_tar_with_too_many_members_is_a_shard_fault(rows, tmp_path):
    (tmp_path / "a.tar").write_bytes(tar_with(*(member(f"{i}.txt") for i in range(5))))
    with pytest.raises(ShardFault, match=r"more than limits\.archive_members = 4 members"):
        rows(Dataset(path=str(tmp_path), modality="vision_language", limits=Limits(archive_members=4)), ("caption",))


def png_header(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_an_image_of_a_billion_pixels_is_refused_and_the_limit_can_be_raised(rows, tmp_path):
    small = io.BytesIO()
    Image.new("RGB", (2, 2)).save(small, "PNG")
    bomb = png_header(40_000, 25_000)
    pq.write_table(pa.table({"image": [small.getvalue(), bomb, b"no image", None]}), tmp_path / "a.parquet")
    dataset = Dataset(path=str(tmp_path), modality="vision_language")
    found = rows(dataset, ("image",))
    assert [row["image"] for row in found] == [small.getvalue(), None, b"no image", None]
    assert found[1]["_fault"] == "an image of 1,000,000,000 pixels is over limits.image_pixels = 178,956,970"
    raised = dataset.model_copy(update={"limits": Limits(image_pixels=10**9)})
    assert [row["_fault"] for row in rows(raised, ("image",))] == [None] * 4


def test_a_picture_that_is_named_but_missing_is_a_fault(rows, tmp_path):
    (tmp_path / "1.png").write_bytes(png_header(2, 2))
    (tmp_path / "metadata.csv").write_text("file_name,text\n1.png,there\n../../etc/2.png,lost\n3.png\n")
    found = rows(Dataset(path=str(tmp_path), modality="vision_language"), ("image", "caption"))
    assert [row["caption"] for row in found] == ["there", None, None]
    assert found[1]["_fault"] == "the captions file names '../../etc/2.png', which is not there"
    assert found[2]["_fault"] == "malformed CSV: 1 fields where the header has 2"


def test_corrupt_arrow_is_a_shard_fault_or_listed(rows, tmp_path):
    table = pa.table({"text": ["good"] * 1000})
    with pa.ipc.new_stream(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    data = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(data[: len(data) // 2])
    with pytest.raises(ShardFault):
        rows(Dataset(path=str(tmp_path), modality="text"), ("text",))
    (tmp_path / "a.arrow").write_bytes(b"nonsense" * 10)
    assert freeze(Dataset(path=str(tmp_path), modality="text")).shards[0].fault


def test_arrow_offsets_that_point_outside_are_a_shard_fault(rows, tmp_path):
    with pa.ipc.new_stream(tmp_path / "a.arrow", pa.schema([("text", pa.string())])) as writer:
        writer.write_batch(pa.record_batch({"text": ["a", "b"]}))
    raw = bytearray((tmp_path / "a.arrow").read_bytes())
    at = raw.index(np.array([0, 1, 2], np.int32).tobytes())
    raw[at : at + 12] = np.array([0, 1, 2**30], np.int32).tobytes()
    (tmp_path / "a.arrow").write_bytes(raw)
    with pytest.raises(ShardFault):
        rows(Dataset(path=str(tmp_path), modality="text"), ("text",))
