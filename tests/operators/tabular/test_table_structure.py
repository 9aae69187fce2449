"""Table structure: by hand, against a set of pairs, and where it differs from SDMetrics."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.table_structure import TableStructure
from tests.operators.tabular.tables import batch, compared

METRIC = TableStructure()


def test_by_hand():
    subject = {"age": ["1", "2"], "city": ["a", "b"], "when": ["2020-01-01", "x"], "only": ["1", "1"]}
    subject["gone"] = [None, None]
    reference = {"age": ["3", "?"], "city": ["4", "5"], "when": ["2021-01-01", None], "gone": ["1", "2"]}
    value = compared(METRIC, subject, reference)
    # age and gone are the same; city is of two types; when is a tie of text and time, which is text; only is in one table.
    assert (value.value, value.n) == (2 / 7, 7)
    assert {name: part.reason for name, part in value.parts.items()} == {
        "city": "text in the subject, number in the reference",
        "only": "the reference has no such column",
        "when": "text in the subject, datetime in the reference",
    }


CELL = {"number": 1.5, "boolean": True, "text": "word"}
TABLES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(sorted(CELL)), min_size=1)


@given(TABLES, TABLES)
def test_it_is_the_jaccard_index_of_sets(a, b):
    value = compared(METRIC, *({name: [CELL[kind]] for name, kind in side.items()} for side in (a, b)))
    pairs = [{*side.items()} for side in (a, b)]
    assert value.value == len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])


def test_whole_numbers_with_a_gap_are_numbers_still():
    """Pandas makes floats of them: SDMetrics' Table Structure is 0 here."""
    assert compared(METRIC, {"n": [1, 2, None]}, {"n": pa.array([1, 2, 3], pa.int8())}).value == 1.0


def test_what_the_plan_says_of_both_sides_does_not_count():
    assert compared(METRIC, {"n": ["a", "b"]}, {"n": ["1", "2"]}, {"n": "number"}).value == 0.0


def test_nothing_to_compare():
    rows = METRIC.fold(batch({"a": pa.array([], pa.string())}))
    assert METRIC.compare(rows, rows).value is None
