import json
import math
import re
from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.semistructured.strict_json import StrictJson

TABLE = [
    ('{"a": [1, -2.5e+3, true, false, null, "x"]}', "", 0),
    (" \t\r\n 0 ", "", 0),
    ('"\\u00e9\\ud83d\\ude00\\/\\b"', "", 0),
    ("[]", "", 0),
    ("{}", "", 0),
    ('{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}', "", 0),
    ("-0.0E-0", "", 0),
    ("1e999", "", 0),
    ("", "empty", 0),
    (" \n", "empty", 2),
    ("{'a': 1}", "syntax", 1),
    ("[1 2]", "syntax", 3),
    ('{"a" 1}', "syntax", 5),
    ('{"a": }', "syntax", 6),
    ("[1}", "syntax", 2),
    ("[,]", "syntax", 1),
    ("// no", "syntax", 0),
    ("\ufeff{}", "syntax", 0),
    ("True", "syntax", 0),
    ("tru", "unterminated", 3),
    ('{"a": 1', "unterminated", 7),
    ('["abc', "unterminated", 5),
    ('"\\u12', "unterminated", 5),
    ("-", "unterminated", 1),
    ("1.", "unterminated", 2),
    ("{} {}", "trailing_data", 3),
    ("1,", "trailing_data", 1),
    ("[1,]", "trailing_comma", 3),
    ('{"a":1,}', "trailing_comma", 7),
    ('{"a":1,"b":2,"a":3}', "duplicate_key", 13),
    ('{"\\u00e9":1,"é":2}', "duplicate_key", 12),
    ('{"\\ud83d\\ude00":1,"😀":2}', "duplicate_key", 18),
    ('{"a/b\\n":1,"a\\/b\\u000a":2}', "duplicate_key", 11),
    ("NaN", "not_a_number", 0),
    ("[nan]", "not_a_number", 1),
    ("-Infinity", "not_a_number", 0),
    ("01", "number", 0),
    ("[1.]", "number", 3),
    ("[+1]", "syntax", 1),
    ("[-a]", "number", 2),
    ("[1e]", "number", 3),
    ('"a\tb"', "control_character", 2),
    ('"\\x41"', "escape", 1),
    ('"\\u12g4"', "escape", 1),
    ('"\\ud800"', "lone_surrogate", 1),
    ('"\\udc00\\ud800"', "lone_surrogate", 1),
    ("[" * 129 + "]" * 129, "too_deep", 128),
]


def batch_of(documents, faults=None):
    columns = {
        "_id": pa.array(range(len(documents)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(documents), pa.string()),
        "json": pa.array(documents, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


def measure(documents, metric=None, faults=None):
    metric = metric or StrictJson()
    return metric.value(metric.fold(batch_of(documents, faults)))


@pytest.mark.parametrize(("document", "fault", "position"), TABLE)
def test_verdicts_by_hand(document, fault, position):
    value = measure([document])
    assert value.value == (0.0 if fault else 1.0)
    if fault:
        assert set(value.parts) - {"repairable"} == {fault}
        # The table counts characters and the metric bytes.
        at = len(document[:position].encode())
        assert value.evidence[0].note == f"{fault.replace('_', ' ')} at byte {at}"


def _refuse(constant):
    raise ValueError(constant)


def _unique(pairs):
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("duplicate key")
    return dict(pairs)


def _depth(document):
    levels, depth = [], 0
    stripped = iter(document)
    inside = False
    for character in stripped:
        if inside and character == "\\":
            next(stripped, None)
        elif character == '"':
            inside = not inside
        elif not inside:
            depth += (character in "[{") - (character in "]}")
            levels.append(depth)
    return max(levels, default=0)


def _float(literal):
    try:
        return float(literal)
    except ValueError:
        return 0.0


def is_strict(document: str) -> bool:
    """By the standard library (duplicates, constants) and orjson (grammar, surrogates). A number beyond float64, which is
    grammatical and which orjson refuses, is written as 0 for it.
    """
    try:
        json.loads(document, object_pairs_hook=_unique, parse_constant=_refuse)
        orjson.loads(re.sub(r"-?\d[\d.]*[eE]\+?\d{3,}", lambda m: "0" if math.isinf(_float(m[0])) else m[0], document))
    except ValueError:
        return False
    return _depth(document) <= 128


keys = st.text(alphabet='aé😀\n"\\', max_size=2)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.lists(st.tuples(keys, inner), max_size=5),
    max_leaves=20,
)


def _dump(value, ascii_only):
    """Pairs are written as an object, equal keys and all."""
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return "{" + ", ".join(f"{json.dumps(k, ensure_ascii=ascii_only)}: {_dump(v, ascii_only)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_dump(item, ascii_only) for item in value) + "]"
    return json.dumps(value, ensure_ascii=ascii_only)


documents = st.builds(_dump, values, st.booleans())


@st.composite
def mutated(draw):
    document = draw(documents)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(document)))
        cut = draw(st.integers(0, 2))
        document = document[:at] + draw(st.text(alphabet='[]{},:"\\u0d8eE+-.1 ntNI\n\x01/', max_size=2)) + document[at + cut :]
    return document


