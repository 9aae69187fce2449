"""Reports as Markdown: for a pull request, an issue, a terminal pager. Data is escaped: it can neither format nor link."""

import re
from collections.abc import Iterable, Iterator, Sequence

from engine.report.compare import unified
from engine.report.grid import Slot, rows
from engine.report.model import Check, Exhibit, Fitness, Record, Report, Result, SideSummary, Status
from engine.report.text import (
    ARROWS,
    DIRECTIONS,
    SHOWN_CHARACTERS,
    SYMBOLS,
    bytes_text,
    flat_parts,
    interval,
    modality_name,
    number,
    one_line,
    span,
    visible,
    words,
)
from engine.value import Value

_SPECIAL = re.compile(r"[\\`*_\[\]|~$]|^[#+=-]")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "&#64;", "://": "&#58;//", "www.": "www&#46;"}
_ENTITY = re.compile(r"[&<>@]|://|www\.", re.IGNORECASE)
_PLAIN_CODE = re.compile(r"[\w.]{1,100}")
_EVIDENCE_SHOWN = 3
_DIFF_CHARACTERS = 4_000


def render_markdown(reports: Sequence[Report]) -> str:
    """One document of one or several reports."""
    title = f"# {escape(reports[0].name)}" if len(reports) == 1 else f"# {len(reports)} audits"
    lines = [title, "", "## Coverage", "", *_grid(reports)]
    for report in reports:
        lines += ["", *_report(report)]
    return "\n".join(lines) + "\n"


def escape(text: str, limit: int = 500) -> str:
    """Untrusted text on one line, with everything that Markdown, GitHub or HTML would act on made inert.

    >>> escape("a|b `c` <script> [x](http://y)")
    'a\\\\|b \\\\`c\\\\` &lt;script&gt; \\\\[x\\\\](http&#58;//y)'
    """
    marked = _SPECIAL.sub(lambda match: "\\" + match.group(), one_line(text, limit))
    marked = _NUMBERED.sub(r"\1\\\2", marked)
    return _ENTITY.sub(lambda match: _ENTITIES[match.group().lower()], marked)


def _code(name: str) -> str:
    return f"`{name}`" if _PLAIN_CODE.fullmatch(name) else escape(name)


def _fenced(text: str, language: str = "text", limit: int = SHOWN_CHARACTERS) -> list[str]:
    """A block of code whose fence is longer than any run of backticks inside."""
    shown = visible(text, limit)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    return [f"{fence}{language}", *shown.split("\n"), fence]


