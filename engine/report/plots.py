"""Plots as inline SVG: pure functions from numbers to escaped markup. Colours come from the page's classes."""

import hashlib
import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from markupsafe import Markup

from engine.report.text import number, one_line
from engine.schema import Direction
from engine.value import Bars, Bins, Curve, Heat, Plot, Scatter, Value

WIDTH, HEIGHT = 460, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 12, 42
_BARS_SHOWN, _BAR_HEIGHT, _BAR_LABEL = 16, 22, 180
_HEAT_SHOWN, _HEAT_SQUARE, _HEAT_LABEL = 24, 24.0, 130
_CHARACTER = 6.2
"""Mean advance of a label's character at the page's 11 px."""

_LEAST = 1e-300
"""Below this width an axis has one tick: steps of a tenth of it are no normal floats."""

_KINDS = ("a", "b", "c")
"""Classes of a point, one for each colouring; the page's style has a colour for each number after them."""

Scale = Callable[[float], float]


def draw(plot: Plot) -> Markup:
    """The SVG of a plot; empty where there is nothing to draw."""
    if isinstance(plot, Bars):
        return bars(plot)
    if isinstance(plot, Scatter):
        return scatter(plot)
    if isinstance(plot, Heat):
        return heat(plot)
    return histogram(plot) if isinstance(plot, Bins) else curve(plot)


def histogram(bins: Bins) -> Markup:
    """Counts over the bins; shares of each side where a reference stands beside them."""
    if not bins.counts:
        return Markup("")
    compared = bool(bins.reference)
    subject = _shares(bins.counts) if compared else bins.counts
    reference = _shares(bins.reference) if compared else ()
    edges = _logarithms(bins.edges) if bins.log_x else list(bins.edges)
    x = _scale(edges[0], edges[-1], _LEFT, WIDTH - _RIGHT)
    top = _ceiling(max((*subject, *reference))) or 1.0
    y = _scale(0.0, top, HEIGHT - _BOTTOM, _TOP)
    ticks = _log_ticks(edges[0], edges[-1]) if bins.log_x else [(at, number(at)) for at in _ticks(edges[0], edges[-1])]
    shapes = [
        _path("subject area", _steps(edges, subject, x, y) + "Z"),
        _path("reference", _steps(edges, reference, x, y)) if compared else Markup(""),
    ]
    axes = _axes(x, y, ticks, top, bins.x_label, "share" if compared else "count")
    return _svg(HEIGHT, f"histogram of {bins.x_label}", [axes, *shapes])


def curve(line: Curve) -> Markup:
    """A line through points."""
    if not line.x:
        return Markup("")
    x = _scale(min(line.x), max(line.x), _LEFT, WIDTH - _RIGHT)
    low, top = min(0.0, *line.y, *line.reference), _ceiling(max((*line.y, *line.reference)))
    y = _scale(low, top, HEIGHT - _BOTTOM, _TOP)
    shapes = [_path("subject", _polyline(line.x, line.y, x, y))]
    if line.reference:
        shapes.append(_path("reference", _polyline(line.x, line.reference, x, y)))
    if len(line.x) <= 24:
        shapes += [_dot(x(a), y(b)) for a, b in zip(line.x, line.y, strict=True)]
    ticks = [(at, number(at)) for at in _ticks(min(line.x), max(line.x))]
    return _svg(
        HEIGHT, f"{line.y_label} over {line.x_label}", [_axes(x, y, ticks, top, line.x_label, line.y_label, low), *shapes]
    )


def bars(plot: Bars) -> Markup:
    """Horizontal bars, the first 16 of them; all numbers stand in the table below the plot."""
    if not plot.values:
        return Markup("")
    shown = list(zip(plot.labels, plot.values, strict=True))[:_BARS_SHOWN]
    height = len(shown) * _BAR_HEIGHT + 34
    drawn = (*plot.values, *plot.reference)
    x = _scale(min(0.0, *drawn), max(0.0, *drawn) or 1.0, _BAR_LABEL + 8, WIDTH - 64)
    beside = plot.reference or plot.values
    rows = [_bar(row * _BAR_HEIGHT + 6, label, value, x, beside[row]) for row, (label, value) in enumerate(shown)]
    rows += [_mark(row * _BAR_HEIGHT + 6, value, x) for row, value in enumerate(plot.reference[: len(shown)])]
    more = len(plot.values) - len(shown)
    label = plot.x_label + (f" (and {more:,} more below)" if more else "")
    return _svg(height, f"bars of {plot.x_label}", [*rows, _text("label", (_BAR_LABEL + WIDTH - 56) / 2, height - 8, label)])


