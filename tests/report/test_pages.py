"""What a reader gets: pages that hold every number of the report and run nothing that stands in it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from engine.excerpt import Excerpt
from engine.report.diff import diff, render_text
from engine.report.html import render_html
from engine.report.markdown import escape, render_markdown
from engine.report.model import Pair, Quarantined, Record, to_json
from engine.report.terminal import print_grid
from engine.value import Bars, Bins, Colouring, Curve, Heat, Scatter

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</pre></details><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "<svg onload=alert(1)><a href='javascript:alert(1)'>x</a></svg>",
    "{{ 7 * 7 }} {% include 'x' %}",
    "\u202egnp.exe\u2066 \u200b\ufeff\U000e0041",
    "\x1b[31mred\x1b]8;;http://evil.example\x07 \x00 \x9b",
    "[red]rich[/red] [link=http://evil.example]x[/link] [/]",
    "| a | b |\n\n# heading\n```\n</code>\n- [x](javascript:alert(1)) ![i](http://evil.example/i.png) @some www.evil.example",
    "\udcff lone",
    "x" * 1_000_000,
]


class Page(HTMLParser):
    """Collects the elements, attributes and text of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.text = set(), [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)


def poisoned(report, text):
    """The report with the text everywhere that data can reach."""

    def poison(result):
        value = result.value
        if value is not None:
            value = value.with_(
                reason=text,
                skipped={text: 3},
                parts={**value.parts, text: value.with_(parts={}, evidence=())},
                evidence=tuple(replace(item, note=text) for item in value.evidence),
                plot=poisoned_plot(value, text),
            )
        return replace(result, value=value, reason=text if result.reason else None, source=text, summary=text, unit=text)

    quarantine = replace(report.quarantine, causes={text: 3}, first=(Quarantined("subject", text, 1, text),))
    return replace(
        report,
        name=text,
        fingerprint=text,
        use=text,
        plan={text: [text, {"deep": text}]},
        sides={name: replace(side, path=(text,)) for name, side in report.sides.items()},
        quarantine=quarantine,
        results=tuple(poison(result) for result in report.results),
        cells=tuple(replace(cell, missing=text) for cell in report.cells),
        records={key: Record(text, {text: text, "text": text}) for key in report.records},
        pairs={key: Pair({name: poisoned_pair(text) for name in (text, "text")}) for key in report.pairs},
        fitness=replace(report.fitness, use=text, checks=tuple(replace(c, why=text, note=text) for c in report.fitness.checks)),
    )


def poisoned_plot(value, text):
    by = {text: Colouring((0, 1), (text, text)), "b": Colouring((1, 0), (text, "d"))}
    plots = {
        Bins: Scatter((1.0, 2.0), (3.0, 4.0), (text, "b"), by, text, text),
        type(None): Curve((1.0, 2.0), (3.0, 4.0), text, text),
        Curve: Heat((text, "b"), (text, "d"), ((1.0, None), (-0.5, 0.25)), text),
    }
    return plots.get(type(value.plot), Bars((text, "b"), (1.0, 2.0), text))


def poisoned_pair(text):
    return Excerpt(f"a b {text} c", 7, 10_000_000), Excerpt(f"a {text} d {text}", 7, 10_000_000)


def assert_inert(page):
    found = Page(page)
    assert not found.elements & {"script", "iframe", "object", "embed", "base", "form", "img", "image", "use", "video", "audio"}
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in ("style", "src", "srcset", "autofocus", "xlink:href"), (tag, name)
        if name == "href":
            assert value.startswith("#r") or value == "data:,", value
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert "url(" not in style
    assert "@import" not in style
    assert page.count("<style>") == page.count("</style>") == 1


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_text_is_only_text_in_the_page(reports, text):
    page = render_html([poisoned(report, text) for report in reports])
    assert_inert(page)
    assert page.encode()
    assert len(page) < 5_000_000
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", page)


def test_the_poison_reaches_the_page(report):
    page = Page(render_html([poisoned(report, "<b>poison</b>")]))
    assert "b" not in page.elements
    assert "".join(page.text).count("<b>poison</b>") > 50


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1))
def test_any_text_is_only_text(report, text):
    assert_inert(render_html([poisoned(report, text)]))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_text_is_only_text_in_markdown(report, text):
    page = render_markdown([poisoned(report, text)])
    assert page.encode()
    assert len(page) < 1_000_000
    outside = "\n".join(unfenced(page))
    assert not re.search(r"<(?!br>)\w", outside)
    assert "://" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    header_cells = None
    for line in unfenced(page):
        if not line.startswith("|"):
            header_cells = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert header_cells in (None, cells), line[:200]
        header_cells = cells


def unfenced(page):
    """The lines outside blocks of code."""
    fence = None
    for line in page.split("\n"):
        if fence is None and (opened := re.match(r"(`{3,})(?:text|diff)$", line)):
            fence = opened.group(1)
        elif fence is None:
            yield line
        elif line == fence:
            fence = None


@pytest.mark.parametrize("text", ["# x", "- x", "1. x", "+ x", "=== x"])
def test_text_at_the_start_of_a_line_opens_no_block(text):
    assert not re.match(r"#|-|\+|=|\d+[.)]", escape(text))


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:20]))
def test_hostile_text_moves_nothing_in_the_terminal(report, text):
    out = StringIO()
    console = Console(file=out, width=120, force_terminal=True, color_system=None)
    print_grid([poisoned(report, text)], console)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert len(shown) < 100_000
    if "[red]" in text:
        assert "[red]" in shown
    changes = render_text(diff(report, poisoned(report, text)))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", changes)


