"""Paths, kinds and numbers beside plain Python over parsed documents."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check
from tests.operators.semistructured.paths_given import DOCUMENTS, kind_of, walk


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 1]))
def test_the_walk_is_that_over_parsed_documents(documents, indent):
    documents = [json.dumps(json.loads(text), indent=indent) for text in documents]
    texts = strings(pa.array(documents))
    codes, _ = check(texts.offsets, texts.data, 128)
    found, cut = json_paths.nodes(texts, codes == 0)
    expected = [(row, *item) for row, text in enumerate(documents) if codes[row] == 0 for item in walk(json.loads(text))]
    assert not cut.any()
    assert len(found.row) == len(expected)
    for node, (row, path, value) in enumerate(expected):
        assert (found.row[node], tuple(json_paths.steps(found, texts.data, node))) == (row, path)
        assert json_paths.KINDS[found.kind[node]] == kind_of(value)
        start, stop = found.span[node]
        text = texts.data[start:stop].tobytes().decode()
        assert json.loads(f'"{text}"' if isinstance(value, str) else text) == value
        if isinstance(value, (int, float)):
            assert found.number[node] == pytest.approx(float(value), rel=1e-14, abs=1e-300)
    by_path = {(found.path[node], item[1]) for node, item in enumerate(expected)}
    assert len(by_path) == len({path for path, _ in by_path}) == len({path for _, path in by_path})


@pytest.mark.parametrize(
    ("spellings", "kind", "number"),
    [
        (["1", "1.0", "1e0", "10e-1", "0.1E1", "1.000000000000000000000"], "integer", 1.0),
        (["-1.5", "-15e-1", "-0.15e+1", "-1.50"], "number", -1.5),
        (["1e400", "9e99999999999999999999"], "integer", 1.7976931348623157e308),
        (["1e-400"], "number", 0.0),
        (["-0", "0.0", "0e7"], "integer", 0.0),
        (["1.0000000000000000000000001"], "number", 1.0),
        (["12345678901234567890123e-3"], "number", 12345678901234567890.123),
        (["12345678901234567890123000e-3"], "integer", 12345678901234567890123.0),
    ],
)
def test_numbers_are_what_they_mean(spellings, kind, number):
    texts = strings(pa.array(spellings))
    found, _ = json_paths.nodes(texts, np.ones(len(spellings), bool))
    assert [json_paths.KINDS[k] for k in found.kind] == [kind] * len(spellings)
    assert found.number == pytest.approx(number, rel=1e-15)
    assert len(set(found.number.tolist())) == 1


@pytest.mark.parametrize("spelling", ["2.125458861549757e-299", "5e-320", "12345e-312", "1e308", "0e310", "3e-200", "7e-224"])
def test_numbers_at_the_ends_of_float64(spelling):
    found, _ = json_paths.nodes(strings(pa.array([spelling])), np.ones(1, bool))
    assert found.number[0] == pytest.approx(float(spelling), rel=1e-14, abs=1e-323)