def scatter(plot: Scatter) -> Markup:
    """Points with their texts on hover, and a choice between the colourings: radio buttons, no script."""
    if not plot.x:
        return Markup("")
    height = WIDTH - 80
    x = _scale(min(plot.x), max(plot.x), 14, WIDTH - 10)
    y = _scale(min(plot.y), max(plot.y), height - 32, 10)
    colourings = list(zip(_KINDS, plot.colourings.items(), strict=False))
    dots = [
        Markup('<circle class="{}" cx="{}" cy="{}" r="3.2"><title>{}</title></circle>').format(
            " ".join(f"{kind}{colouring.groups[at]}" for kind, (_, colouring) in colourings),
            f"{x(a):.1f}",
            f"{y(b):.1f}",
            one_line(title, 160),
        )
        for at, (a, b, title) in enumerate(zip(plot.x, plot.y, plot.titles, strict=True))
    ]
    frame = _path("axis", f"M6 4V{height - 24}H{WIDTH - 4}")
    label = _text("label", WIDTH / 2, height - 6, f"across: {plot.x_label}, up: {plot.y_label}", 100)
    group = hashlib.sha256(repr((plot.x, plot.y)).encode()).hexdigest()[:12]  # the maps of a page are chosen for one by one
    choices = [
        Markup('<input type="radio" name="by-{0}" aria-label="colour by {1}"{2}><span class="by">{1}</span>').format(
            group, one_line(name), Markup(" checked") if kind == _KINDS[0] else ""
        )
        for kind, (name, _) in colourings
    ]
    legends = [
        Markup('<ul class="legend of-{}">{}</ul>').format(
            kind,
            Markup("").join(
                Markup('<li><svg viewBox="0 0 8 8"><circle class="{}" cx="4" cy="4" r="4"/></svg> {}</li>').format(
                    f"{kind}{number}", one_line(text, 60)
                )
                for number, text in enumerate(colouring.legend)
            ),
        )
        for kind, (_, colouring) in colourings
    ]
    return Markup('<div class="map">{}{}{}</div>').format(
        Markup("").join(choices), _svg(height, f"map of {len(plot.x)} records", [frame, *dots, label]), Markup("").join(legends)
    )


def heat(plot: Heat) -> Markup:
    """Squares of pairs, the first 24 of each; one without a number is left open. All numbers stand in the table below."""
    if not plot.rows or not plot.columns:
        return Markup("")
    rows, columns = plot.rows[:_HEAT_SHOWN], plot.columns[:_HEAT_SHOWN]
    side = min(_HEAT_SQUARE, (WIDTH - _HEAT_LABEL - 8) / len(columns))
    top = min(_HEAT_LABEL, 12 + _CHARACTER * max(map(len, columns)))
    squares = [
        _square(_HEAT_LABEL + at * side, top + row * side, side, value, plot, f"{a}, {b}")
        for row, a in enumerate(rows)
        for at, (b, value) in enumerate(zip(columns, plot.values[row], strict=False))
    ]
    limit = int((_HEAT_LABEL - 10) / _CHARACTER)
    names = [
        _text("tick right", _HEAT_LABEL - 6, top + (row + 0.5) * side + 4, _shortened(a, limit)) for row, a in enumerate(rows)
    ]
    names += [_upright(_HEAT_LABEL + (at + 0.5) * side + 4, top - 6, _shortened(b, limit)) for at, b in enumerate(columns)]
    height = top + len(rows) * side + 26
    more = max(len(plot.rows) - len(rows), len(plot.columns) - len(columns))
    label = f"{plot.label}, the darkest {number(plot.most)}" + (f" (and {more:,} more below)" if more else "")
    return _svg(height, f"squares of {plot.label}", [*squares, *names, _text("label", WIDTH / 2, height - 8, label, 90)])


