import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import savgol_filter

from operators.kernels.local_fit import fitted, window_of


@pytest.mark.parametrize("window", [3, 7, 15])
def test_even_steps_give_savitzky_and_golays_filter(window):
    values = np.random.default_rng(0).normal(size=60).cumsum()
    times = 100.0 + np.arange(60) * 0.1
    smooth, slope = fitted(times, values, window)
    np.testing.assert_allclose(smooth, savgol_filter(values, window, 2), atol=1e-9)
    np.testing.assert_allclose(slope, savgol_filter(values, window, 2, deriv=1, delta=0.1), atol=1e-9)


@given(st.lists(st.floats(0.01, 2.0), min_size=5, max_size=40), st.sampled_from([3, 5]))
def test_a_parabola_is_found_at_uneven_steps(steps, window):
    times = 1e5 + np.cumsum(steps)
    values = 3.0 - 2.0 * (times - 1e5) + 0.5 * (times - 1e5) ** 2
    smooth, slope = fitted(times, values, window)
    np.testing.assert_allclose(smooth, values, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(slope, -2.0 + (times - 1e5), rtol=1e-4, atol=1e-4)


def test_blocks_make_no_difference(monkeypatch):
    times = np.cumsum(np.random.default_rng(1).uniform(0.05, 0.2, 500))
    whole = fitted(times, np.sin(times), 9)
    monkeypatch.setattr("operators.kernels.local_fit._CELLS", 90)
    for one, other in zip(whole, fitted(times, np.sin(times), 9), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("n", "step", "seconds", "window"),
    [(100, 0.1, 1.5, 15), (100, 0.1, 0.01, 3), (8, 0.1, 1.5, 7), (9, 0.1, 1.5, 9), (5, 1.0, 1.5, 3)],
)
def test_windows_are_odd_and_no_longer_than_the_signal(n, step, seconds, window):
    assert window_of(np.arange(n) * step, seconds) == window
