"""The items of benchmarks: small files, read whole, over any filesystem that fsspec knows."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import fsspec
import pyarrow as pa
from pyarrow import csv, parquet

from engine.errors import AuditorError, nearest

MOST_BYTES = 1 << 30
_PACKED = (".gz", ".bz2", ".zst", ".xz")
_FORMATS = ("jsonl", "ndjson", "json", "parquet", "csv", "tsv")

Rows = Sequence[Mapping[str, Any]]


class BenchmarkError(AuditorError):
    """A benchmark that cannot be read, or has not what is asked of it."""


def rows(path: str) -> Rows:
    """The rows of a benchmark's files: JSON lines, a JSON array, Parquet, CSV or TSV; compressed ones too.

    Args:
        path: a file, or a glob of several.

    Raises:
        BenchmarkError: in one sentence.
    """
    try:
        fs, inner = fsspec.core.url_to_fs(path)
        files = sorted(fs.glob(inner)) if fsspec.core.has_magic(inner) else [inner]
        if not files or not fs.exists(files[0]):
            raise BenchmarkError(f"there is no benchmark at {path}: give a file, a glob or a URL")
        return [row for file in files for row in _read(fs, file, str(fs.ukey(file)))]
    except (OSError, ImportError, ValueError, RecursionError) as error:  # pyarrow's and json's errors are ValueErrors
        raise BenchmarkError(f"the benchmark {path} cannot be read: {error}") from error


def identity(path: str) -> str:
    """A hash of a benchmark's rows."""
    digest = hashlib.sha256()
    for row in rows(path):
        digest.update(json.dumps(row, sort_keys=True, default=str).encode("utf-8", "backslashreplace") + b"\n")
    return digest.hexdigest()[:16]


def columns_of(path: str) -> tuple[str, ...]:
    """The columns that a benchmark has in some row."""
    return tuple(dict.fromkeys(name for row in rows(path) for name in row))


def texts(path: str, columns: Sequence[str]) -> list[str]:
    """The text of each item: its strings, also those inside lists and objects, a line each; '' for an item without.

    Args:
        path: as in `rows`.
        columns: which; all of them, in the file's order, where none are named.

    Raises:
        BenchmarkError: for a column that no row has.
    """
    require(path, columns)
    return [
        "\n".join(_strings(list(row.values()) if not columns else [row.get(name) for name in columns])) for row in rows(path)
    ]


def require(path: str, columns: Sequence[str]) -> None:
    """See that some row has each of the columns."""
    known = columns_of(path)
    for name in columns:
        if name not in known:
            hint = nearest(name, known) or f"; it has {', '.join(known[:12])}"
            raise BenchmarkError(f"the benchmark {path} has no column '{name}'{hint}")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


@lru_cache(maxsize=64)
def _read(fs: Any, file: str, key: str) -> Rows:  # noqa: ARG001  (a file that was changed has another key)
    name = file.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    kind = name.rsplit(".", 1)[-1]
    if kind not in _FORMATS:
        raise BenchmarkError(f"the benchmark {file} is none of {', '.join(_FORMATS)}: its name ends otherwise")
    with fs.open(file, "rb", compression="infer") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BenchmarkError(f"the benchmark {file} has more than 1 GiB: make it the plan's [reference]")
    found = _table(kind, data).to_pylist() if kind in ("parquet", "csv", "tsv") else _json(data)
    if not all(isinstance(row, dict) for row in found):
        raise BenchmarkError(f"the benchmark {file} has rows that are no JSON objects")
    return found


def _table(kind: str, data: bytes) -> pa.Table:
    if kind == "parquet":
        return parquet.read_table(io.BytesIO(data))
    options = csv.ParseOptions(delimiter="\t" if kind == "tsv" else ",", newlines_in_values=True)
    return csv.read_csv(io.BytesIO(data), parse_options=options)


def _json(data: bytes) -> list[Any]:
    text = data.decode("utf-8-sig")
    if text.lstrip().startswith("["):
        whole: list[Any] = json.loads(text)
        return whole
    return [json.loads(line) for line in text.split("\n") if line.strip()]
