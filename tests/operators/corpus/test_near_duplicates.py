"""Near-duplicates: the share by hand, what stands beside it, and the alarm."""

import pyarrow as pa
import pytest

from operators.corpus.near_duplicates import NearDuplicates


def batch(groups, keep=None, shards=None, origins=None, first=0):
    n = len(groups)
    sizes = [None if group is None else groups.count(group) for group in groups]
    ids = list(range(first, first + n))
    alike = [group is not None and groups.count(group) > 1 for group in groups]
    others = [next((i for i in ids if i != at and groups[i - first] == groups[at - first]), None) for at in ids]
    return pa.RecordBatch.from_pydict(
        {
            "_id": pa.array(ids, pa.int64()),
            "_shard": pa.array(shards or ["a"] * n),
            "group_id": pa.array(groups, pa.int64()),
            "group_size": pa.array(sizes, pa.int64()),
            "keep": pa.array(keep or [group == at for at, group in zip(ids, groups, strict=True)], pa.bool_()),
            "similarity": pa.array([0.9 if near else None for near in alike], pa.float64()),
            "neighbor_id": pa.array([other if near else None for near, other in zip(alike, others, strict=True)], pa.int64()),
            "known_similarity": pa.nulls(n, pa.float64()),
            "origin": pa.array(origins or [None] * n, pa.string()),
        }
    )


def value(*batches, counts=None, **parameters):
    metric = NearDuplicates(**parameters)
    state = metric.zero()
    for one in batches:
        state = state + metric.fold(one)
    return metric.value(state + metric.account(counts or {}))


def test_is_one_minus_groups_over_records_that_have_a_text():
    found = value(batch([0, 0, 2, 2, 2, 5, None], keep=[True, False, True, False, False, True, True]))
    assert found.value == pytest.approx(3 / 6), "groups 0, 2 and 5 of six texts"
    assert found.skipped == {"no text": 1}
    assert found.parts["in a group of two or more"].value == pytest.approx(5 / 6)
    assert found.parts["largest group (records)"].value == 3
    assert found.parts["kept"].value == pytest.approx(4 / 7), "a record without a text is kept"


def test_a_record_that_could_not_be_read_counts_nowhere():
    one = batch([0, None, 2], keep=[True, None, True])
    assert value(one).n == 2
    assert value(one).parts["kept"].n == 2


def test_files_and_sources_that_lose_too_much_are_named():
    groups, shards = [0, 0, 0, 0, 4, 5], ["a", "a", "b", "b", "b", "c"]
    found = value(batch(groups, shards=shards, origins=["x", "x", "y", "y", "y", None]), alarm=0.6)
    assert found.reason == "more than 60% of a file or source is removed: 2 of 3 of b, 2 of 3 of y"
    assert found.parts["removed by file"].value == pytest.approx(1 / 3)
    assert found.parts["removed by file"].plot.labels == ("b", "a", "c")
    assert value(batch(groups, shards=shards), alarm=0.7).reason is None


def test_precision_is_of_all_accepted_pairs_and_uncertain_only_where_they_were_estimated():
    counts = {"accepted exactly": 100, "accepted by estimate": 300, "sampled of accepted": 50, "sampled of accepted, near": 49}
    precision = value(batch([0, 0]), counts=counts).parts["precision of accepted pairs"]
    assert precision.value == pytest.approx((100 + 300 * 49 / 50) / 400)
    assert (100 + 300 * 0.89) / 400 < precision.low < precision.value < precision.high < 1
    assert value(batch([0, 0]), counts={"accepted exactly": 7}).parts["precision of accepted pairs"].low == 1.0
    assert value(batch([0, 0])).parts["precision of accepted pairs"].value is None


def test_recall_is_of_the_planted_copies_at_each_rate_of_edits():
    counts = {"planted 10": 40, "found 10": 40, "planted 50": 10, "found 50": 5}
    recall = value(batch([0, 0]), counts=counts).parts["recall of planted near-duplicates"]
    assert recall.value == pytest.approx(45 / 50)
    assert {name: part.value for name, part in recall.parts.items()} == {"1 % of words edited": 1.0, "5 % of words edited": 0.5}


def test_the_least_similar_pairs_are_the_evidence():
    found = value(batch([0, 0, 2, 2]))
    assert [entry.record for entry in found.evidence] == [1, 3]
    assert "90.0 %" in found.evidence[0].note


def test_nothing_is_none():
    assert value().value is None
    assert value(batch([None, None], keep=[True, True])).reason == "no record has a text"