def numbers_in(item):
    if isinstance(item, dict):
        for value in item.values():
            yield from numbers_in(value)
    elif isinstance(item, list):
        for value in item:
            yield from numbers_in(value)
    elif isinstance(item, int | float) and not isinstance(item, bool):
        yield item


def test_every_number_of_the_report_is_in_the_page(reports):
    page = render_html(reports)
    for report in reports:
        for number in numbers_in(json.loads(to_json(report))):
            shown = (
                f'value="{number!r}"',
                f">{number!r}<",
                f" {number!r}\n",
                f" {number!r},",
                f" {number!r}<",
                f"{number!r}]",
                f"[{number!r}",
            )
            assert any(form in page for form in shown), number


def test_the_page_has_every_cell_and_says_what_is_missing(reports):
    page = render_html(reports)
    assert page.count('<td class="cell ') == len(reports[0].cells)
    assert "needs a holdout; add [holdout] to the plan" in page
    assert page.count("no metric in this version") >= 25
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_pages_of_no_audit_and_of_an_audit_without_results(report):
    assert_inert(render_html([]))
    assert render_markdown([])
    bare = replace(report, results=(), cells=(), records={}, sides={}, fitness=None)
    assert "no use stated" in render_html([bare])
    assert "alpaca" in render_markdown([bare])


@pytest.mark.parametrize(
    "plot",
    [
        Bins((), (), "x"),
        Bins((0.0, 0.0), (0.0,), "x"),
        Bins((0.0, 1.0, 10.0, 1000.0), (1.0, 2.0, 3.0), "x", (0.0, 0.0, 0.0), log_x=True),
        Bins((-1e308, 1e308), (5e-324,), "x"),
        Bars((), (), "x"),
        Bars(("a",), (0.0,), "x"),
        Bars(("a", "b"), (0.5, 0.0), "x", reference=(0.25, 1.0)),
        Heat((), (), (), "x"),
        Heat(("a",), ("b",), ((None,),), "x", most=0.0),
        Heat(tuple(map(str, range(40))), tuple(map(str, range(40))), ((0.5, -0.25) * 20,) * 40, "x"),
        Bars(tuple(map(str, range(500))), tuple(map(float, range(-250, 250))), "x"),
        Curve((), (), "x", "y"),
        Scatter((), (), (), {}, "x", "y"),
        Scatter((1.0,), (1.0,), ("one",), {}, "x", "y"),
        Scatter((1.0, 1.0), (0.0, 1e-320), ("a", ""), {"by": Colouring((0, 7), tuple("abcdefgh"))}, "x", "y"),
        Curve((1.0,), (2.0,), "x", "y"),
        Curve((0.0, 1.0), (-5.0, -4.0), "x", "y", (-1.0, -2.0)),
    ],
)
def test_degenerate_plots_are_drawn_or_left_out(report, plot):
    first, *rest = report.results
    page = render_html([replace(report, results=(replace(first, value=first.value.with_(plot=plot)), *rest))])
    assert_inert(page)
    assert not re.search(r"\bnan\b|\binf\b", "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL)))


def test_both_records_of_a_pair_are_shown_with_what_differs(report):
    page = render_html([report])
    assert '<pre dir="auto">… a river &lt;mark&gt; &amp; a <mark>quick</mark> fox …</pre>' in page
    assert '<pre dir="auto">… a river &lt;mark&gt; &amp; a <mark>slow, old</mark> fox</pre>' in page
    assert page.count("<mark>") == page.count("</mark>") == 2
    assert "record 1 of unit 5 of earlier/out" in page, "a record that cannot be read is named"
    for where in ("demo/text/part-02.jsonl:512", "demo/text/part-00.jsonl:17"):
        assert f'<span class="path">{where}</span>' in page


def test_a_pair_in_markdown_and_in_the_terminal_is_a_unified_difference(report):
    difference = ["  a river <mark> & a", "- quick", "+ slow, old", "  fox"]
    assert "\n".join(["```diff", *difference, "```"]) in render_markdown([report])
    out = StringIO()
    print_grid([report], Console(file=out, width=120))
    shown = [line.removeprefix("  ").rstrip() for line in out.getvalue().split("\n")]
    at = shown.index(difference[0])
    assert shown[at : at + 4] == difference
    assert shown[at - 4 : at] == [
        "corpus.near_duplicates: 80.0 % alike",
        "demo/text/part-02.jsonl:512",
        "demo/text/part-00.jsonl:17",
        "text",
    ]


def test_a_part_shows_its_evidence_and_its_plot(report):
    bars = Bars(("data/part-000.parquet", "data/part-001.parquet"), (0.5, 0.25), "share removed")
    first, *rest = report.results
    value = first.value.with_(parts={"by file": first.value.with_(plot=bars, parts={})})
    other = replace(report, results=(replace(first, value=value), *rest))
    page = render_html([other])
    assert '<figcaption class="title">by file</figcaption>' in page
    assert "Evidence of by file, score 112" in render_markdown([other])
    assert page.count("112 records are this one") == 2
