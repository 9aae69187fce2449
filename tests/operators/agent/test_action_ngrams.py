import itertools
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.agent.action_ngrams import ActionNgrams
from tests.operators.agent.agent_given import measured

NAME = "agent.action_ngrams"


def grams(records, n):
    return [tuple(record[at : at + n]) for record in records for at in range(len(record) - n + 1)]


@given(st.lists(st.lists(st.sampled_from(["f", "g", "fg", ""]), max_size=7), min_size=1, max_size=5))
def test_is_the_share_of_a_set(records):
    named = [[name for name in record if name] for record in records]
    value = measured(NAME, calls=[[{"name": name} for name in record] for record in named])
    for n in (1, 2, 3, 4):
        every = grams(named, n)
        found = value.parts[f"distinct_{n}"].value
        assert found == (pytest.approx(len(set(every)) / len(every)) if every else None)
    assert value.value == value.parts["distinct_2"].value


def test_rarefaction_is_the_mean_over_draws():
    record = list("fgfhfgfgih")
    pairs = grams([record], 2)
    value = measured(NAME, ActionNgrams(at=3), calls=[[{"name": name} for name in record]])
    draws = itertools.product([0, 1], repeat=len(pairs))  # every pair is kept with the chance that leaves three
    chance = 3 / len(pairs)
    expected = sum(
        chance ** sum(kept) * (1 - chance) ** (len(pairs) - sum(kept)) * len({p for p, k in zip(pairs, kept, strict=True) if k})
        for kept in draws
    )
    assert value.parts["distinct_2_at_3"].value == pytest.approx(expected / 3)
    assert statistics.fmean([value.value]) == len(set(pairs)) / len(pairs)


def test_null_is_skipped():
    assert measured(NAME, calls=[None, "f()"]).skipped == {"no calls": 1}