def whisker(value: Value, bounds: tuple[float | None, float | None], direction: Direction) -> Markup:
    """A dot with its interval on the range of its metric; the good end says so, an end without bound has an arrow."""
    if value.value is None:
        return Markup("")
    low, high = _domain(value, bounds)
    x = _scale(low, high, 8, 232)
    start = (number(low) if bounds[0] is not None else f"← {number(low)}") + " better" * (direction is Direction.DOWN)
    finish = "better " * (direction is Direction.UP) + (number(high) if bounds[1] is not None else f"{number(high)} →")
    ends = [_text("end start", 8, 31, start), _text("end finish", 232, 31, finish)]
    line = _path("axis", "M8 13H232M8 9V17M232 9V17")
    shapes = []
    if value.low is not None and value.high is not None:
        shapes.append(_path("interval", f"M{x(value.low):.2f} 13H{x(value.high):.2f}"))
    return Markup('<svg class="whisker" viewBox="0 0 240 34" role="img" aria-label="{}">{}</svg>').format(
        f"{number(value.value)} between {number(low)} and {number(high)}",
        Markup("").join([line, *shapes, _dot(x(value.value), 13, 5.0), *ends]),
    )


def numbers(plot: Plot) -> tuple[tuple[str, ...], list[tuple[str | float, ...]]]:
    """The plot as a table: its header and its rows. Edges of a histogram stand as "from" and "to"."""
    if isinstance(plot, Bars) and plot.reference:
        return ("", plot.x_label, "reference"), list(zip(plot.labels, plot.values, plot.reference, strict=True))
    if isinstance(plot, Bars):
        return ("", plot.x_label), list(zip(plot.labels, plot.values, strict=True))
    if isinstance(plot, Heat):
        rows = zip(plot.rows, plot.values, strict=True)
        return ("", *plot.columns), [(name, *("" if value is None else value for value in row)) for name, row in rows]
    if isinstance(plot, Scatter):
        named = [[colouring.legend[group] for group in colouring.groups] for colouring in plot.colourings.values()]
        return ("record", plot.x_label, plot.y_label, *plot.colourings), list(
            zip(plot.titles, plot.x, plot.y, *named, strict=True)
        )
    reference = ("reference",) if plot.reference else ()
    if isinstance(plot, Bins):
        columns = [plot.edges[:-1], plot.edges[1:], plot.counts, *([plot.reference] if reference else [])]
        return ("from", "to", "count", *reference), list(zip(*columns, strict=True))
    columns = [plot.x, plot.y, *([plot.reference] if reference else [])]
    return (plot.x_label, plot.y_label, *reference), list(zip(*columns, strict=True))


def _domain(value: Value, bounds: tuple[float | None, float | None]) -> tuple[float, float]:
    """The ends of the axis: the range's, or beyond what is drawn where the range has none."""
    drawn = [number for number in (value.value, value.low, value.high) if number is not None]
    reach = max(map(abs, drawn)) or 1.0
    low = bounds[0] if bounds[0] is not None else min(0.0, _outward(min(drawn) - 0.25 * reach))
    high = bounds[1] if bounds[1] is not None else max(low, _outward(max(drawn) + 0.25 * reach))
    return min(low, *drawn), max(high, *drawn)


def _outward(at: float) -> float:
    """The next number of one digit, away from zero."""
    if at == 0:
        return 0.0
    step = 10.0 ** math.floor(math.log10(abs(at)))
    return math.copysign(math.ceil(abs(at) / step) * step, at)


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    width = high - low
    return lambda at: start + (end - start) * (min(max((at - low) / width, 0.0), 1.0) if width else 0.5)


def _ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, at steps of 1, 2 or 5 times a power of ten.

    >>> _ticks(0.0, 1.0)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high - low > _LEAST or not math.isfinite(high - low):
        return [low]
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def _ceiling(top: float) -> float:
    """The next tick at or above the greatest height."""
    ticks = _ticks(0.0, top, 3)
    return top if top <= 0 or len(ticks) < 2 or ticks[-1] >= top else ticks[-1] + ticks[1]


def _logarithms(edges: Sequence[float]) -> list[float]:
    """log10 of the edges; what is not positive stands half a decade before the least that is."""
    positive = [edge for edge in edges if edge > 0]
    floor = math.log10(min(positive)) - 0.5 if positive else 0.0
    return [math.log10(edge) if edge > 0 else floor for edge in edges]


def _log_ticks(low: float, high: float) -> list[tuple[float, str]]:
    step = max(1, round((high - low) / 6))
    return [(float(power), number(10.0**power)) for power in range(math.ceil(low), math.floor(high) + 1, step)]


def _shares(counts: Sequence[float]) -> tuple[float, ...]:
    total = math.fsum(counts)
    return tuple(count / total if total else 0.0 for count in counts)


def _steps(edges: Sequence[float], heights: Sequence[float], x: Scale, y: Scale) -> str:
    path = "".join(f"V{y(h):.2f}H{x(right):.2f}" for (_, right), h in zip(pairwise(edges), heights, strict=True))
    return f"M{x(edges[0]):.2f} {y(0.0):.2f}{path}V{y(0.0):.2f}"


