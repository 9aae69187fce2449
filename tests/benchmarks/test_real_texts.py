import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.real_texts import write

REAL = Path(__file__).resolve().parents[2] / "../shared/data"


def test_every_string_of_two_words_with_where_it_stood(tmp_path: Path) -> None:
    text, other = tmp_path / "text/set", tmp_path / "symbolic/set"
    text.mkdir(parents=True)
    other.mkdir(parents=True)
    (text / "a.json").write_text(json.dumps([{"instruction": "Name three\u2028fruits", "n": 3, "tag": "one"}]))
    (text / "b.jsonl.gz").write_bytes(gzip.compress(b'{"chosen": "yes it is"}\n\n{"chosen": ["b c", "d"]}\n'))
    (text / "c.csv").write_text('id,tweet\n1,"two\nlines"\n2,\n')
    (other / "d.txt").write_text("a heading\n\nword\n")
    (other / "e.npy").write_bytes(b"\x00\xff")
    assert write(tmp_path, tmp_path / "dest") == 5
    rows = pq.read_table(tmp_path / "dest").to_pylist()
    assert [(row["text"], row["source"]) for row in rows] == [
        ("Name three\u2028fruits", "text/set/a.json#instruction"),
        ("yes it is", "text/set/b.jsonl.gz#chosen"),
        ("b c", "text/set/b.jsonl.gz#chosen"),
        ("two\nlines", "text/set/c.csv#tweet"),
        ("a heading", "symbolic/set/d.txt#line"),
    ]
    assert [row["id"] for row in rows] == list(range(len(rows)))


def test_labelled_pairs(tmp_path: Path) -> None:
    folder = tmp_path / "text/ditto_x"
    folder.mkdir(parents=True)
    (folder / "test.txt").write_text("COL a VAL b \tCOL a VAL c \t0\nCOL d VAL e\tCOL d VAL e\t1\n")
    (folder / "train.txt").write_text("COL f VAL g\tCOL f VAL h\t1\n")
    write(tmp_path, tmp_path / "dest")
    rows = pq.read_table(tmp_path / "dest").to_pylist()
    assert [(row["pair"], row["duplicate"]) for row in rows] == [
        (0, False), (0, False), (1, True), (1, True), (2, True), (2, True),
    ]  # fmt: skip
    assert rows[0]["text"] == "COL a VAL b"


@pytest.mark.skipif(not REAL.is_dir(), reason="no real data beside the checkout")
def test_the_real_data(tmp_path: Path) -> None:
    assert write(REAL, tmp_path) > 90_000
