"""Lines of logs: their headers, their times, and what is left when parameters are masked."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

LEVELS = (
    *("trace", "debug", "info", "information", "notice", "warn", "warning", "error", "err", "severe", "failure"),
    *("critical", "crit", "fatal", "alert", "emerg", "emergency", "panic"),
)


class Layout(NamedTuple):
    """How lines of one kind of log begin.

    Args:
        header: a regular expression (Rust's, in linear time); groups ``time``, ``content``, maybe ``level``, ``source``.
        time: the format of ``time`` (strftime; ``%.f`` is a fraction with its point); empty where the header has none.
    """

    header: str
    time: str


LAYOUTS: Mapping[str, Layout] = {
    "iso": Layout(
        r"^[\[(]?(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)[\])]?,?"
        rf"(?:[\s|:\[-]{{1,8}}(?P<level>(?i:{'|'.join(LEVELS)}))\b[\]:|]?)?(?P<content>.*)",
        "%Y-%m-%d %H:%M:%S%.f",
    ),
    "syslog": Layout(
        r"^(?:<\d{1,3}>)?(?P<time>[A-Z][a-z]{2} [ \d]?\d \d\d:\d\d:\d\d) \S+ [^:\s]+(?: \S+)?: ?(?P<content>.*)",
        "%b %e %H:%M:%S",
    ),
    "apache": Layout(
        r"^\[(?P<time>[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \d{4})\] "
        r"\[(?:[a-z_]+:)?(?P<level>[a-z]+)\d?\] (?P<content>.*)",
        "%a %b %d %H:%M:%S %Y",
    ),
    "hdfs": Layout(r"^(?P<time>\d{6} \d{6}) \d+ (?P<level>[A-Z]+) \S+: (?P<content>.*)", "%y%m%d %H%M%S"),
    "spark": Layout(r"^(?P<time>\d\d/\d\d/\d\d \d\d:\d\d:\d\d) (?P<level>[A-Z]+) \S+: (?P<content>.*)", "%y/%m/%d %H:%M:%S"),
    "bgl": Layout(
        r"^\S+ \d{10} \d{4}\.\d\d\.\d\d \S+ (?P<time>\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.\d{6}) \S+ \S+ \S+ (?P<level>\S+) ?"
        r"(?P<content>.*)",
        "%Y-%m-%d-%H.%M.%S%.f",
    ),
}
"""Headers that many programs write: ISO 8601 times, syslog, and those of loghub's systems."""

_MASKS = (
    (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b", "<*>"),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?\b", "<*>"),
    (r"\b0x[0-9a-fA-F]+\b", "<*>"),
    (r"(^|[^A-Za-z0-9<])[-+]?\d+\b", "${1}<*>"),
    (r"\b[0-9a-f]*\d[0-9a-f]{7,}\b", "<*>"),
)
_LONGEST_SHAPE = 400
_YEAR = "2000"


def fields(lines: pa.Array, layouts: Mapping[str, Layout]) -> pl.DataFrame:
    """Of each line ``content`` and, of the first layout that fits, ``time`` (microseconds since 1970), ``level``, ``source``;
    ``timed``: whether the header has a time. A line that none fits is its own content, and its ``fits`` is false.

    A time without a year is in 2000. Offsets from UTC are taken into account.

    >>> fields(pa.array(["Jun 14 15:16:01 combo sshd[1]: bye", "bye"]), LAYOUTS)["content", "fits"].rows()
    [('bye', True), ('bye', False)]
    """
    line = pl.Series("line", lines, dtype=pl.String)
    found = pl.DataFrame(
        {
            "content": line,
            "time": pl.Series([None] * len(line), dtype=pl.Int64),
            "level": pl.Series([None] * len(line), dtype=pl.String),
            "source": pl.Series([None] * len(line), dtype=pl.String),
            "fits": np.zeros(len(line), bool),
            "timed": np.zeros(len(line), bool),
        }
    )
    for layout in layouts.values():
        groups = line.str.extract_groups(layout.header).struct.unnest()
        fits = ~found["fits"] & (
            groups["content"].is_not_null() if "content" in groups.columns else line.str.contains(layout.header)
        )
        if not fits.any():
            continue
        made: dict[str, pl.Series] = {name: groups[name] for name in ("content", "level", "source") if name in groups.columns}
        if "time" in groups.columns:
            made |= {"time": _times(groups["time"], layout.time), "timed": groups["time"].is_not_null()}
        changed = {name: pl.when(fits).then(pl.lit(column)).otherwise(pl.col(name)) for name, column in made.items()}
        found = found.with_columns(**changed, fits=pl.lit(found["fits"] | fits))
    return found


def _times(text: pl.Series, form: str) -> pl.Series:
    """Microseconds since 1970; null where a time cannot be."""
    offset = text.str.extract_groups(r"([+-])(\d\d):?(\d\d)$").struct.unnest() if form.startswith("%Y-%m-%d %H:") else None
    if offset is not None:
        text = (
            text.str.replace(r"(?:Z|[+-]\d\d:?\d\d)$", "")
            .str.replace("T", " ", literal=True)
            .str.replace(",", ".", literal=True)
        )
    if "%Y" not in form and "%y" not in form and form:
        text, form = _YEAR + " " + text, f"%Y {form}"
    times = text.str.to_datetime(form or None, strict=False, time_unit="us").cast(pl.Int64)
    if offset is None:
        return times
    minutes = offset["2"].cast(pl.Int64) * 60 + offset["3"].cast(pl.Int64)
    signed = pl.select(pl.when(offset["1"] == "-").then(-minutes).otherwise(minutes)).to_series()
    return times - signed.fill_null(0) * 60_000_000


def shapes(content: pl.Series) -> pl.Series:
    """What a line says with its numbers, addresses and hexadecimal words masked, and one space between words.

    >>> shapes(pl.Series(["Sent 12 bytes to 10.0.0.1:80  as blk_-7"])).to_list()
    ['Sent <*> bytes to <*> as blk_<*>']
    """
    content = content.str.slice(0, _LONGEST_SHAPE).str.strip_chars().str.replace_all(r"\s+", " ")
    for mask, instead in _MASKS:
        content = content.str.replace_all(mask, instead)
    return content


def templates(distinct: list[str], similarity: float = 0.4) -> dict[str, str]:
    """The template of each shape: Drain's tree (He et al. 2017), run over the shapes in their order.

    >>> templates(["user ann logged in", "user bob logged in"])
    {'user ann logged in': 'user <*> logged in', 'user bob logged in': 'user <*> logged in'}
    """
    from drain3.drain import Drain

    drain = Drain(depth=4, sim_th=similarity)
    groups = {shape: drain.add_log_message(shape)[0] for shape in sorted(distinct)}
    return {shape: group.get_template() for shape, group in groups.items()}
