"""Every state: a commutative monoid to the bit, stored as JSON, and equal to a naive reference."""

import json
import math
from collections import Counter
from fractions import Fraction
from statistics import mean, variance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import (
    CellsBy,
    Counts,
    Distinct,
    ExactSum,
    Histogram,
    Moments,
    Product,
    Quantiles,
    Ratio,
    Sample,
    SecondMoment,
    Tally,
    TopBy,
    VectorSample,
    decode,
    encode,
)

FLOATS = st.floats(-1e12, 1e12, allow_nan=False) | st.sampled_from([0.0, 5e-324, 1e-300, 1e100, -1e100])
HASHES = st.integers(0, 2**64 - 1) | st.integers(0, 50) | st.sampled_from([2**64 - 1, 2**63, 2**53 + 1])
EDGES = (0.0, 1.0, 10.0, 100.0)


def _u64(values):
    return np.array(values, dtype=np.uint64)


MAKERS = {
    "Ratio": lambda xs: Ratio(sum(x > 0 for x in xs), len(xs)),
    "ExactSum": lambda xs: ExactSum.of(np.array(xs, float)),
    "Moments": lambda xs: Moments.of(np.array(xs, float)),
    "Histogram": lambda xs: Histogram.of(np.array(xs, float), EDGES) if xs else Histogram(EDGES),
    "Quantiles": lambda xs: Quantiles.of(np.array(xs, float)),
    "Tally": lambda xs: Tally(Counter(str(x)[:1] for x in xs)),
    "TopBy": lambda xs: sum((TopBy.of(np.array([x]), np.array([int(abs(x)) % 97]), size=3) for x in xs), TopBy(3)),
    "TopBy of pairs": lambda xs: sum(
        (
            TopBy.of(np.array([x]), np.array([int(abs(x)) % 7]), size=3, others=np.array([int(abs(x)) % 1009]))
            for x in map(round, xs)
        ),
        TopBy(3),
    ),
    "Distinct": lambda xs: Distinct.of(_u64([hash(x) % 2**64 for x in xs]), size=4),
    "CellsBy": lambda xs: CellsBy.of(_u64([hash(x) % 7 for x in xs]), np.array([hash(x) % 11 for x in xs], np.int64), 4, 3),
    "Counts": lambda xs: Counts.of(_u64([hash(x) % 2**64 for x in xs]), size=4),
    "Sample": lambda xs: Sample.of(_u64([hash(x) % 2**64 for x in xs]), [str(x + 0.0) for x in xs], size=3),
    "SecondMoment": lambda xs: SecondMoment.of(np.array([[np.cos(x), np.sin(x), 0.5] for x in xs]).reshape(-1, 3)),
    "VectorSample": lambda xs: VectorSample.of(
        3,
        _u64([hash(x) % 2**64 for x in xs]),
        np.array([int(abs(x)) % 97 for x in xs], np.int64),
        np.array([[hash(x) % 11, hash(x) % 13] for x in xs], np.float16).reshape(-1, 2),
        2,
        [(f"record {int(abs(x)) % 97}", "x") for x in xs],
    ),
    "Product": lambda xs: Product({"a": Moments.of(np.array(xs, float)), "b": Ratio(len(xs), len(xs))}),
}


@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=60, deadline=None)
@given(a=st.lists(FLOATS, max_size=12), b=st.lists(FLOATS, max_size=12), c=st.lists(FLOATS, max_size=12))
def test_states_are_commutative_monoids_and_homomorphic_images_of_concatenation(kind, a, b, c):
    make = MAKERS[kind]
    x, y, z, zero = make(a), make(b), make(c), make([])
    assert encode(x + y) == encode(y + x)
    assert encode((x + y) + z) == encode(x + (y + z))
    assert encode(x + zero) == encode(x)
    assert encode(x + y + z) == encode(make(a + b + c))
    assert encode(decode(json.loads(json.dumps(encode(x), allow_nan=False)))) == encode(x)


@given(st.lists(FLOATS, min_size=1, max_size=50))
def test_exact_sum_is_fsum(values):
    assert ExactSum.of(np.array(values)).value() == math.fsum(values)
    assert Fraction(ExactSum.of(np.array(values)).numerator, 1 << 1074) == sum(map(Fraction, values))


def test_exact_sum_takes_subnormals_and_many_values():
    tiny = np.full(1000, 5e-324)
    assert ExactSum.of(tiny).value() == 1000 * 5e-324
    assert ExactSum.of(np.full(100_000, 0.1)).value() == math.fsum([0.1] * 100_000)
    with pytest.raises(ValueError, match="finite"):
        ExactSum.of(np.array([math.nan]))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_moments_equal_the_statistics_module(values):
    moments = Moments.of(np.array(values))
    assert moments.mean().value == pytest.approx(mean(values), rel=1e-12, abs=1e-12)
    assert moments.variance() == pytest.approx(variance(values), rel=1e-9, abs=1e-9)
    assert (moments.least, moments.greatest) == (min(values), max(values))


def test_moments_keep_a_small_spread_around_a_large_mean():
    values = 1e9 + np.array([0.0, 1.0, 2.0])
    assert Moments.of(values).variance() == 1.0


@given(st.lists(HASHES, max_size=300), st.integers(1, 40))
def test_distinct_is_exact_below_its_size(hashes, size):
    found = Distinct.of(_u64(hashes), size).count()
    if len(set(hashes)) < size:
        assert found.value == len(set(hashes))
        assert found.estimator == "exact"
    else:
        assert found.estimator == "sketch"


