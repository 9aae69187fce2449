"""The choice of bands against every cut there is, keys and estimates against plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.lsh import Bands, band_keys, choose, detection, error, estimate

MASK = 2**64 - 1


def mixed(k):
    k = (k ^ k >> 33) * 0xFF51AFD7ED558CCD & MASK
    k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53 & MASK
    return k ^ k >> 33


def key_in_python(lanes, band):
    key = mixed(0x4CF5AD432745937F + band)
    for lane in lanes:
        key = (key ^ lane) * 0x87C37B91114253D5 & MASK
        key ^= key >> 32
    return mixed(key)


@pytest.mark.parametrize(
    ("threshold", "bands"), [(0.8, Bands(18, 6)), (1.0, Bands(1, 128)), (0.5, Bands(40, 3)), (0.01, Bands(128, 1))]
)
def test_bands_by_hand(threshold, bands):
    assert choose(threshold) == bands
    assert bands.permutations <= 128


@given(st.floats(0.01, 1.0), st.integers(1, 200), st.floats(0.5, 0.9999))
def test_no_cut_is_better(threshold, most, asked):
    chosen = choose(threshold, most, asked)
    every = [Bands(b, r) for r in range(1, most + 1) for b in range(1, most // r + 1)]
    found = {bands: 1 - (1 - threshold**bands.rows) ** bands.bands for bands in every}
    enough = [bands for bands in every if found[bands] >= asked]
    if enough:
        assert chosen == max(enough, key=lambda bands: (bands.rows, -bands.bands))
    else:
        assert chosen in every
        assert found[chosen] >= max(found.values()) - 1e-12


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.1, math.nan])
def test_thresholds_that_mean_nothing(threshold):
    with pytest.raises(ValueError, match="threshold"):
        choose(threshold)


def test_the_curve_is_what_is_seen():
    bands, rng, records = Bands(4, 3), np.random.default_rng(0), 20_000
    for similarity in (0.3, 0.6, 0.9):
        a = rng.integers(0, 2**32, (records, 12), dtype=np.uint32)
        b = np.where(rng.random(a.shape) < similarity, a, rng.integers(0, 2**32, a.shape, dtype=np.uint32))
        share = np.mean(np.any([band_keys(a, band, 3) == band_keys(b, band, 3) for band in range(4)], axis=0))
        expected = detection(bands, np.array([similarity]))[0]
        assert abs(share - expected) < 4 * error(expected, records)
    assert detection(bands, np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_keys_against_plain_python(dtype):
    signatures = np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (1300, 9), dtype=dtype, endpoint=True)
    for band in range(3):
        expected = [key_in_python(row[band * 3 : band * 3 + 3], band) for row in signatures.tolist()]
        assert band_keys(signatures, band, 3).tolist() == expected
        assert band_keys(np.asfortranarray(signatures)[::2], band, 3).tolist() == expected[::2]


def test_golden_key():
    assert band_keys(np.array([[1, 2, 3]], np.uint32), 0, 3).tolist() == [1840158584852362607]


def test_keys_are_the_bands_own_and_well_mixed():
    same = np.zeros((1, 40), np.uint16)
    assert len({int(band_keys(same, band, 2)[0]) for band in range(20)}) == 20
    counted = np.arange(2**16, dtype=np.uint16)[:, None]
    keys = band_keys(counted, 0, 1)
    for shift in (0, 24, 56):
        assert np.bincount((keys >> np.uint64(shift) & np.uint64(255)).astype(int), minlength=256).min() > 150


def test_a_band_beyond_the_signature():
    with pytest.raises(ValueError, match="no band 2 of 3 rows"):
        band_keys(np.zeros((1, 8), np.uint32), 2, 3)
    assert band_keys(np.zeros((0, 8), np.uint32), 1, 3).tolist() == []


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_estimates_and_their_error(dtype):
    rng, k, pairs = np.random.default_rng(2), 108, 4000
    a = rng.integers(0, np.iinfo(dtype).max, (pairs, k), dtype=dtype, endpoint=True)
    b = np.where(rng.random(a.shape) < 0.7, a, rng.integers(0, np.iinfo(dtype).max, a.shape, dtype=dtype, endpoint=True))
    shares = estimate(a, b)
    assert shares.dtype == np.float32
    assert np.array_equal(shares, (a == b).mean(axis=1).astype(np.float32))
    assert shares.std() == pytest.approx(error(0.7, k), rel=0.05)
    assert abs(shares.mean() - 0.7) < 4 * error(0.7, k * pairs)


def test_unlike_shapes_have_no_estimate():
    with pytest.raises(ValueError, match="shape"):
        estimate(np.zeros((2, 4), np.uint16), np.zeros((2, 5), np.uint16))
