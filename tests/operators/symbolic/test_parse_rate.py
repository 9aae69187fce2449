import ast
import json
import re
import warnings
from pathlib import Path

import pyarrow as pa
import pytest

from operators.features.declared_language import DeclaredLanguage
from operators.features.fence_language import FenceLanguage
from operators.features.syntax_errors import SyntaxErrors
from operators.kernels.code_languages import LANGUAGES, language_of
from operators.kernels.syntax_errors import Parsers
from operators.symbolic.parse_rate import ParseRate

WHOLE_AND_BROKEN = {
    "python": ("def f(x):\n    return x + 1\n", "def f(x:\n    return x + 1\n"),
    "javascript": ("const f = (x) => x + 1;\n", "const f = (x => x + ;\n"),
    "typescript": ("function f(x: number): number { return x; }", "function f(x: number: number { return x; }"),
    "tsx": ("const a = <b c={1}>d</b>;", "const a = <b c={1}>d</c"),
    "java": ("class A { int f(int x) { return x + 1; } }", "class A { int f(int x) { return x + 1; }"),
    "c": ("int f(int x) { return x + 1; }", "int f(int x) { return x + 1 }"),
    "cpp": ("#include <map>\ntemplate <class T> T f(T x) { return x; }", "template <class T> T f(T x) { return x"),
    "csharp": ("class A { int F(int x) => x + 1; }", "class A { int F(int x) => x + ; }"),
    "go": ("package a\nfunc f(x int) int { return x + 1 }\n", "package a\nfunc f(x int) int { return x + }\n"),
    "rust": ("fn f(x: i32) -> i32 { x + 1 }", "fn f(x: i32 -> i32 { x + 1 }"),
    "ruby": ("def f(x)\n  x + 1\nend\n", "def f(x)\n  x + 1\n"),
    "php": ("<?php function f($x) { return $x + 1; }", "<?php function f($x) { return $x + 1; "),
    "swift": ("func f(x: Int) -> Int { return x + 1 }", "func f(x: Int -> Int { return x + 1 }"),
    "kotlin": ("fun f(x: Int): Int { return x + 1 }", "fun f(x: Int: Int { return x + 1 }"),
    "scala": ("object A { def f(x: Int): Int = x + 1 }", "object A { def f(x: Int: Int = x + 1 }"),
    "r": ("f <- function(x) { x + 1 }", "f <- function(x) { x + 1 "),
    "julia": ("function f(x)\n  x + 1\nend\n", "function f(x\n  x + 1\nend\n"),
    "lua": ("local function f(x) return x + 1 end", "local function f(x) return x + 1"),
    "perl": ("sub f { my ($x) = @_; return $x + 1; }", "sub f { my ($x = @_; return $x + 1; }"),
    "bash": ('for f in *.txt; do echo "$f"; done\n', 'for f in *.txt; do echo "$f"\n'),
    "sql": ("SELECT a, count(*) FROM t WHERE b > 1 GROUP BY a;", "SELECT (a FROM t WHERE;"),
    "haskell": ("f :: Int -> Int\nf x = x + 1\n", "f :: Int -> \nf x = (x + 1\n"),
    "ocaml": ("let f x = x + 1", "let f x = (x + 1"),
    "elixir": ("defmodule A do\n  def f(x), do: x + 1\nend\n", "defmodule A do\n  def f(x), do: x + 1\n"),
    "dart": ("int f(int x) { return x + 1; }", "int f(int x) { return x + ; }"),
    "json": ('{"a": [1, 2]}', '{"a": [1, 2}'),
}


@pytest.fixture(scope="module")
def parsers():
    made = Parsers()
    yield made
    made.close()


@pytest.mark.parametrize("language", WHOLE_AND_BROKEN)
def test_languages_by_hand(parsers, language):
    whole, broken = WHOLE_AND_BROKEN[language]
    assert parsers(language, whole) == ("parsed", "")
    assert parsers(language, broken)[0] in ("error", "missing")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_that_is_named_has_a_grammar(parsers, language):
    assert parsers(language, "")[0] in ("parsed", "error", "missing")


def test_places_are_lines_and_characters(parsers):
    assert parsers("c", "int a;\nint é = 1\n") == ("missing", "2:10 ; is missing")
    assert parsers("python", "x = 1\né = $\n") == ("error", "2:1 'é = $'")


def measure(codes, languages=None, feature=None, parsers=None):
    table = {"code": pa.array(codes, pa.string())}
    if languages is None:
        table |= FenceLanguage().open()(pa.RecordBatch.from_pydict(table))
    else:
        given = {**table, "language": pa.array(languages, pa.string())}
        table |= DeclaredLanguage().open()(pa.RecordBatch.from_pydict(given))
    columns = (feature or SyntaxErrors()).open()(pa.RecordBatch.from_pydict(table))
    identity = {"_id": range(len(codes)), "_fault": pa.nulls(len(codes), pa.string())}
    batch = pa.RecordBatch.from_pydict({**identity, **columns})
    return ParseRate().value(ParseRate().fold(batch))


