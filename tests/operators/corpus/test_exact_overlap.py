"""Overlap with the reference against sets, on planted copies."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from operators.corpus.exact_overlap import ExactOverlap


def batch(texts, reference, holdout=()):
    def column(values):
        return pa.array([None if t is None else v for t, v in zip(texts, values, strict=True)], pa.int64())

    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(range(len(texts)), pa.int64()),
            "content_id": column([texts.index(t) for t in texts]),
            "content_size": column([texts.count(t) for t in texts]),
            "content_reference_size": column([list(reference).count(t) for t in texts]),
            "content_holdout_size": column([list(holdout).count(t) for t in texts]),
        }
    )


def test_by_hand():
    value = ExactOverlap().value(ExactOverlap().fold(batch(["a", "b", "c", None], ["a", "a", "x"], ["b"])))
    assert value.value == 1 / 3
    assert value.skipped == {"no content": 1}
    assert value.parts["also in the holdout"].value == 1 / 3
    assert value.evidence[0].record == 0
    assert value.evidence[0].note == "1 here, 2 in the reference"


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.lists(st.sampled_from("defghi"), max_size=40))
def test_is_the_share_of_records_that_are_in_the_reference(texts, reference):
    value = ExactOverlap().value(ExactOverlap().fold(batch(texts, reference)))
    assert value.value == (sum(t in reference for t in texts) / len(texts) if texts else None)
