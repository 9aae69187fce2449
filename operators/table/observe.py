"""The cells of one column of a batch as numbers, times and texts: every cell that is there is one of these."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.schema import KIND
from operators.kernels.buffers import valid_mask
from operators.kernels.exact_products import LARGEST
from operators.table.cell_kinds import KINDS, text_kinds, typed_kind

_MISSING, _BOOLEAN, _INTEGER, _NUMBER, _DATE, _DATETIME, _TEXT, _OTHER = range(len(KINDS))
_NO_DIGIT = r"[^0-9eE+.\-]"
_FEW, _REMEMBERED, _SHORT = 1024, 1 << 16, 100
_VERDICTS: dict[str, dict[str, tuple[int, float, float]]] = {}
"""What short words turned out to be, by the plan's kind: the same few come in every batch, and a query costs much."""
_DAY_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True)
class Seen:
    """What is in the cells of a column.

    Args:
        kinds: (8,) how many cells are of each of `KINDS`.
        numbers, times: (n,) NaN where the cell is none; None where no cell is any. Times are microseconds since 1970.
        texts: (n,) the position in ``words`` of the cells that are texts or truth values, -1 for others; None where none is.
        words: the distinct texts.
    """

    kinds: NDArray[np.int64]
    numbers: NDArray[np.float64] | None = None
    times: NDArray[np.float64] | None = None
    texts: NDArray[np.int64] | None = None
    words: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))


def declared(column: pa.Field) -> str:
    """The kind that the plan gives a column (`engine.source.dataset.Dataset.types`); empty where it gives none."""
    return str((column.metadata or {}).get(KIND, b""), "utf-8")


