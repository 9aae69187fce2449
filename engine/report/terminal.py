"""The coverage grid in a terminal. Data is written as `rich.text.Text`, never as markup, with its control characters shown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.report.compare import unified
from engine.report.grid import Row, Slot, rows
from engine.report.model import Report, Result, Status, Verdict
from engine.report.text import ARROWS, SYMBOLS, interval, modality_name, number, one_line, words

_STYLES = {Status.MEASURED: "blue", Status.NOT_ASKED: "dim", Status.NOT_MEASURABLE: "yellow", Status.FAILED: "bold red"}
_SIGNS = {" ": "dim", "-": "red", "+": "green"}
_VERDICTS = {Verdict.FIT: ("✓", "green"), Verdict.UNFIT: ("✕", "red"), Verdict.UNKNOWN: ("?", "yellow")}


def print_grid(reports: Sequence[Report], console: Console) -> None:
    """The grid with the number of each cell's weakest metric, then each audit's verdict.

    Of one audit, every metric too, and where its evidence is pairs of records, how the first pair differs.
    """
    console.print(_grid(reports))
    console.print(Text("  ").join(Text(f"{SYMBOLS[status]} {words(status)}", _STYLES[status]) for status in Status))
    if len(reports) == 1:
        console.print(_metrics(reports[0]))
        for result in reports[0].results:
            if result.status is not Status.MEASURED:
                console.print(_unmeasured(result))
        for result in reports[0].results:
            for line in _pair(reports[0], result):
                console.print(line)
    for report in reports:
        console.print(_line(report))


def print_stages(provenance: Mapping[str, Any], console: Console) -> None:
    """Where the time of the run went that ended an audit: its stages in order, those of the same name as one.

    What belongs to no stage (looking at the data, values, the report) is the rest. Times are in OUT/provenance.json and in no
    report, which is the same bytes however long it took.

    >>> stages = [{"stage": "read subject", "items": 8, "done_before": 2, "seconds": 6.0}]
    >>> print_stages({"seconds": 8.0, "stages": stages}, Console(width=60))  # doctest: +NORMALIZE_WHITESPACE
    <BLANKLINE>
      stage          items   done before   seconds   share
     ──────────────────────────────────────────────────────
      read subject       8             2       6.0    75 %
      the rest                                 2.0    25 %
      together                                 8.0   100 %
    <BLANKLINE>
    """
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("stage", "items", "done before", "seconds", "share"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    whole = max(provenance["seconds"], 1e-9)

    def row(name: str, seconds: float, *counts: int) -> None:
        shown = [f"{count:,}" for count in counts] or ["", ""]
        table.add_row(Text(one_line(name, 60)), *shown, f"{seconds:,.1f}", f"{seconds / whole:.0%}".replace("%", " %"))

    named = dict.fromkeys(stage["stage"] for stage in provenance["stages"])
    for name in named:
        same = [stage for stage in provenance["stages"] if stage["stage"] == name]
        seconds, *counts = (sum(stage[key] for stage in same) for key in ("seconds", "items", "done_before"))
        row(name, seconds, *counts)
    row("the rest", max(0.0, whole - sum(stage["seconds"] for stage in provenance["stages"])))
    row("together", whole)
    console.print(table)


def _grid(reports: Sequence[Report]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_lines=True, expand=False, title_justify="left")
    for name in ("modality", "quality", "trust"):
        table.add_column(name, no_wrap=name == "modality", min_width=16 if name == "modality" else None)
    for row in rows(reports):
        between = "\n" if row.report else " "
        table.add_row(_title(row), _slots(row.quality, between), _slots(row.trust, between))
    return table


def _title(row: Row) -> Text:
    title = Text(modality_name(row.modality), "bold")
    return title.append("\n" + one_line(row.report.name, 40), "dim") if row.report else title


def _slots(slots: Sequence[Slot | None], between: str) -> Text:
    return Text(between).join(_slot(slot) for slot in slots if slot is not None)


def _slot(slot: Slot) -> Text:
    cell = slot.cell
    name = words(cell.dimension).replace(" ", "\N{NO-BREAK SPACE}")
    line = Text(f"{SYMBOLS[cell.status]}\N{NO-BREAK SPACE}{name} ", _STYLES[cell.status])
    if slot.headline is not None:
        value = slot.headline.value
        shown = number(value.value) if value is not None and value.value is not None else "–"
        line.append(f"{shown} {ARROWS[slot.headline.direction]} ", "bold")
        return line.append(one_line(slot.headline.metric.split(".")[-1], 40), "dim")
    return line if cell.status is Status.NOT_ASKED else line.append(one_line(cell.missing, 60), "dim")


def _metrics(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name, justify in (("metric", "left"), ("value", "right"), ("95 % interval", "right"), ("n", "right"), ("unit", "left")):
        table.add_column(name, justify=justify, no_wrap=name != "unit", overflow="fold")  # type: ignore[arg-type]
    for result in report.results:
        value = result.value
        if value is not None and value.value is not None:
            shown = Text(f"{number(value.value)} {ARROWS[result.direction]}", "bold")
            counts = (Text(interval(value)), Text(f"{value.n:,}"), Text(one_line(result.unit, 60), "dim"))
            table.add_row(Text(one_line(result.metric, 60)), shown, *counts)
    return table


def _unmeasured(result: Result) -> Text:
    line = Text(f"{SYMBOLS[result.status]} {one_line(result.metric, 60)} ", _STYLES[result.status])
    return line.append(one_line(result.reason or "", 200), "dim")


def _pair(report: Report, result: Result) -> Iterator[Text]:
    """The first pair behind a number: where both records are, and the columns in which they differ."""
    first = next((item for item in (result.value.evidence if result.value else ()) if item.other is not None), None)
    if first is None:
        return
    shown = report.exhibit(first)
    yield Text(f"{one_line(result.metric, 60)}: {one_line(first.note)}", "bold")
    for name, record in ((first.record, shown.record), (first.other, shown.other)):
        yield Text(f"  {one_line(record.where) if record else f'record {name}'}", "dim")
    for column, both in sorted(shown.pair.fields.items()) if shown.pair else ():
        lines = list(unified(*both))
        if any(sign != " " for sign, _ in lines):
            yield Text(f"  {one_line(column, 60)}")
            yield from (Text(f"  {sign} {text}", _SIGNS[sign]) for sign, text in lines)


def _line(report: Report) -> Text:
    line = Text(one_line(report.name, 80), "bold")
    if report.fitness:
        symbol, style = _VERDICTS[report.fitness.verdict]
        line.append(f"  {symbol} {report.fitness.verdict.value} for {one_line(report.fitness.use, 40)}", style)
    for side, summary in sorted(report.sides.items(), reverse=True):
        counts = summary.records
        line.append(f"  {one_line(side, 20)} {counts.kept:,} of {counts.read:,} records", "dim")
        if counts.quarantined:
            line.append(f", {counts.quarantined:,} quarantined", "yellow")
    return line