def test_the_share_its_parts_and_what_is_skipped():
    value = measure(
        ["x = 1", "x = (", "int f() { return 1 }", " ", "+++", "x", None, "y" * 200, "```js\nlet x = 1;\n```"],
        ["Python3", "py", "C", "go", "brainfuck", " ", "python", "python", None],
        SyntaxErrors(max_bytes=100),
    )
    assert (value.value, value.n) == (2 / 5, 5)
    assert value.skipped == {"a language without a grammar here": 1, "no language": 1, "no program": 1, "over max_bytes": 1}
    parts = {name: (part.value, part.n) for name, part in value.parts.items()}
    assert parts == {
        "empty": (0.2, 5),
        "error": (0.2, 5),
        "missing": (0.2, 5),
        "language_python": (0.5, 2),
        "language_c": (0.0, 1),
        "language_go": (0.0, 1),
        "language_javascript": (1.0, 1),
    }
    assert {entry.note for entry in value.evidence} == {
        "go: empty",
        "python: error at 1:1 'x = ('",
        "c: missing at 1:19 ; is missing",
    }


def test_fences():
    assert measure(["```python\nx = 1\n```", "```{.cpp}\nint a;\n```", "x = 1"]).skipped == {"no language": 1}
    assert measure(["```python\nx = 1\n```"], feature=SyntaxErrors(strip_fence=False)).value == 0.0
    assert measure(["x = 1"]).value is None


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("Py", "python"),
        ("C++", "cpp"),
        ("c#", "csharp"),
        ("JS", "javascript"),
        ("sh", "bash"),
        ("Objective-C", "objc"),
        ("Zig", "zig"),
    ],
)
def test_spellings(declared, name):
    assert language_of("", declared) == name


@pytest.mark.parametrize(
    ("language", "program"),
    [("scala", "\u200b" * 30_000), ("dart", "§" * 40_000)],
)
def test_a_program_that_takes_too_long_ends_its_process_and_nothing_else(parsers, language, program):
    assert parsers(language, program) == ("timeout", "")
    assert parsers("python", "x = 1") == ("parsed", "")


def test_a_program_that_takes_all_time_and_memory_ends_its_process_and_nothing_else(parsers):
    """Which of the two is used up first depends on the machine."""
    assert parsers("java", "a<" * 20_000) in (("timeout", ""), ("crash", ""))
    assert parsers("python", "x = 1") == ("parsed", "")


@pytest.mark.parametrize("program", ["(" * 100_000, "a" * 100_000, "[{" * 50_000, "\u200b" * 33_000, "\0" * 1000, "\ud800"])
def test_hostile_python(parsers, program):
    assert parsers("python", program)[0] in ("parsed", "error", "missing")


def test_a_parser_that_dies_is_told_apart_and_started_again(parsers):
    parsers("python", "x")
    parsers._child.kill()
    parsers._child.wait()
    assert parsers("python", "x = 1") == ("crash", "")
    assert parsers("python", "x = 1") == ("parsed", "")


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic"
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def lines(name):
    return [json.loads(line) for line in (SHARED / name).read_text(encoding="utf-8").splitlines()]


def refused(program):
    """What CPython raises, by name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(program)
    except SyntaxError as error:
        return type(error).__name__
    return ""


@needs_data
def test_python_beside_cpython(parsers):
    mbpp = [record["code"] for record in lines("mbpp/mbpp.jsonl")]
    assert all(parsers("python", code)[0] == "parsed" and not refused(code) for code in mbpp)
    name = "codet_humaneval/HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl"
    samples = [record["prompt"] + sample for record in lines(name) for sample in sorted(set(record["samples"]))[:6]]
    differ = [code for code in samples if (parsers("python", code)[0] == "parsed") != (not refused(code))]
    assert len(samples) > 900
    assert len(differ) <= 0.02 * len(samples)
    assert {refused(code) for code in differ} == {"IndentationError"}  # a function without a body


@needs_data
@pytest.mark.parametrize(
    ("name", "language", "least"), [("js", "javascript", 0.95), ("c", "c", 0.9), ("python", "python", 0.95)]
)
def test_programs_that_models_rephrased(name, language, least):
    """Their fences' insides, since many have a sentence before the fence; of those that are not empty."""
    texts = [record["text"] for record in lines(f"contamination/humaneval_{name}.jsonl")]
    blocks = [re.search(r"```[^\n]*\n.*?\n```", text, re.DOTALL) for text in texts]
    programs = [block[0] if block else text for block, text in zip(blocks, texts, strict=True)]
    value = measure(programs, [language] * len(programs))
    empty = value.parts["empty"].value if "empty" in value.parts else 0.0
    assert value.value / (1 - empty) > least, (value.value, value.evidence)
