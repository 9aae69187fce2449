"""Key uniqueness by hand and against plain Python; the whole of it, from files, is in ``tests/operators/relations``."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.tabular.key_uniqueness import KeyUniqueness

METRIC = KeyUniqueness()


def batch_of(keys):
    """As the relation would write it: None for a missing key, "" for a record without a row."""
    first, rows = {}, []
    for at, key in enumerate(keys):
        first.setdefault(key, at)
        size = 0 if key is None else keys.count(key)
        rows.append((at, None, None) if key == "" else (at, at if key is None else first[key], size))
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    return pa.RecordBatch.from_arrays([pa.array(c, pa.int64()) for c in columns], ["_id", "key_id", "key_size"])


def measure(keys):
    return METRIC.value(METRIC.fold(batch_of(keys)))


def test_by_hand():
    value = measure(["a", "b", "a", None, "a", ""])
    assert (value.value, value.n, value.skipped) == (2 / 5, 5, {"no row or no key column": 1})
    assert {name: part.value for name, part in value.parts.items()} == {"repeats an earlier key": 2 / 5, "missing": 1 / 5}
    assert [(item.record, item.note) for item in value.evidence] == [(0, "3 rows have this key"), (3, "the key is missing")]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=20))
def test_as_a_set_says(keys):
    assert measure(keys).value == pytest.approx(len({*keys} - {None}) / len(keys))


def test_nothing_to_judge():
    assert "no key" in measure([]).reason
    assert "no key" in measure(["", ""]).reason
