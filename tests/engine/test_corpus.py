"""Where the units of a job's sides and of earlier corpora stand in one sequence."""

from hypothesis import given
from hypothesis import strategies as st

from engine.corpus import Layout, Place
from engine.evidence import renumbered
from engine.schema import Side, record_id
from engine.value import Evidence, Value

UNITS = st.dictionaries(st.sampled_from(Side), st.integers(0, 4))
KNOWN = st.lists(st.integers(0, 4), max_size=3)


@given(UNITS, KNOWN)
def test_the_units_of_a_layout_are_those_of_its_sides_and_then_of_earlier_corpora(units, known):
    layout = Layout.of(units, known)
    expected = [Place(side, unit) for side in Side for unit in range(units.get(side, 0))]
    expected += [Place(Side.SUBJECT, unit, at) for at, count in enumerate(known) for unit in range(count)]
    assert [layout.place(unit) for unit in range(len(expected))] == expected
    assert [layout.unit(place) for place in expected] == list(range(len(expected)))


@given(UNITS, UNITS, KNOWN)
def test_a_record_keeps_its_place_in_another_layout(units, more, known):
    old, new = Layout.of(units, known), Layout.of({**more, **units}, known)
    for unit in range(sum(units.values()) + sum(known)):
        assert new.place(old.moved(record_id(unit, 5), new) >> 36) == old.place(unit)


def test_pairs_are_renumbered_in_parts_too_and_single_records_stay():
    old = Layout.of({Side.SUBJECT: 2, Side.HOLDOUT: 3})
    new = Layout.of({Side.SUBJECT: 2, Side.REFERENCE: 10, Side.HOLDOUT: 3})
    single, pair = Evidence(record_id(1, 7), 1.0), Evidence(record_id(1, 7), 1.0, other=record_id(2, 9))
    value = Value.exact(1.0, 1).with_(evidence=(single, pair), parts={"a": Value.exact(1.0, 1).with_(evidence=(pair,))})
    moved = renumbered(value, old, new)
    assert moved.evidence == (single, Evidence(record_id(1, 7), 1.0, other=record_id(12, 9)))
    assert moved.parts["a"].evidence == moved.evidence[1:]
    assert renumbered(value, old, old) is value
