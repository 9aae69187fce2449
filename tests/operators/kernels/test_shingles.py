"""Shingles of words and characters against the definition in plain Python."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.codepoints import UNSPACED, character_kinds
from operators.kernels.hashing import mix
from operators.kernels.shingles import BLOCK, Shingling, shingle_sets, shingle_values
from operators.kernels.tokens import ALONE, SEPARATOR, token_kinds
from tests.operators.kernels import minhash_reference as reference

PIECES = st.sampled_from(
    "aZ9.,'_-\u0301\u200b\x7f\x80 \t\n\r\x00\x1f\x85\xa0\u2003\u2028\u3000語かカ々ก\u0e31é\U0001f600\U00020000"
)
RUNS = st.sampled_from(["word", "eightbyt", "nine byte", "a" * 17, "naïveté", "sixteen bytes it"])
TEXTS = st.lists(PIECES | RUNS, max_size=40).map("".join) | st.text(st.characters(max_codepoint=0x4FF), max_size=30)
SHINGLINGS = st.builds(Shingling, st.sampled_from(["word", "character"]), st.integers(1, 7))


def values(texts, shingling):
    offsets, found = shingle_values(strings(texts), shingling)
    return [part.tolist() for part in np.split(found, offsets[1:-1])]


@given(st.lists(TEXTS | st.none(), min_size=1, max_size=5), SHINGLINGS)
@example(["語 か", "", None, " ", "x" * 8, "x" * 7 + "é"], Shingling("word", 2))
@example(["\ta  b\x00c ", "a\u3000"], Shingling("character", 3))
def test_values_are_those_of_the_definition(texts, shingling):
    expected = [[] if t is None else reference.shingles(t, shingling.unit, shingling.size) for t in texts]
    assert values(pa.array(texts, pa.string()), shingling) == [[s >> 32 for s in found] for found in expected]


@given(st.lists(TEXTS | st.none(), min_size=1, max_size=5), SHINGLINGS, st.integers(1, 9))
def test_sets_are_those_of_the_definition(texts, shingling, most):
    offsets, hashes = shingle_sets(strings(pa.array(texts, pa.string())), shingling, most)
    expected = [[] if t is None else sorted(set(reference.shingles(t, shingling.unit, shingling.size)))[:most] for t in texts]
    assert [part.tolist() for part in np.split(hashes, offsets[1:-1])] == expected


@pytest.mark.parametrize("count", [BLOCK - 1, BLOCK, BLOCK + 1, BLOCK + 4, BLOCK + 5, 3 * BLOCK, 3 * BLOCK + 7])
@pytest.mark.parametrize("shingling", [Shingling("word", 1), Shingling("word", 5), Shingling("character", 5)])
def test_a_text_longer_than_a_block(count, shingling):
    texts = [" ".join(str(i * i % 997) for i in range(count)) + end for end in ("", " ", "\n \n", " 語")]
    expected = [reference.shingles(text, shingling.unit, shingling.size) for text in texts]
    assert values(pa.array(texts), shingling) == [[s >> 32 for s in found] for found in expected]
    for most in (1, 100, 10**6):
        offsets, hashes = shingle_sets(strings(pa.array(texts)), shingling, most)
        assert [part.tolist() for part in np.split(hashes, offsets[1:-1])] == [sorted(set(e))[:most] for e in expected]


@given(st.text())
def test_words_are_those_of_split_where_scripts_have_spaces(text):
    text = "".join(c for c in text if ord(c) >= 0x20 and token_kinds_of(c) != ALONE)
    assert reference.words(text) == text.split()
    assert values(pa.array([text]), Shingling(size=1)) == values(pa.array([" ".join(text.split())]), Shingling(size=1))


def token_kinds_of(character, kinds=token_kinds()):  # noqa: B008
    return kinds[ord(character)]


def test_kinds_are_those_of_this_python():
    kinds = token_kinds()
    separators = {chr(c) for c in np.flatnonzero(kinds == SEPARATOR).tolist()}
    assert separators == {c for c in map(chr, range(0x110000)) if c.isspace() or ord(c) <= 0x20}
    if unicodedata.unidata_version == "14.0.0":
        assert np.array_equal(kinds == ALONE, character_kinds() == UNSPACED)


def test_texts_shorter_than_a_shingle():
    two, spaced, other, none, blank, three = values(pa.array(["a b", "a  b", "b a", "", " \n", "a b c"]), Shingling(size=4))
    assert two == spaced != other
    assert none == blank == [int(mix(np.uint64(2**64 - 4))) >> 32]
    assert len({*map(tuple, (two, other, none, three))}) == 4


def test_bytes_that_are_no_text_stay_in_their_record():
    broken = pa.array([b"a\xff b\xe8\xaa", b"\x9e c", b"\xf0\x9f\x98", b"\xc3\x28", b"\xed\xa0\x80 \xc0\x80"], pa.binary())
    alone = [values(pa.array([row.as_py()], pa.binary()), Shingling(size=1))[0] for row in broken]
    assert values(broken, Shingling(size=1)) == alone
    assert [len(found) for found in alone] == [2, 2, 1, 1, 2]
    assert [len(v) for v in values(broken, Shingling("character", 1))] == [6, 3, 3, 2, 4]


@pytest.mark.parametrize("wrong", [("word", 0), ("word", -1), ("word", 1001), ("line", 5)])
def test_a_shingling_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="shingles are of"):
        Shingling(*wrong)
    with pytest.raises(ValueError, match="room for a shingle"):
        shingle_sets(strings(pa.array(["a"])), Shingling(), 0)
