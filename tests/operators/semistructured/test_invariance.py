"""Rewritings that mean the same, beside Python's decimals and rfc8785."""

import json
from decimal import Decimal

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.semistructured._rewriting import BENIGN, parsed
from operators.semistructured.invariance import Invariance, profiles
from tests.operators.semistructured.faults_given import measure

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def exact(text):
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


def finite(value):
    return json.loads(json.dumps(value), parse_constant=lambda _: 1.0)


@settings(max_examples=200, deadline=None)
@given(VALUES.map(finite))
def test_rewritings_mean_the_same_and_are_judged_alike(value):
    text = json.dumps(value)
    for write in BENIGN.values():
        assert exact(write(parsed(text))) == exact(text)
    found = measure(Invariance(), [text])
    if found.value is not None:  # lone surrogates, empty and equal keys are no strict JSON
        assert found.value == 1.0
        assert found.parts["canonical"].value in (1.0, None)


def test_invariance_of_odd_numbers():
    numbers = [
        "1e400",
        "-0",
        "-0.0",
        "1e-400",
        "9007199254740993",
        "0.1",
        "100",
        "1.50e+2",
        "9e99999999999999999999",
        "1" * 4400,
    ]
    value = measure(Invariance(), [f"[{number}]" for number in numbers])
    assert (value.value, value.n) == (1.0, 40)
    assert value.parts["canonical"].n < 10


def test_documents_that_do_not_mean_the_same_are_told_apart():
    same = ['{"a": [1, "x"], "b": null}', '{"b":null,"a":[1.0,"\\u0078"]}']
    other = ['{"a": ["1", "x"], "b": null}', '{"a": [1, "x"], "b": 0}', '{"a": [[1, "x"]], "b": null}', '{"a": [1, "x"]}', "{"]
    found = profiles([*same, *other], True).tolist()
    assert found[0] == found[1]
    assert len(set(found)) == 1 + len(other)


def test_canonical_forms_are_rfc_8785s():
    assert rfc8785.dumps({"b": 1.0, "a": [1e21, "é"]}).decode() == '{"a":[1e+21,"é"],"b":1}'
    assert measure(Invariance(), ['{"b": 1.0, "a": [1e21, "\\u00e9"]}']).parts["canonical"].value == 1.0
