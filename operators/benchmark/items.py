"""The items of benchmarks: small files, read whole, over any filesystem that fsspec knows."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import pyarrow as pa
from fsspec.core import has_magic
from pyarrow import csv, parquet

from engine.errors import AuditorError, SourceError, nearest
from engine.storage.failures import cause_of, patiently
from engine.storage.files import filesystem
from engine.storage.names import printable, redact

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
        fs, inner = filesystem(path)
        files = sorted(patiently(lambda: fs.glob(inner), path)) if has_magic(inner) else [inner]
        keys = [str(patiently(partial(fs.ukey, file), path)) for file in files]
        if not files:
            raise FileNotFoundError
        return [row for file, key in zip(files, keys, strict=True) for row in _read(fs, file, key)]
    except SourceError as error:
        raise BenchmarkError(f"the benchmark {error}") from error
    except FileNotFoundError as error:
        raise BenchmarkError(f"there is no benchmark at {redact(path)}: give a file, a glob or a URL") from error
    except (OSError, ImportError, ValueError, RecursionError) as error:  # pyarrow's and json's errors are ValueErrors
        raise BenchmarkError(f"the benchmark {redact(path)} cannot be read: {cause_of(error, path)}") from error


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
            raise BenchmarkError(f"the benchmark {redact(path)} has no column '{name}'{hint}")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


@lru_cache(maxsize=64)
def _read(fs: Any, file: str, key: str) -> Rows:  # noqa: ARG001  (a file that was changed has another key)
    shown = printable(fs, file)
    name = shown.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    kind = name.rsplit(".", 1)[-1]
    if kind not in _FORMATS:
        raise BenchmarkError(f"the benchmark {shown} is none of {', '.join(_FORMATS)}: its name ends otherwise")
    data = patiently(lambda: _bytes(fs, file), shown)
    if len(data) > MOST_BYTES:
        raise BenchmarkError(f"the benchmark {shown} has more than 1 GiB: make it the plan's [reference]")
    found = _table(kind, data).to_pylist() if kind in ("parquet", "csv", "tsv") else _json(data)
    if not all(isinstance(row, dict) for row in found):
        raise BenchmarkError(f"the benchmark {shown} has rows that are no JSON objects")
    return found


def _bytes(fs: Any, file: str) -> bytes:
    with fs.open(file, "rb", compression="infer") as stream:
        data: bytes = stream.read(MOST_BYTES + 1)
    return data


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