def _polyline(xs: Sequence[float], ys: Sequence[float], x: Scale, y: Scale) -> str:
    return "M" + "L".join(f"{x(a):.2f} {y(b):.2f}" for a, b in zip(xs, ys, strict=True))


def _axes(
    x: Scale, y: Scale, ticks: list[tuple[float, str]], top: float, x_label: str, y_label: str, low: float = 0.0
) -> Markup:
    base = HEIGHT - _BOTTOM
    levels = _ticks(low, top, 3)
    parts = [_path("rule", "".join(f"M{_LEFT} {y(at):.2f}H{WIDTH - _RIGHT}" for at in levels))]
    parts += [_text("tick right", _LEFT - 6, y(at) + 4, number(at)) for at in levels]
    parts.append(_path("axis", f"M{_LEFT} {base}H{WIDTH - _RIGHT}" + "".join(f"M{x(at):.2f} {base}v4" for at, _ in ticks)))
    parts += [_text("tick", x(at), base + 16, text) for at, text in ticks]
    parts.append(_text("label", (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 8, x_label))
    parts.append(
        Markup('<text class="label" transform="translate(11 {}) rotate(-90)">{}</text>').format(
            f"{(_TOP + base) / 2:.2f}", one_line(y_label, 28)
        )
    )
    return Markup("").join(parts)


def _bar(top: float, label: str, value: float, x: Scale, beside: float) -> Markup:
    """A bar with its number, which stands clear of a mark at ``beside``."""
    left, right = sorted((x(0.0), x(value)))
    return Markup("").join(
        [
            _text("tick right", _BAR_LABEL, top + 13, _shortened(label, int(_BAR_LABEL / _CHARACTER))),
            Markup('<rect class="subject area" x="{}" y="{}" width="{}" height="{}"/>').format(
                f"{left:.2f}", f"{top:.2f}", f"{max(right - left, 0.75):.2f}", _BAR_HEIGHT - 6
            ),
            _text("tick left", max(right, x(beside)) + 5, top + 13, number(value)),
        ]
    )


def _mark(top: float, value: float, x: Scale) -> Markup:
    return _path("reference", f"M{x(value):.2f} {top - 1:.2f}v{_BAR_HEIGHT - 4}")


def _square(left: float, top: float, side: float, value: float | None, plot: Heat, pair: str) -> Markup:
    strength = 0.0 if value is None else min(1.0, abs(value) / (plot.most or 1.0))
    kind = "none" if value is None else "below" if value < 0 else "above"
    title = f"{one_line(pair, 120)}: {'no number' if value is None else number(value)}"
    return Markup(
        '<rect class="heat {}" x="{}" y="{}" width="{}" height="{}" fill-opacity="{}"><title>{}</title></rect>'
    ).format(kind, f"{left + 0.5:.2f}", f"{top + 0.5:.2f}", f"{side - 1:.2f}", f"{side - 1:.2f}", f"{strength:.3f}", title)


def _upright(x: float, y: float, text: str) -> Markup:
    return Markup('<text class="tick left" transform="translate({} {}) rotate(-90)">{}</text>').format(
        f"{x:.2f}", f"{y:.2f}", one_line(text, 60)
    )


def _svg(height: float, label: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, height, one_line(label), Markup("").join(parts)
    )


def _path(kind: str, path: str) -> Markup:
    return Markup('<path class="{}" d="{}"/>').format(kind, path)


def _text(kind: str, x: float, y: float, text: str, limit: int = 60) -> Markup:
    return Markup('<text class="{}" x="{}" y="{}">{}</text>').format(kind, f"{x:.2f}", f"{y:.2f}", one_line(text, limit))


def _dot(x: float, y: float, radius: float = 3.0) -> Markup:
    return Markup('<circle class="dot" cx="{}" cy="{}" r="{}"/>').format(f"{x:.2f}", f"{y:.2f}", radius)


def _shortened(label: str, limit: int) -> str:
    """A label that fits, cut before its end, which tells files apart; the whole of it stands in the table below the plot.

    >>> _shortened("corpus/part-000.parquet", 16)
    'corpus…0.parquet'
    """
    shown, head = one_line(label), (limit - 1) * 2 // 5
    return shown if len(shown) <= limit else f"{shown[:head]}…{shown[head + 1 - limit :]}"
