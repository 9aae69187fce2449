import dataclasses
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StoreError
from engine.excerpt import Excerpt
from engine.report.model import (
    Cell,
    Check,
    Fitness,
    Pair,
    Quarantine,
    Quarantined,
    Record,
    Records,
    Report,
    Result,
    SideSummary,
    Status,
    Verdict,
    from_json,
    to_json,
)
from engine.schema import Dimension, Direction, Modality
from engine.value import Bars, Bins, Curve, Evidence, Heat, Value

floats = st.floats(allow_nan=False, allow_infinity=False)
strings = st.text(max_size=20)
counts = st.integers(0, 2**53)
floats3 = st.lists(floats, min_size=3, max_size=3).map(tuple)
plots = st.one_of(
    st.builds(Bars, st.lists(strings, min_size=3, max_size=3).map(tuple), floats3, strings, floats3),
    st.builds(
        Heat, st.just(("a",)), st.just(("b", "c", "d")), st.tuples(floats3 | st.just((None, 0.0, None))), strings, floats
    ),
    st.builds(Bins, st.lists(floats, min_size=4, max_size=4).map(tuple), floats3, strings, floats3, st.booleans()),
    st.builds(Curve, floats3, floats3, strings, strings, floats3),
)
evidence = st.builds(Evidence, st.integers(0, 2**62), floats, strings, st.none() | st.integers(0, 2**62))
excerpts = st.builds(Excerpt, strings, counts, counts)


def values(parts):
    return st.builds(
        Value,
        st.none() | floats,
        counts,
        st.none() | floats,
        st.none() | floats,
        st.text(min_size=1, max_size=20),
        st.sampled_from(["exact", "sketch", "sample"]),
        st.dictionaries(strings, counts, max_size=2),
        parts,
        st.none() | plots,
        st.lists(evidence, max_size=2).map(tuple),
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | floats | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=6,
)
results = st.builds(
    Result,
    strings,
    st.integers(1, 9),
    st.sampled_from(Status),
    st.sampled_from(Modality),
    st.sampled_from(Dimension),
    strings,
    strings,
    st.tuples(st.none() | floats, st.none() | floats),
    st.sampled_from(Direction),
    strings,
    st.dictionaries(strings, json_values, max_size=2),
    st.none() | values(st.dictionaries(strings, values(st.just({})), max_size=2)),
    st.none() | strings,
)
records = st.tuples(counts, counts, counts).map(lambda c: Records(sum(c), *c))
sides = st.builds(SideSummary, st.lists(strings).map(tuple), counts, counts, counts, counts, counts, records)
check_results = st.builds(
    Check,
    strings,
    st.sampled_from([">", ">=", "<", "<=", "=="]),
    floats,
    st.none() | floats,
    st.none() | st.booleans(),
    strings,
)
reports = st.builds(
    Report,
    strings,
    strings,
    st.none() | strings,
    st.sampled_from(Modality),
    st.dictionaries(strings, json_values, max_size=3),
    strings,
    st.dictionaries(strings, sides, max_size=2),
    st.builds(
        Quarantine,
        counts,
        st.dictionaries(strings, counts, max_size=2),
        st.lists(st.builds(Quarantined, strings, strings, st.none() | counts, strings), max_size=2).map(tuple),
    ),
    st.lists(results, max_size=3, unique_by=lambda r: r.metric).map(lambda r: tuple(sorted(r, key=lambda x: x.metric))),
    st.lists(st.builds(Cell, st.sampled_from(Modality), st.sampled_from(Dimension), st.sampled_from(Status)), max_size=2).map(
        tuple
    ),
    st.dictionaries(strings, st.builds(Record, strings, st.dictionaries(strings, strings, max_size=2)), max_size=2),
    st.dictionaries(strings, st.builds(Pair, st.dictionaries(strings, st.tuples(excerpts, excerpts), max_size=2)), max_size=2),
    st.none() | st.builds(Fitness, strings, st.sampled_from(Verdict), st.lists(check_results, max_size=2).map(tuple)),
)


@given(reports)
def test_a_report_survives_json(report):
    text = to_json(report)
    assert from_json(text) == report
    assert to_json(from_json(text)) == text
    assert text.endswith("}\n")
    assert text.encode()


def test_keys_are_sorted_and_floats_are_repr(report):
    text = to_json(report)
    assert json.dumps(json.loads(text), sort_keys=True) == json.dumps(json.loads(text))
    assert '"value": 0.31274' in text


def test_numbers_of_numpy_and_whole_floats_are_written_as_their_type(report):
    value = Value(1, n=np.int64(3), low=np.float64(0.5), high=1)
    result = Result("m", 1, Status.MEASURED, Modality.TEXT, Dimension.SAFETY, "", "", (0, None), Direction.UP, "", value=value)
    written = json.loads(to_json(with_results(report, result)))["results"][0]["value"]
    assert repr(written["value"]) == "1.0"
    assert (written["n"], written["low"]) == (3, 0.5)


def test_a_file_name_that_is_not_utf8_can_be_written(report):
    odd = with_results(report, plan={"path": "bad\udcff.txt"})
    assert to_json(odd).encode()
    assert from_json(to_json(odd)).plan == {"path": "bad\udcff.txt"}


def test_nan_cannot_be_written(report):
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(with_results(report, plan={"x": math.nan}))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(version=1),
        lambda d: d.pop("version"),
        lambda d: d.update(surprise=1),
        lambda d: d["results"][0]["value"].update(surprise=1),
        lambda d: d["results"][0].pop("unit"),
        lambda d: d["results"].reverse(),
        lambda d: d["results"].append(d["results"][-1]),
        lambda d: d["sides"]["subject"]["records"].update(read=5),
        lambda d: d["results"][0]["value"].update(value=None, reason=None),
        lambda d: d["results"][0]["value"].update(n="7"),
        lambda d: d["cells"][0].update(status="splendid"),
    ],
)
def test_whatever_this_version_does_not_write_is_refused(report, spoil):
    document = json.loads(to_json(report))
    spoil(document)
    with pytest.raises(StoreError):
        from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"version": NaN}', '{"version": 1}'])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(StoreError):
        from_json(text)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(report, number):
    text = to_json(report).replace('"value": 0.31274', f'"value": {number}')
    with pytest.raises(StoreError):
        from_json(text)


def with_results(report, *results, **changes):
    return dataclasses.replace(report, results=results or report.results, **changes)
