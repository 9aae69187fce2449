"""Exact groups against a dictionary of the records themselves."""

from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.schema import ID, PAYLOAD, Side
from operators.relations.exact_groups import ExactGroups, groups

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", None]) | st.text(max_size=2), max_size=20)


def emitted(texts, first_id, side):
    payload = pa.StructArray.from_arrays([pa.array(texts, pa.string())], names=["text"])
    batch = pa.RecordBatch.from_pydict({ID: pa.array(range(first_id, first_id + len(texts)), pa.int64()), PAYLOAD: payload})
    return ExactGroups().emit(batch, side, expected=0).channels["contents"]


@given(TEXTS, TEXTS, TEXTS)
def test_groups_are_those_of_a_dictionary(subject, reference, holdout):
    parts = [
        emitted(subject, 100, Side.SUBJECT),
        emitted(reference, 1000, Side.REFERENCE),
        emitted(holdout, 2000, Side.HOLDOUT),
    ]
    found = {row[ID]: row for row in groups(pa.concat_tables(parts), 1000, 2000).to_pylist()}
    ids = {100 + at: text for at, text in enumerate(subject) if text is not None}
    assert set(found) == set(ids)
    counts, in_reference, in_holdout = (Counter(t for t in side if t is not None) for side in (subject, reference, holdout))
    for record, text in ids.items():
        assert found[record] == {
            ID: record,
            "content_id": min(i for i, t in ids.items() if t == text),
            "content_size": counts[text],
            "content_reference_size": in_reference[text],
            "content_holdout_size": in_holdout[text],
        }


def test_a_payload_of_several_columns_counts_as_missing_only_when_all_are_null():
    columns = [pa.array(["p", None, None]), pa.array([None, "q", None])]
    payload = pa.StructArray.from_arrays(columns, names=["problem", "code"])
    batch = pa.RecordBatch.from_pydict({ID: pa.array([0, 1, 2], pa.int64()), PAYLOAD: payload})
    assert ExactGroups().emit(batch, Side.SUBJECT, 3).channels["contents"][ID].to_pylist() == [0, 1]
