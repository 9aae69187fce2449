import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.html_retention import HtmlRetention
from tests.operators.agent.agent_given import measured

NAME = "agent.html_retention"
ids = st.sets(st.integers(1, 6))


def page(numbers, attribute="backend_node_id"):
    return "<main>" + "".join(f'<p {attribute}="{n}">{n}</p>' for n in sorted(numbers))


@given(st.lists(st.tuples(ids, ids, st.integers(1, 6)), min_size=1, max_size=6))
def test_is_the_share_of_a_set(rows):
    value = measured(
        NAME, raw_page=[page(raw) for raw, *_ in rows], page=[page(kept) for _, kept, _ in rows], element=[t for *_, t in rows]
    )
    there = [(raw, kept, target) for raw, kept, target in rows if raw]
    if not there:
        assert value.value is None
        return
    assert value.value == pytest.approx(statistics.fmean(len(raw & kept) / len(raw) for raw, kept, _ in there))
    targets = [target in kept for raw, kept, target in there if target in raw]
    if targets:
        assert value.parts["targets"].value == sum(targets) / len(targets)
    assert value.n == len(there)


def test_only_steps_that_need_an_element_count():
    value = measured(NAME, raw_page=[page({1, 2})] * 3, page=[page({1})] * 3, element=["1", "[]", None])
    assert (value.value, value.n, value.skipped) == (0.5, 1, {"no target": 2})
    assert measured(NAME, raw_page=[page({1, 2})] * 3, page=[page({1})] * 3).n == 3


def test_the_attribute_that_says_who_is_who():
    raw = page({1, 2}, "data-webtasks-id") + '<i id="x">'
    assert measured(NAME, raw_page=[raw], page=[page({1}, "data-webtasks-id")], element=["1"]).value == 0.5
    only = HtmlRetention(attributes=("id",))
    assert measured(NAME, only, raw_page=[raw], page=[page({1})], element=["1"]).value == 0.0
    assert measured(NAME, raw_page=["<p>text</p>"], page=["<p>"], element=["1"]).skipped == {"no element with an id": 1}


def test_what_is_not_there_or_too_long():
    value = measured(NAME, HtmlRetention(max_bytes=50), raw_page=[None, "x" * 51], page=["<p>", "<p>"], element=["1", "1"])
    assert value.skipped == {"no page or raw page": 1, "over 50 bytes": 1}
