"""Well-formed text against a strict codec and `unicodedata`."""

import unicodedata

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from operators.text.well_formed import WellFormed

METRIC = WellFormed()


def batch_of(texts, faults=None):
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
    faults = pa.array(faults if faults is not None else [None] * len(array), pa.string())
    return pa.RecordBatch.from_arrays([pa.array(np.arange(len(array))), faults, array], ["_id", "_fault", "text"])


def judge(texts, faults=None):
    return METRIC.value(METRIC.fold(batch_of(texts, faults)))


def raw(values: list[bytes]) -> pa.Array:
    """A string column whose bytes nobody checked, as Arrow's Parquet reader gives them."""
    binary = pa.array(values, pa.binary())
    return pa.StringArray.from_buffers(len(binary), binary.buffers()[1], binary.buffers()[2])


def test_counts_by_hand():
    value = judge(["fine", "", " \u3000\n", "a\x00\x1fb", "torn \ufffd", "odd \ufdd0", None, "tab\tand\r\nline"])
    assert value.value == 2 / 8
    assert {name: part.value * 8 for name, part in value.parts.items()} == {
        "missing": 1,
        "unreadable": 0,
        "empty": 2,
        "invalid_utf8": 0,
        "replacement_character": 1,
        "control_character": 1,
        "noncharacter": 1,
    }
    assert (value.evidence[0].record, value.evidence[0].score, value.evidence[0].note) == (3, 2.0, "control character")


def test_unreadable_records_fail_but_are_told_apart():
    value = judge(["fine", None], [None, "line 2: not JSON"])
    assert value.value == 0.5
    assert (value.parts["unreadable"].value, value.parts["missing"].value) == (0.5, 0.0)


def test_no_text_at_all_is_not_measured():
    assert judge([None, None]).value is None
    assert judge([None, None]).skipped == {"missing": 2}
    assert judge([]).value is None


def test_a_byte_order_mark_is_allowed():
    assert judge(["\ufeffa"]).value == 1.0


def naive(text: bytes) -> bool:
    try:
        decoded = text.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return False
    control = any(unicodedata.category(c) == "Cc" and ord(c) < 0x20 and c not in "\t\n\r" for c in decoded)
    noncharacter = any(0xFDD0 <= ord(c) <= 0xFDEF or ord(c) % 0x10000 >= 0xFFFE for c in decoded)
    return bool(decoded.strip()) and not control and not noncharacter and "\ufffd" not in decoded


text_bytes = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=12).map(str.encode),
    st.text(st.sampled_from(" \t\n\x00\x1f\x85\u2028aé語😀\ufffd\ufdd0\uffff\U0010ffff\ufeff\x7f"), max_size=6).map(str.encode),
)


@given(st.lists(text_bytes, min_size=1, max_size=8))
def test_agrees_with_a_strict_codec(values):
    state = METRIC.fold(batch_of(raw(values)))
    assert state["passed"].hits == sum(map(naive, values))


def test_surrogates_and_overlong_forms_are_invalid():
    for bad in (b"\xed\xa0\x80", b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"ab\xe2\x82"):
        assert judge(raw([b"ok", bad])).value == 0.5


def test_a_common_fault_does_not_crowd_out_the_evidence_of_a_rare_one():
    value = judge([""] * 50 + ["torn \ufffd"])
    assert {(entry.record, entry.note) for entry in value.evidence} == {
        (0, "empty"),
        (1, "empty"),
        (50, "replacement character"),
    }
