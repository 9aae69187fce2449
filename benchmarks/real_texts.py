"""Real short texts from the folder of real data beside the checkout, gathered into one Parquet file.

Every string of two words or more in the JSON, CSV and plain text files of FOLDERS becomes a row: `id`, `text`, and `source`
(the file and the field it stood in). The files of labelled record pairs (ditto) give two rows a line, which share a `pair` and
say in `duplicate` what people judged. Nothing of it is kept in the repository.

``python -m benchmarks.real_texts ../shared/data DEST``
"""

import argparse
import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FOLDERS = ("text", "symbolic")
LABELLED = "ditto"
SCHEMA = pa.schema({"id": pa.int64(), "text": pa.string(), "source": pa.string(), "pair": pa.int64(), "duplicate": pa.bool_()})


@dataclass(frozen=True)
class Text:
    """A text and where it stood."""

    text: str
    source: str
    pair: int | None = None  #: the labelled pair that it is a side of
    duplicate: bool | None = None  #: whether that pair is one thing twice


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The strings of a JSON value with the names of their fields.

    >>> list(leaves({"a": ["x", {"b": "y"}], "c": 1}))
    [('a', 'x'), ('a.b', 'y')]
    """
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, path)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from leaves(part, f"{path}.{name}".lstrip("."))


def json_strings(content: str) -> Iterator[tuple[str, str]]:
    """The strings of one JSON value, or of many one after the other: some files named .json hold lines."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(content):
        if content[at].isspace():
            at += 1
            continue
        value, at = decoder.raw_decode(content, at)
        yield from leaves(value)


def csv_cells(content: str) -> Iterator[tuple[str, str]]:
    for row in csv.DictReader(io.StringIO(content, newline="")):
        yield from ((name, cell) for name, cell in row.items() if name and cell)


READERS: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    ".json": json_strings,
    ".jsonl": json_strings,
    ".csv": csv_cells,
    ".txt": lambda content: (("line", line) for line in content.split("\n")),
}


def real_texts(data: Path) -> Iterator[Text]:
    """All texts under the folder of real data, in the order of the files' names."""
    pairs = 0
    for folder in FOLDERS:
        for path in sorted((data / folder).rglob("*")):
            name = path.relative_to(data).as_posix()
            suffix = Path(name.removesuffix(".gz")).suffix
            if suffix not in READERS or not path.is_file():
                continue
            content = (gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes()).decode()
            if LABELLED in name:
                lines = [line.split("\t") for line in content.splitlines() if line]
                yield from _sides(lines, name, pairs)
                pairs += len(lines)
            else:
                found = READERS[suffix](content)
                yield from (Text(text, f"{name}#{field}") for field, text in found if len(text.split()) > 1)


def write(data: Path, dest: Path) -> int:
    """Write the texts as one Parquet file in a folder; returns how many there are."""
    dest.mkdir(parents=True, exist_ok=True)
    rows = [{"id": row, **text.__dict__} for row, text in enumerate(real_texts(data))]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), dest / "00000.parquet", compression="zstd", row_group_size=10_000)
    return len(rows)


def _sides(lines: list[list[str]], name: str, first: int) -> Iterator[Text]:
    for pair, (left, right, label) in enumerate(lines, first):
        yield from (Text(side.strip(), f"{name}#record", pair, label == "1") for side in (left, right))


def main() -> None:
    parser = argparse.ArgumentParser(description="Gather the real short texts into one Parquet file.")
    parser.add_argument("data", type=Path)
    parser.add_argument("dest", type=Path)
    given = parser.parse_args()
    print(write(given.data, given.dest))


if __name__ == "__main__":
    main()
