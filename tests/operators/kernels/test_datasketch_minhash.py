"""Signatures against datasketch itself."""

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.datasketch_minhash import datasketch_permutations, datasketch_signatures
from tests.operators.kernels import minhash_reference as reference
from tests.operators.kernels.test_shingles import TEXTS

SCHEMES = st.sampled_from(["affine32", "legacy"])


def theirs(text, size, count, seed, scheme):
    minhash = MinHash(count, seed, scheme=scheme)
    words = reference.words(text or "")
    for at in range(max(len(words) - size + 1, 1) if words else 0):
        minhash.update(" ".join(words[at : at + size]).encode())
    return minhash


@given(st.integers(1, 130), st.integers(0, 2**32 - 1), SCHEMES)
def test_permutations_are_theirs(count, seed, scheme):
    ours = datasketch_permutations(count, seed, scheme)
    assert np.array_equal(ours, MinHash(count, seed, scheme=scheme).permutations)


@given(st.lists(TEXTS | st.none(), max_size=4), st.integers(1, 6), st.integers(1, 40), st.integers(0, 9), SCHEMES)
def test_signatures_are_theirs(texts, size, count, seed, scheme):
    found = datasketch_signatures(strings(pa.array(texts, pa.string())), size, count, seed, scheme)
    assert found.dtype == np.uint64
    assert found.tolist() == [theirs(text, size, count, seed, scheme).hashvalues.tolist() for text in texts]


@pytest.mark.parametrize("scheme", ["affine32", "legacy"])
@pytest.mark.parametrize("words", [511, 512, 516, 517, 2000])
def test_texts_longer_than_a_block(words, scheme):
    text = " ".join(f"w{i * i % 1013}" for i in range(words)) + " 語\n"
    (row,) = datasketch_signatures(strings(pa.array([text])), 5, 128, 3, scheme)
    assert MinHash(seed=3, scheme=scheme, hashvalues=row) == theirs(text, 5, 128, 3, scheme)


def test_slices_and_bytes_that_are_no_text():
    texts = pa.array([b"a b c", b"\xff a\xe8", None, b"", b"d e f"])
    whole = datasketch_signatures(strings(texts), 2)
    assert np.array_equal(datasketch_signatures(strings(texts[1:]), 2), whole[1:])
    assert (whole[2:4] == 0xFFFFFFFF).all()
    minhash = MinHash()
    minhash.update(b"\xff a\xe8")
    assert whole[1].tolist() == minhash.hashvalues.tolist()


@pytest.mark.parametrize("wrong", [{"size": 0}, {"size": 5, "count": 0}, {"size": 5, "scheme": "affine64"}])
def test_what_datasketch_does_not_have_is_refused(wrong):
    with pytest.raises(ValueError, match="no signatures of"):
        datasketch_signatures(strings(pa.array(["a"])), **wrong)