@settings(max_examples=600, deadline=None)
@given(st.lists(st.one_of(mutated(), documents), min_size=1, max_size=12))
def test_agrees_with_two_parsers(texts):
    metric = StrictJson()
    for document in texts:
        assert metric.fold(batch_of([document]))["valid"].hits == is_strict(document), document
    assert metric.fold(batch_of(texts))["valid"].hits == sum(map(is_strict, texts))


def test_many_keys_and_many_duplicates():
    keys = [f'"k{n}": {n}' for n in range(100_000)]
    assert measure(["{" + ",".join(keys) + "}"]).value == 1.0
    assert measure(["{" + ",".join([*keys, '"k7": 0']) + "}"]).parts.keys() == {"duplicate_key"}


def test_depth_is_a_parameter_and_bounded():
    deep = ["[" * 500 + "]" * 500, "[" * 3_000_000]
    assert measure(deep[:1], StrictJson(max_depth=500)).value == 1.0
    assert measure(deep, StrictJson(max_depth=499)).parts["too_deep"].value == 1.0


def test_parts_skipped_and_plot():
    value = measure(["{}", None, "[1,]", "[1,]", "NaN", None], faults=[None, None, None, None, None, "cut off"])
    assert (value.value, value.n, value.skipped) == (0.25, 4, {"null": 1, "unreadable": 1})
    assert value.plot.labels == ("trailing_comma", "not_a_number")
    assert value.plot.values == (0.5, 0.25)
    assert measure([None]).reason == "no record has a document"


def test_cuts_and_slices_do_not_matter():
    batch, metric = batch_of([document for document, _, _ in TABLE] + [None]), StrictJson()
    assert metric.fold(batch[:9]) + metric.fold(batch[9:]) == metric.fold(batch) == metric.fold(batch) + metric.zero()


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "semi"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_schemas_from_the_wild():
    texts = [path.read_text(encoding="utf-8") for path in sorted(SHARED.rglob("*.json"))]
    metric = StrictJson(max_depth=128)
    assert metric.fold(batch_of(texts))["valid"].hits == sum(map(is_strict, texts))
    assert measure(texts).value > 0.99


def test_what_a_lenient_reader_would_still_read():
    texts = [
        '{"a": 1,}',
        "{'a': True}",
        '```json\n{"a": 1}\n```',
        '{"a": [1, 2',
        "no document",
        '"open',
        '{"ok": 1}',
        '{"a": 1,}',
    ]
    value = measure(texts)
    part = value.parts["repairable"]
    assert (part.value, part.n) == (5 / 7, 7)
    assert "repairable" not in measure(['{"ok": 1}']).parts
    assert measure(["{" * 4000]).parts["repairable"].reason == "no broken document is simple enough to be repaired"
    assert 0 < measure([f'{{"a": {at},}}' if at % 2 else f"no {at}" for at in range(600)]).parts["repairable"].value < 1


def test_without_the_package_the_share_is_unmeasured(monkeypatch):
    monkeypatch.setattr("operators.semistructured.strict_json.find_spec", lambda name: None)
    value = measure(["[1,]"])
    assert value.value == 0
    assert "pip install json-repair" in value.parts["repairable"].reason
