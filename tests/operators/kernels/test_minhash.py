"""Signatures and twin keys: golden values, the definition in plain Python, and the laws that others build on."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.minhash import NO_SHINGLE, permutations, sketch
from operators.kernels.shingles import Shingling
from tests.operators.kernels import minhash_reference as reference
from tests.operators.kernels.test_shingles import SHINGLINGS, TEXTS

GOLDEN = [
    "the quick brown fox jumps over the lazy dog",
    "Größe naïveté — “zitiert”, ελληνικά",
    "機械学習は、データから学ぶ。 and English",
    "ภาษาไทย ไม่มีช่องว่าง",
    "two words",
    "",
    "nul\x00byte\x1fand  runs\u3000of\u2028space",
]
INVALID = [b"cut \xe8\xaa", b"\xff\xfe\xf0\x9f", b"\xc0\x80 \xed\xa0\x80 x"]

WORD_5 = [
    "2e32a2ef 3c942fca 2af49c4b 0fb503f1 4a05efcc66de2578 f614165439c7c518 5",
    "4210e9d4 86e925f9 28b5f406 2292e788 f4e64bfb4a4dd5f1 a3e3f8b354f4a2b3 1",
    "0b20826f 05ec50ee 35b5accb 2c8897ae 4335de385ea3f571 40f0f345c084b691 12",
    "01614fb1 02239303 02ff8fba 105b248b cec4a67d4a656119 61816683fc1bc5db 16",
    "c8ffe41c d3665ef1 de5d92be c36c3ea0 a721d52b2cfd1997 bba92ae45cddf0fa 1",
    "63b6c40a f0ccb633 0aaddc90 ae3f985a beb874925ff485fb 87d17f397aa4da18 1",
    "3b9f70e4 9e556969 73490e54 56a9bc6e 033b20db580ac963 556ef6ae5a5633a1 2",
    "f911feb2 b6fbddcb 410b06e8 4c467b92 762b1f458f67e887 c18fbe53f44115e1 1",
    "2ebe6a63 752f60c2 7f018b57 c8835ced a77877132703fdfa d0bcf92e1f2d43b2 1",
    "6922b3a1 ff0f3334 74bbb5d9 c867f917 8a13d1eb36947bd4 6af49049f88a3e7b 1",
]
CHARACTER_7 = [
    "02804d30 04dba2aa 03a3767f 04993eb5 ae3093c8150ff792 589948fb8d45889c 37",
    "029c0fc0 12cf1311 0d9f4d9c 02c81a40 4ee1a1cebe2b06bd 246530ffd0ebbcc3 29",
    "037759c1 03d565b0 0952491c 0b6862a3 a8d53b0eaa2667c1 4bd6b966a681113d 20",
    "0d937123 128407ef 0889daf8 0df58831 f70c2d10c9f017b4 45eebbb6d4e1c1da 15",
    "231894c4 15848089 012707bb 4f57b3d8 82977b52bbb3c68e 801551b0b13c70ec 3",
    "bb2930cd accb28e8 cbcd562d 616b8afb 7e8a2c1963cd61f8 352ad4b3c36978a3 1",
    "0842f24e 0e4d4266 02b46017 07f1c798 d17350e13a3288d2 b9245f7784b1ef88 20",
    "160b8e72 ac8e040b 9c7cef28 5a5c78d2 ccfb7be0a2ce0973 d9b7b551a136aa6b 1",
    "5ec33c25 44fbab50 753fa5d5 ce4b29c3 d3ad29eff60c2008 af57d1c93bed06f4 1",
    "ec2e46e0 a0efd6cd 8199707a 4d72800c 6f1b6e08643e1d99 e96e34e2f2388b11 1",
]


def all_of(texts, shingling=Shingling(), lanes=33, seed=1):  # noqa: B008
    return sketch(strings(texts), shingling, *permutations(lanes, seed))


def same(left, right):
    return all(np.array_equal(*pair) for pair in zip(left, right, strict=True))


def test_golden_permutations():
    a, b = permutations(3, 1)
    assert (a.tolist(), b.tolist()) == ([2298633409, 1703865447, 4214379871], [2433363436, 3203108257, 4170425070])
    assert [p.tolist() for p in permutations(2, 2**64 + 1)] == [a[:2].tolist(), b[:2].tolist()]
    assert (a % 2).all()


@pytest.mark.parametrize(("shingling", "golden"), [(Shingling(), WORD_5), (Shingling("character", 7), CHARACTER_7)])
def test_golden_sketches(shingling, golden):
    found = all_of(pa.array([text.encode() for text in GOLDEN] + INVALID, pa.binary()), shingling, 4)
    rows = zip(found.signatures, found.twins, found.shingles, strict=True)
    assert [" ".join([*(f"{x:08x}" for x in s), *(f"{x:016x}" for x in t), str(c)]) for s, t, c in rows] == golden


@given(st.lists(TEXTS | st.none(), min_size=1, max_size=5), SHINGLINGS, st.integers(1, 40), st.integers(0, 2**64))
def test_sketches_are_those_of_the_definition(texts, shingling, lanes, seed):
    a, b = (p.tolist() for p in permutations(lanes, seed))
    found = all_of(pa.array(texts, pa.string()), shingling, lanes, seed)
    for text, lane, twins, count in zip(texts, *(part.tolist() for part in found), strict=True):
        if text is None:
            assert (lane, twins, count) == ([NO_SHINGLE] * lanes, [0, 0], 0)
            continue
        assert lane == reference.signature(text, shingling.unit, shingling.size, a, b)
        assert twins == reference.twins(text, shingling.unit, shingling.size)
        assert count == len(reference.shingles(text, shingling.unit, shingling.size))


@given(st.lists(TEXTS | st.none(), max_size=12), SHINGLINGS, st.integers(0, 12), st.integers(0, 12))
def test_slices_types_and_batches_do_not_matter(texts, shingling, start, size):
    array = pa.array(texts, pa.string())
    whole = all_of(array, shingling)
    assert same(all_of(array.cast(pa.large_string()), shingling), whole)
    assert same(all_of(array[start : start + size], shingling), [part[start : start + size] for part in whole])
    cut = [all_of(array[:start], shingling), all_of(array[start:], shingling)]
    assert same([np.concatenate(parts) for parts in zip(*cut, strict=True)], whole)
    assert same(all_of(pa.array(texts[start:], pa.string()), shingling), cut[1])


def test_twins_are_texts_of_the_same_shingles():
    texts = ["a b c a b c", "a b c a b", "a  b\tc a b c", "a b c a b c a b c", "b a", "a b"]
    keys = [tuple(pair) for pair in all_of(pa.array(texts), Shingling(size=2)).twins.tolist()]
    assert keys[0] == keys[2]
    assert len(set(keys)) == len(texts) - 1


@pytest.mark.parametrize("jaccard", [0.3, 0.6, 0.8, 0.95])
def test_the_estimate_is_unbiased_and_as_wide_as_a_binomial(jaccard):
    lanes, pairs, union = 112, 400, 400
    shared = round(jaccard * union)
    rng = np.random.default_rng(7)
    texts = []
    for _ in range(pairs):
        words = [f"{word:x}" for word in rng.choice(2**40, union, replace=False).tolist()]
        cut = shared + (union - shared) // 2
        texts += [" ".join(words[:cut]), " ".join(words[:shared] + words[cut:])]
    signatures = all_of(pa.array(texts), Shingling(size=1), lanes).signatures
    error = (signatures[::2] == signatures[1::2]).mean(axis=1) - shared / union
    spread = np.sqrt(jaccard * (1 - jaccard) / lanes)
    assert abs(error.mean()) < min(0.01, 4 * spread / np.sqrt(pairs))
    assert abs(error.std() / spread - 1) < 4 / np.sqrt(2 * pairs)
    assert abs(np.abs(error).mean() / (spread * np.sqrt(2 / np.pi)) - 1) < 0.16


def test_no_lanes_no_signature():
    with pytest.raises(ValueError, match="at least one lane"):
        permutations(0, 1)
