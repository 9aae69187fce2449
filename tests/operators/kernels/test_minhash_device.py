"""Signatures by torch are those of the CPU kernel, on whatever device there is."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.minhash import permutations, sketch
from operators.kernels.minhash_device import device_signatures
from operators.kernels.shingles import Shingling
from tests.operators.kernels.test_shingles import SHINGLINGS, TEXTS


@given(st.lists(TEXTS | st.none(), max_size=6), SHINGLINGS, st.integers(1, 40), st.sampled_from([1, 100, 2**20]))
def test_torch_gives_the_same_signatures(texts, shingling, lanes, cells):
    given_texts, factors = strings(pa.array(texts, pa.string())), permutations(lanes, 5)
    expected = sketch(given_texts, shingling, *factors).signatures
    found = device_signatures(given_texts, shingling, *factors, device="cpu", cells=cells)
    assert found.dtype == np.uint32
    assert np.array_equal(found, expected)


@pytest.mark.gpu
@pytest.mark.parametrize("shingling", [Shingling(), Shingling("character", 9)])
def test_the_device_that_is_there_gives_the_same_signatures(shingling):
    cuda = torch.cuda.is_available()
    rng = np.random.default_rng(3)
    words = np.array([f"w{i}" for i in range(5000)] + ["日本", "語"])
    texts = [" ".join(rng.choice(words, size).tolist()) for size in rng.integers(0, 900, 3000 if cuda else 60).tolist()]
    given_texts, factors = strings(pa.array([*texts, None, ""])), permutations(112, 1)
    expected = sketch(given_texts, shingling, *factors).signatures
    for cells in (1 << 20, 1 << 26):
        found = device_signatures(given_texts, shingling, *factors, device="cuda" if cuda else "cpu", cells=cells)
        assert np.array_equal(found, expected)
