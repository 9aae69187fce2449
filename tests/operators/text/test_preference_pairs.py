"""Preference pairs, by hand and against a plain restatement."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from operators.text.preference_pairs import PreferencePairs

METRIC = PreferencePairs()


def judge(chosen, rejected):
    columns = [pa.array(np.arange(len(chosen))), pa.array(chosen, pa.string()), pa.array(rejected, pa.string())]
    return METRIC.value(METRIC.fold(pa.RecordBatch.from_arrays(columns, ["_id", "chosen", "rejected"])))


def test_counts_by_hand():
    chosen = ["yes", "same", " ", "ok", "```\ncut", None, None]
    rejected = ["no", "same", "x", "", '{"a": [', "x", None]
    value = judge(chosen, rejected)
    assert (value.value, value.n, value.skipped) == (1 / 6, 6, {"missing": 1})
    assert {name: round(part.value * 6) for name, part in value.parts.items()} == {
        "empty_chosen": 2,
        "empty_rejected": 1,
        "identical": 1,
        "truncated_chosen": 1,
        "truncated_rejected": 1,
    }
    assert (value.evidence[0].record, value.evidence[0].note) == (4, "truncated chosen, truncated rejected")


def test_no_pairs():
    assert judge([None], [None]).value is None
    assert judge([], []).value is None


answers = st.one_of(st.none(), st.sampled_from(["", " ", "a", "b", "\u3000", "a "]))


@given(st.lists(st.tuples(answers, answers), max_size=10))
def test_agrees_with_a_plain_restatement(pairs):
    present = [pair for pair in pairs if pair != (None, None)]
    good = sum((a or "").strip() != "" and (b or "").strip() != "" and a != b for a, b in present)
    value = judge([a for a, _ in pairs], [b for _, b in pairs])
    assert value.value == (good / len(present) if present else None)