def observe(column: pa.Array, kind: str = "") -> Seen:
    """The cells of a column. A format after "datetime:" in the kind is how its times are written.

    >>> seen = observe(pa.array(["7", "x", None, "2024-01-01"]))
    >>> seen.numbers.tolist()[0], seen.texts.tolist(), seen.words.to_pylist(), float(seen.times[3] / 86.4e9)
    (7.0, [-1, 0, -1, -1], ['x'], 19723.0)
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _strings(column, kind)
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.string())
        return _strings(column, kind)
    found = typed_kind(column.type)
    return _texts_of_others(column) if found == "other" else _typed(column, KINDS.index(found))


def _typed(column: pa.Array, kind: int) -> Seen:
    if kind in (_DATE, _DATETIME):
        column = column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    valid = valid_mask(column)
    numbers = column.cast(pa.float64(), safe=False).fill_null(0.0).to_numpy(zero_copy_only=False)
    there = valid & ~np.isnan(numbers)
    usable = there & (np.abs(numbers) <= LARGEST)
    counts = np.zeros(len(KINDS), np.int64)
    counts[_MISSING], counts[kind] = np.count_nonzero(~there), np.count_nonzero(usable)
    counts[_OTHER] = len(column) - counts.sum()
    if not counts[kind]:
        return Seen(counts)
    values = numbers if counts[kind] == len(column) else np.where(usable, numbers, np.nan)
    return Seen(counts, times=values) if kind in (_DATE, _DATETIME) else Seen(counts, numbers=values)


def _texts_of_others(column: pa.Array) -> Seen:
    """Times of day and durations as texts; what has parts is only counted."""
    if pa.types.is_time(column.type) or pa.types.is_duration(column.type):
        return _strings(
            column.cast(pa.string()) if pa.types.is_time(column.type) else column.cast(pa.int64()).cast(pa.string())
        )
    counts = np.zeros(len(KINDS), np.int64)
    present = int(np.count_nonzero(valid_mask(column)))
    counts[_MISSING], counts[_OTHER] = len(column) - present, present
    return Seen(counts)


def _strings(column: pa.Array, kind: str = "") -> Seen:
    """Each distinct string is looked at once."""
    coded = pc.dictionary_encode(column)
    words = pl.Series(coded.dictionary, dtype=pl.String)
    at = coded.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    kinds, numbers, times = _known(words, kind) if len(words) <= _FEW else _looked_at(words, kind)
    kinds, blank = np.append(kinds, _MISSING), np.array([np.nan])
    texts = np.isin(kinds, (_BOOLEAN, _TEXT))
    place = np.where(texts, np.cumsum(texts) - 1, -1)
    return Seen(
        np.bincount(kinds[at], minlength=len(KINDS)),
        np.append(numbers, blank)[at] if np.isin(kinds, (_INTEGER, _NUMBER)).any() else None,
        np.append(times, blank)[at] if np.isin(kinds, (_DATE, _DATETIME)).any() else None,
        place[at] if texts.any() else None,
        _canonical(words.filter(pl.Series(texts[:-1])), kinds[:-1][texts[:-1]]),
    )


def _canonical(words: pl.Series, kinds: NDArray[np.int64]) -> pa.Array:
    """Truth values in one spelling; two words may be the same then, and are counted as one by their hash."""
    if not (kinds == _BOOLEAN).any():
        return words.to_arrow()
    spelt = pl.when(pl.Series(kinds == _BOOLEAN)).then(pl.col("w").str.strip_chars().str.to_lowercase()).otherwise(pl.col("w"))
    return words.to_frame("w").select(spelt).to_series().to_arrow()


def _known(words: pl.Series, kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """As `_looked_at`, where most of the words were in a batch before."""
    said = _VERDICTS.setdefault(kind, {})
    texts = words.to_list()
    new = [text for text in texts if text not in said]
    if new:
        found = (part.tolist() for part in _looked_at(pl.Series(new, dtype=pl.String), kind))
        fresh = dict(zip(new, zip(*found, strict=True), strict=True))
        if len(said) + len(new) <= _REMEMBERED:
            said.update((text, verdict) for text, verdict in fresh.items() if len(text) <= _SHORT)
    verdicts = [said.get(text) or fresh[text] for text in texts]
    kinds, numbers, times = zip(*verdicts, strict=True) if verdicts else ((), (), ())
    return np.array(kinds, np.int64), np.array(numbers, np.float64), np.array(times, np.float64)


def _looked_at(words: pl.Series, kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """The kind of each string, its number and its time."""
    kinds, times = np.full(len(words), _NUMBER), np.full(len(words), np.nan)
    numbers = words.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().copy()
    plain = ~np.isnan(numbers) & ~words.str.contains(_NO_DIGIT).to_numpy()
    rest = np.flatnonzero(~plain)
    if len(rest):
        others = words.gather(rest).str.strip_chars()
        kinds[rest] = text_kinds(others)
        numeric = np.isin(kinds[rest], (_INTEGER, _NUMBER))
        numbers[rest] = np.where(numeric, others.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(), np.nan)
        timely = np.isin(kinds[rest], (_DATE, _DATETIME))
        times[rest[timely]] = _microseconds(others.filter(pl.Series(timely)))
    if plain.any():
        kinds[plain & ~words.str.contains(r"[.eE]").to_numpy()] = _INTEGER
    if kind.startswith("datetime:"):
        _by_format(words, kind.partition(":")[2], kinds, numbers, times)
    huge = ~(np.abs(numbers) <= LARGEST) & np.isin(kinds, (_INTEGER, _NUMBER))
    kinds[huge], numbers[huge] = _OTHER, np.nan
    return kinds, numbers, times


def _by_format(words: pl.Series, pattern: str, kinds: Any, numbers: Any, times: Any) -> None:
    """Times as a format of the plan writes them: what fits it is a time, whatever else it looks like."""
    dated = pl.Datetime("us") if "%H" in pattern or "%I" in pattern else pl.Date
    parsed = words.str.strip_chars().str.strptime(dated, pattern, strict=False).cast(pl.Datetime("us")).cast(pl.Int64)
    fits = parsed.is_not_null().to_numpy()
    kinds[fits], numbers[fits] = _DATETIME, np.nan
    times[fits] = parsed.drop_nulls().to_numpy().astype(np.float64)


def _microseconds(texts: pl.Series) -> NDArray[np.float64]:
    """Since 1970, of dates and times that `text_kinds` let through; a time without a zone is taken as it stands."""
    t = pl.col("t").str
    part = t.extract(r"^.{10}[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?", 1)
    minute, second = (t.extract(r"^.{10}[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?", group) for group in (2, 3))
    fraction = t.extract(r"\.([0-9]{1,6})", 1).str.pad_end(6, "0")
    zone = t.extract(r"([+-][0-9]{2}:?[0-9]{2})$", 1)
    hours, minutes = zone.str.slice(0, 3).cast(pl.Int64), zone.str.slice(-2).cast(pl.Int64)
    away = hours * 60 + pl.when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes)
    timed = part.is_not_null()
    value = (
        t.slice(0, 10).str.to_date("%Y-%m-%d").cast(pl.Int64) * _DAY_MICROSECONDS
        + part.cast(pl.Int64).fill_null(0) * 3_600_000_000
        + minute.cast(pl.Int64).fill_null(0) * 60_000_000
        + second.cast(pl.Int64).fill_null(0) * 1_000_000
        + fraction.cast(pl.Int64).fill_null(0)
        - pl.when(timed).then(away.fill_null(0)).otherwise(0) * 60_000_000
    )
    found: NDArray[np.float64] = pl.DataFrame({"t": texts}).select(value).to_series().cast(pl.Float64).to_numpy()
    return found