def test_distinct_estimates_within_its_stated_error_nearly_always():
    rng = np.random.default_rng(1)
    inside = 0
    for trial in range(40):
        true = 20_000 + 100 * trial
        hashes = np.repeat(rng.integers(0, 2**64, true, dtype=np.uint64), 3)
        found = Distinct.of(hashes, 1024).count()
        inside += found.low <= true <= found.high
    assert inside >= 34  # 95 % intervals: 38 expected, fewer than 34 happens once in 3,000 runs


@given(st.lists(HASHES, max_size=200), st.integers(2, 30), st.randoms())
def test_counts_are_exact_or_the_finest_cells_that_fit_however_cut(hashes, size, random):
    whole = Counts.of(_u64(hashes), size)
    truth = Counter(hashes)
    for bits in range(64, 0, -1):
        cells = Counter({k >> (64 - bits): 0 for k in truth})
        for key, count in truth.items():
            cells[key >> (64 - bits)] += count
        if len(cells) <= size:
            break
    assert whole.bits == bits
    assert dict(zip(whole.cells.tolist(), whole.counts.tolist(), strict=True)) == dict(cells)
    shuffled = list(hashes)
    random.shuffle(shuffled)
    half = len(shuffled) // 2
    assert encode(Counts.of(_u64(shuffled[:half]), size) + Counts.of(_u64(shuffled[half:]), size)) == encode(whole)
    assert whole.total == len(hashes)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.floats(0, 1))
def test_quantiles_are_within_their_relative_error(values, share):
    sketch = Quantiles.of(np.array(values))
    exact = sorted(values)[int(share * (len(values) - 1))]
    assert sketch.quantile(share) == pytest.approx(exact, rel=2.1 * sketch.error, abs=1e-8)
    assert sketch.n == len(values)


@given(st.lists(st.integers(1, 249), min_size=1, max_size=300))
def test_quantiles_hold_small_whole_numbers_exactly(values):
    sketch = Quantiles.of(np.array(values))
    assert sketch.counts.tolist() == [count for _, count in sorted(Counter(values).items())]


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 10))
def test_sample_keeps_the_smallest_hashes_with_exact_counts(keys, size):
    sample = Sample.of(_u64(keys), [f"content {key}" for key in keys], size)
    expected = [(key, count, f"content {key}") for key, count in sorted(Counter(keys).items())[:size]]
    assert list(sample.entries) == expected


@given(st.lists(st.integers(0, 30), max_size=200), st.integers(1, 10))
def test_vector_sample_keeps_the_smallest_hashes_with_the_first_record(keys, size):
    vectors = np.array([[key, 1] for key in keys], np.float16).reshape(-1, 2)
    ids = np.arange(len(keys))[::-1]
    sample = VectorSample.of(size, _u64(keys), ids, vectors, 3, [(f"record {one}",) for one in ids])
    expected = sorted(Counter(keys).items())[:size]
    assert list(zip(sample.hashes.tolist(), sample.counts.tolist(), strict=True)) == expected
    firsts = [min(one for one, other in zip(ids, keys, strict=True) if other == key) for key, _ in expected]
    assert (sample.ids.tolist(), list(sample.labels)) == (firsts, [(f"record {one}",) for one in firsts[:3]])
    assert sample.vectors[:, 0].tolist() == [key for key, _ in expected]
    assert sample.complete is (len(expected) < size)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1000)), max_size=40, unique_by=lambda item: item[1]))
def test_top_by_is_sorting(items):
    scores, records = np.array([s for s, _ in items], float), np.array([r for _, r in items], int)
    top = TopBy.of(scores, records, size=4)
    assert [(e.score, e.record) for e in top.evidence()] == sorted(items, key=lambda item: (-item[0], item[1]))[:4]


@given(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_top_by_of_pairs_is_sorting_and_keeps_both_ids(items):
    scores, records, others = (np.array(column) for column in zip(*sorted(items, key=hash), strict=True))
    expected = sorted(items, key=lambda item: (-item[0], item[1], item[2]))[:4]
    top = TopBy.of(scores.astype(float), records, size=4, others=others)
    assert [(e.score, e.record, e.other) for e in top.evidence()] == expected
    assert decode(json.loads(json.dumps(encode(top)))).evidence() == top.evidence()


def test_states_of_different_shape_do_not_merge():
    def vectors(d):
        return VectorSample.of(4, _u64([1]), np.array([0]), np.ones((1, d), np.float16))

    for a, b in [
        (Distinct(4), Distinct(5)),
        (Counts(4), Counts(5)),
        (Sample(4), Sample(5)),
        (VectorSample(4), VectorSample(5)),
        (vectors(2), vectors(3)),
        (Quantiles(0.1), Quantiles(0.2)),
        (Histogram((0.0, 1.0)), Histogram((0.0, 2.0))),
    ]:
        with pytest.raises(ValueError, match="do not merge"):
            a + b


def test_a_stored_state_cannot_name_another_dtype_or_class():
    document = encode(Distinct.of(_u64([1, 2])))
    document["hashes"]["dtype"] = "|O"
    with pytest.raises(ValueError, match="which no state has"):
        decode(document)
    with pytest.raises(KeyError):
        decode({"kind": "os.system"})
