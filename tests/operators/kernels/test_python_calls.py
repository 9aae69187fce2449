import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.python_calls import MOST_DEPTH, python_calls

names = st.from_regex(r"[a-z_][a-z0-9_]{0,5}(\.[a-z][a-z0-9]{0,3})?", fullmatch=True)
keys = st.from_regex(r"k[a-z0-9]{0,5}", fullmatch=True)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
values = st.recursive(
    scalars, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3), max_leaves=8
)
calls = st.lists(st.tuples(names, st.dictionaries(keys, values, max_size=3)), max_size=3)


@given(calls)
def test_reads_what_python_writes(made):
    text = "[" + ", ".join(name + "(" + ", ".join(f"{k}={v!r}" for k, v in a.items()) + ")" for name, a in made) + "]"
    assert python_calls(text) == made
    for node, (_, arguments) in zip(ast.parse(text, mode="eval").body.elts, made, strict=True):
        assert {word.arg: ast.literal_eval(word.value) for word in node.keywords} == arguments


@pytest.mark.parametrize(
    "text",
    [
        "f(1)",
        "f(x)",
        "f(a=x)",
        "f(a=1+1)",
        "f(a=g())",
        "f(a=1",
        "[f()",
        "f())",
        "f() g()",
        "f(a=1, a=2)",
        "f(a={1: 2})",
        "f(a=[1)",
        "f(a='x)",
        "f(a=07)",
        "",
        "hello, there",
        "__import__('os').system('ls')",
        "f(a=" + "9" * 5000 + ")",
        "f(a=1e999)",
        "f(a='\\ud800')",
        "f(a=" + "9" * 400 + ")",
        "f(a=" + "[" * (MOST_DEPTH + 2) + "]" * (MOST_DEPTH + 2) + ")",
        "f(a=" + "[" * 100_000,
        "f(a='\\N{no such name}')",
    ],
)
def test_what_is_no_call_of_literals_is_none(text):
    assert python_calls(text) is None


@given(st.text(alphabet="f(a='\\1,){}[]: .\"x\n", max_size=30))
def test_any_text_is_calls_or_none(text):
    found = python_calls(text)
    assert found is None or all(isinstance(name, str) for name, _ in found)


def test_tuples_words_and_quotes():
    assert python_calls(f"f(a={2**63 - 1}, b={2**80})") == [("f", {"a": 2**63 - 1, "b": float(2**80)})]
    assert python_calls("f(a=(1, 'it\\'s'), b=True, c=none_)") is None
    assert python_calls("f(a=(1, 'it\\'s'), b=true, c=null,)") == [("f", {"a": [1, "it's"], "b": True, "c": None})]
    assert python_calls(" a.b-c( x = -1.5e3 ) ") == [("a.b-c", {"x": -1500.0})]
