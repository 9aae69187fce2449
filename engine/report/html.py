"""Reports as one self-contained page: it opens offline, asks the network for nothing and runs no script."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.excerpt import Excerpt
from engine.report import plots, text
from engine.report.compare import runs
from engine.report.grid import rows
from engine.report.model import Exhibit, Report, Result, Status, plain
from engine.schema import GRID, Dimension
from engine.value import Plot, Value


def render_html(reports: Sequence[Report]) -> str:
    """One page of one or several reports.

    Every string of a report is untrusted: it is cut, stripped of hidden characters and escaped on its way out, wherever the
    template writes it.
    """
    css = files("engine.report").joinpath("report.css").read_text("utf-8")
    # The style sheet is ours, not data: the one text that is written as it stands.
    page = (
        _environment()
        .get_template("report.html.j2")
        .render(
            reports=list(reports),
            grid=rows(reports),
            css=Markup(css),  # noqa: S704
        )
    )
    return page.lstrip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("engine", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(num=_num, words=text.words, modality=text.modality_name, bytes=text.bytes_text, whole=_whole)
    environment.globals.update(
        Status=Status,
        directions=text.DIRECTIONS,
        symbols=text.SYMBOLS,
        interval=_interval,
        span=text.span,
        whisker=plots.whisker,
        draw=plots.draw,
        numbers=plots.numbers,
        figures=_figures,
        parts=_parts,
        evidence=_evidence,
        marked=_marked,
        by_dimension=_by_dimension,
        unmeasured=_unmeasured,
        plan_text=_plan_text,
        setting_text=_setting_text,
        arrows=text.ARROWS,
    )
    return environment


def _finalize(item: Any) -> Any:
    """What the template writes: plain strings lose what is hidden in them before they are escaped."""
    return text.visible(item) if type(item) is str else item


def _num(value: float | None) -> Markup:
    """A number as a reader wants it, with all its digits beside it."""
    if value is None:
        return Markup("–")
    return Markup('<data value="{0}" title="{0}">{1}</data>').format(repr(value), text.number(value))


def _whole(value: str) -> Markup:
    """A text that is shown uncut because it is ours or was cut before."""
    return Markup("{}").format(text.visible(value, limit=200_000))


def _interval(value: Value) -> Markup:
    if value.low is None or value.high is None:
        return Markup("no interval · {}").format(value.estimator)
    if value.low == value.high == value.value:
        return Markup("exact")
    return Markup("95&nbsp;%: {} to {} · {}").format(_num(value.low), _num(value.high), value.estimator)


def _parts(value: Value) -> list[tuple[str, Value]]:
    return list(text.flat_parts(value))


def _figures(value: Value) -> list[tuple[str, Plot]]:
    """The plot of a value and those of its parts, with the part's name."""
    found = [("", value.plot), *((name, part.plot) for name, part in text.flat_parts(value))]
    return [(name, plot) for name, plot in found if plot is not None]


def _evidence(report: Report, value: Value) -> Iterator[tuple[str, Exhibit]]:
    """The records behind a value and its parts: the part's name, and what is shown."""
    for name, owner in (("", value), *text.flat_parts(value)):
        for item in owner.evidence:
            yield name, report.exhibit(item)


def _marked(left: Excerpt, right: Excerpt) -> list[tuple[Excerpt, list[tuple[bool, str]]]]:
    """Both excerpts as pieces, each with whether it differs from the other's."""
    found = runs(left, right)
    return [(left, [(not run.same, run.left) for run in found]), (right, [(not run.same, run.right) for run in found])]


def _by_dimension(report: Report) -> Iterator[tuple[Dimension, list[Result]]]:
    """The measured results of each dimension, in the order of the grid, then whatever stands outside it."""
    for dimension in dict.fromkeys((*GRID[report.modality], *Dimension)):
        found = [item for item in report.results if item.dimension is dimension and item.status is Status.MEASURED]
        if found:
            yield dimension, found


def _unmeasured(report: Report) -> list[tuple[Status, str, str]]:
    """What was not measured: status, name and reason of each metric without a value and each cell without a metric."""
    cells = [
        (cell.status, f"{text.words(cell.dimension)} (the whole cell)", cell.missing)
        for cell in report.cells
        if cell.modality is report.modality and not cell.metrics
    ]
    metrics = [(item.status, item.metric, item.reason or "") for item in report.results if item.status is not Status.MEASURED]
    order = (Status.FAILED, Status.NOT_MEASURABLE, Status.NOT_ASKED, Status.MEASURED)
    return sorted(metrics + cells, key=lambda line: order.index(line[0]))


def _plan_text(plan: Mapping[str, Any]) -> str:
    return json.dumps(_cut(plain(plan)), ensure_ascii=False, indent=2, sort_keys=True)


def _setting_text(setting: Any) -> str:
    return json.dumps(_cut(plain(setting)), ensure_ascii=False, sort_keys=True)


def _cut(item: Any) -> Any:
    """A JSON value with its long strings cut."""
    if isinstance(item, dict):
        return {text.visible(key, 200): _cut(value) for key, value in item.items()}
    if isinstance(item, list):
        return [_cut(value) for value in item]
    return text.visible(item) if isinstance(item, str) else item
