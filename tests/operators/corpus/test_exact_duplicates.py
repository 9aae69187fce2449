"""Exact duplicates against Counter, on planted repeats."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.corpus.exact_duplicates import ExactDuplicates


def batch(texts):
    first = {}
    for at, text in enumerate(texts):
        if text is not None:
            first.setdefault(text, at)
    sizes = Counter(texts)
    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(range(len(texts)), pa.int64()),
            "content_id": pa.array([None if t is None else first[t] for t in texts], pa.int64()),
            "content_size": pa.array([None if t is None else sizes[t] for t in texts], pa.int64()),
        }
    )


def test_by_hand():
    value = ExactDuplicates().value(ExactDuplicates().fold(batch(["a", "b", "a", "a", None, "c"])))
    assert value.value == 2 / 5  # two repeats of "a" among five records that have a text
    assert value.n == 5
    assert value.skipped == {"no content": 1}
    assert value.parts["in a group of two or more"].value == 3 / 5
    assert value.parts["largest group (records)"].value == 3
    assert [(e.record, e.score) for e in value.evidence] == [(0, 3.0)]
    assert value.plot.counts == (2.0, 1.0)  # "b" and "c" alone; one group of two to three


@given(st.lists(st.sampled_from([*"abcdefg", None]), max_size=60))
def test_is_one_minus_distinct_over_n(texts):
    value = ExactDuplicates().value(ExactDuplicates().fold(batch(texts)))
    present = [t for t in texts if t is not None]
    if not present:
        assert value.value is None
    else:
        assert value.value == pytest.approx(1 - len(set(present)) / len(present))


def test_a_constant_answer_is_at_the_floor():
    value = ExactDuplicates().value(ExactDuplicates().fold(batch(["same"] * 805)))
    assert value.value == 804 / 805
    assert value.parts["in a group of two or more"].value == 1.0
