"""Laws that every metric of the catalogue obeys, whoever writes it."""

import inspect
import json
import pickle

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import catalog
from engine.report.model import plain
from engine.schema import GRID, Dimension, Modality
from engine.state import decode, encode
from tests.laws.records import all_null, answer, batch_of, batches, modality_of

NAMES = catalog.metric_names()
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_order_and_cut_do_not_matter(name, data):
    metric = catalog.metric(name)
    batch = data.draw(batches(name))
    whole = metric.zero() + metric.fold(batch)
    order = data.draw(st.permutations(range(len(batch))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(batch)), max_size=3)))
    shuffled = batch.take(pa.array(order, pa.int64()))
    pieces = metric.zero()
    for start, stop in zip([0, *cuts], [*cuts, len(batch)], strict=True):
        pieces = metric.fold(shuffled.slice(start, stop - start)) + pieces
    assert encode(pieces) == encode(whole)
    assert plain(answer(metric, pieces)) == plain(answer(metric, whole))


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_zero_is_neutral_and_states_survive_json_and_pickle(name, data):
    metric = catalog.metric(name)
    state = metric.zero() + metric.fold(data.draw(batches(name)))
    assert encode(state + metric.zero()) == encode(metric.zero() + state) == encode(state)
    stored = decode(json.loads(json.dumps(encode(state), allow_nan=False)))
    assert encode(stored) == encode(state)
    assert encode(pickle.loads(pickle.dumps(state))) == encode(state)
    assert plain(answer(metric, stored)) == plain(answer(metric, state))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [0, 5])
def test_nothing_and_only_nulls_give_none_with_a_reason(name, size):
    metric = catalog.metric(name)
    value = answer(metric, metric.zero() + metric.fold(all_null(name, size)))
    assert value.value is None
    assert value.reason
    json.dumps(plain(value), allow_nan=False)
    assert answer(metric, metric.zero()).value is None


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_values_stay_in_their_range(name, data):
    metric = catalog.metric(name)
    value = answer(metric, metric.zero() + metric.fold(data.draw(batches(name))))
    if value.value is None:
        assert value.reason
        return
    low, high = metric.range
    slack = 1e-9
    assert low - slack <= value.value <= high + slack
    assert value.n > 0
    assert value.low is not None, "every number has an interval"
    assert value.low - slack <= value.value <= value.high + slack


@pytest.mark.parametrize("name", NAMES)
@FEW
@given(data=st.data())
def test_evidence_names_records_that_were_seen(name, data):
    metric = catalog.metric(name)
    batch = data.draw(batches(name))
    value = answer(metric, metric.zero() + metric.fold(batch))
    seen = set(batch["_id"].to_pylist())
    assert {entry.record for entry in value.evidence} <= seen


@pytest.mark.parametrize("name", NAMES)
def test_the_contract_of_a_metric_is_written_down(name):
    cls = catalog.metric_class(name)
    doc = inspect.getdoc(cls) or ""
    for needed in (">>>", "Source:", "Cost:"):
        assert needed in doc, f"{name}: the docstring has no {needed}"
    assert doc.splitlines()[0].endswith(".")
    assert cls.unit
    assert cls.source
    assert cls.range[0] < cls.range[1]
    assert cls.version >= 1
    applicable = [m for m in Modality if catalog.applies_to(name, m)]
    for modality in applicable:
        assert isinstance(cls.cell(modality), Dimension)
        assert cls.cell(modality) in GRID[modality], f"{name} stands in a cell that {modality} does not have"


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_a_frozen_dataclass_with_checked_parameters(name):
    metric = catalog.metric(name)
    assert metric == catalog.metric(name)
    assert hash(metric) == hash(catalog.metric(name))
    with pytest.raises(catalog.PlanError, match="has no parameter 'no_such_thing'"):
        catalog.metric(name, {"no_such_thing": 1})


def test_listing_the_catalogue_imports_no_metric():
    import subprocess
    import sys

    code = (
        "import sys; from engine.catalog import metric_names; assert len(metric_names()) > 10;"
        "loaded = [m for m in sys.modules if m.startswith('operators.') ]; assert not loaded, loaded;"
        "heavy = {'torch', 'faiss', 'transformers', 'ray', 'numba'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_of_one_is_a_batch(name):
    metric = catalog.metric(name)
    columns = {"text": "Hello there."}
    from engine.schema import SCHEMAS

    row = {column.name: columns.get(column.name) for column in SCHEMAS[modality_of(name)]}
    metric.fold(batch_of(name, [row]))