def _table(header: Sequence[str], lines: Iterable[Sequence[str]]) -> list[str]:
    return [_row(header), _row(["---"] * len(header)), *map(_row, lines)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _grid(reports: Sequence[Report]) -> list[str]:
    lines = []
    for row in rows(reports):
        name = modality_name(row.modality) + (f"<br>{escape(row.report.name)}" if row.report else "")
        lines.append([name, *(_slot(slot) for slot in (*row.quality, *row.trust))])
    legend = " · ".join(f"{SYMBOLS[status]} {words(status)}" for status in Status)
    header = ["modality", "validity", "fidelity", "diversity", "utility", "trust", "", "", ""]
    return [*_table(header, lines), "", legend, "", "The number of a cell is that of its weakest metric."]


def _slot(slot: Slot | None) -> str:
    if slot is None:
        return ""
    cell = slot.cell
    head = f"{SYMBOLS[cell.status]} {words(cell.dimension)}"
    if slot.headline is not None and slot.headline.value is not None and slot.headline.value.value is not None:
        shown = f"**{number(slot.headline.value.value)}** {ARROWS[slot.headline.direction]}"
        return f"{head}<br>{shown}<br>{_code(slot.headline.metric)}"
    return head if cell.status is Status.NOT_ASKED else f"{head}<br>{escape(cell.missing, 120)}"


def _report(report: Report) -> Iterator[str]:
    yield f"## {escape(report.name)} ({modality_name(report.modality)})"
    yield ""
    yield f"Fingerprint {_code(report.fingerprint)}, auditor {escape(report.auditor)}."
    yield ""
    for name, model in sorted(report.models.items()):
        yield f"{words(name)}: " + ", ".join(f"{words(key)} {_code(str(value))}" for key, value in sorted(model.items()))
        yield ""
    header = ("side", "read", "kept", "removed", "quarantined", "shards", "size", "path")
    yield from _table(header, (_side(name, report.sides[name]) for name in sorted(report.sides, reverse=True)))
    if report.fitness:
        yield from ("", *_fitness(report.fitness))
    measured = [result for result in report.results if result.status is Status.MEASURED]
    if measured:
        header = ("metric", "dimension", "value", "95 % interval", "n", "unit", "direction", "range")
        yield from ("", "### Measured", "", *_table(header, map(_result, measured)))
    for result in measured:
        yield from _detail(report, result)
    missing = [result for result in report.results if result.status is not Status.MEASURED]
    if missing:
        lines = [(f"{SYMBOLS[r.status]} {words(r.status)}", _code(r.metric), escape(r.reason or "")) for r in missing]
        yield from ("", "### Not measured, and why", "", *_table(("status", "metric", "reason"), lines))
    if report.quarantine.total:
        yield from ("", *_quarantine(report))


def _side(name: str, side: SideSummary) -> list[str]:
    records = side.records
    counts = [f"{count:,}" for count in (records.read, records.kept, records.removed, records.quarantined, side.shards)]
    return [escape(name), *counts, bytes_text(side.size_bytes), escape(", ".join(side.path))]


def _fitness(fitness: Fitness) -> list[str]:
    header = ("requirement", "value", "met", "why")
    title = f"### Fitness: {fitness.verdict.value} for {escape(fitness.use)}"
    return [title, "", *_table(header, map(_check, fitness.checks))]


def _check(check: Check) -> list[str]:
    met = {True: "✓ yes", False: "✕ no", None: "? not measured" if check.required else "○ does not apply"}[check.passed]
    value = "–" if check.value is None else number(check.value)
    why = check.why + (f" ({check.note})" if check.note else "")
    return [f"{_code(check.metric)} {escape(check.op)} {number(check.limit)}", value, met, escape(why)]


def _result(result: Result) -> list[str]:
    value = result.value or Value.missing("no value")
    return [
        _code(result.metric),
        words(result.dimension),
        "–" if value.value is None else number(value.value),
        interval(value) or "none",
        f"{value.n:,}",
        escape(result.unit),
        DIRECTIONS[result.direction],
        span(result),
    ]


def _detail(report: Report, result: Result) -> Iterator[str]:
    """What does not fit in a line of the table: parts, what was not evaluated, source, the first of the evidence."""
    value = result.value or Value.missing("no value")
    yield from ("", f"#### {_code(result.metric)}", "", f"{escape(result.summary)} Source: {escape(result.source)}.")
    if value.reason:
        yield from ("", escape(value.reason))
    if value.skipped:
        yield from ("", "Not evaluated: " + ", ".join(f"{n:,} {escape(why)}" for why, n in sorted(value.skipped.items())) + ".")
    parts = list(flat_parts(value))
    if parts:
        lines = [(escape(name), _part(part), interval(part), f"{part.n:,}") for name, part in parts]
        yield from ("", *_table(("part", "value", "95 % interval", "n"), lines))
    for item in value.evidence[:_EVIDENCE_SHOWN]:
        yield from _evidence(report.exhibit(item))
    for name, part in parts:
        for item in part.evidence[:1]:
            yield from _evidence(report.exhibit(item), f" of {escape(name)}")


def _part(part: Value) -> str:
    return escape(part.reason or "") if part.value is None else number(part.value)


def _evidence(shown: Exhibit, of: str = "") -> Iterator[str]:
    item, pair, record = shown.item, shown.pair, shown.record
    other = "" if item.other is None else f" beside {_where(item.other, shown.other)}"
    note = f": {escape(item.note)}" if item.note else ""
    yield from ("", f"Evidence{of}, score {number(item.score)}, {_where(item.record, record)}{other}{note}")
    if pair is not None:
        for column, both in sorted(pair.fields.items()):
            lines = "\n".join(f"{sign} {text}" for sign, text in unified(*both))
            yield from ("", f"{escape(column)}:", "", *_fenced(lines, "diff", _DIFF_CHARACTERS))
    elif record is not None:
        for column, excerpt in sorted(record.fields.items()):
            yield from ("", f"{escape(column)}:", "", *_fenced(excerpt))


def _where(record: int, shown: Record | None) -> str:
    return escape(shown.where) if shown else f"record {record}"


def _quarantine(report: Report) -> Iterator[str]:
    causes = ", ".join(f"{count:,} {escape(cause)}" for cause, count in sorted(report.quarantine.causes.items()))
    yield from ("### Quarantine", "", f"{report.quarantine.total:,} could not be read: {causes}.", "")
    lines = [
        (escape(item.side), escape(item.shard), "all" if item.row is None else f"{item.row:,}", escape(item.cause))
        for item in report.quarantine.first
    ]
    yield from _table(("side", "shard", "row", "cause"), lines)
