"""Words without case and punctuation, beside the janitor's rule for ASCII and plain Python for the rest."""

import string
import unicodedata

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.codepoints import MARK, UNSPACED, character_kinds
from operators.kernels.plain_words import plain_words

JANITOR = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
CHARACTERS = st.sampled_from(
    [*"aZ09 .,-_'\n\t\r", *"éÉßİȺΩ日本語กั", "́", "\u200b", "\u200d", "\ufeff", "😀", "\u2028", "\x00", "\u212a"]
)
TEXTS = st.one_of(st.text(CHARACTERS, max_size=60), st.text(max_size=40))


def words(texts):
    found = plain_words(strings(pa.array(texts, pa.large_string())))
    every = [bytes(found.data[a:b]).decode() for a, b in zip(found.starts.tolist(), found.ends.tolist(), strict=True)]
    return [every[a:b] for a, b in zip(found.offsets[:-1].tolist(), found.offsets[1:].tolist(), strict=True)], found


def plainly(text):
    kinds, out, alone = character_kinds(), [""], False
    for character in text:
        kind = kinds[ord(character)]
        if character.isspace():
            out, alone = [*out, ""], False
        elif unicodedata.category(character)[0] in "PSC":
            continue
        else:
            if kind == UNSPACED or (alone and kind != MARK):
                out = [*out, ""]
                alone = False
            out[-1] += character.lower()[:1]
            alone = alone or kind == UNSPACED
    return [word for word in out if word]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(string.printable, max_size=80), max_size=8))
def test_of_ascii_they_are_the_janitors(texts):
    assert words(texts)[0] == [text.translate(JANITOR).split() for text in texts]


@settings(max_examples=300, deadline=None)
@given(st.lists(TEXTS, max_size=6))
def test_they_are_those_of_plain_python(texts):
    assert words(texts)[0] == [plainly(text) for text in texts]


def test_equal_words_have_equal_hashes_and_others_other_ones():
    (row,), found = words(["one One, two abcdefgh abcdefghi abcdefgh abcdefghi one"])
    by_word = {}
    for word, hashed in zip(row, found.hashes.tolist(), strict=True):
        by_word.setdefault(word, set()).add(hashed)
    assert all(len(hashes) == 1 for hashes in by_word.values())
    assert len(set.union(*by_word.values())) == len(by_word)


def test_what_grows_has_room():
    text = "Ⱥก" * 5000
    assert words([text])[0] == [["ⱥ", "ก"] * 5000]


def test_a_slice_and_bytes_that_are_no_utf8():
    texts = pa.array(["skipped", "One two", None, "three"])[1:]
    found = plain_words(strings(texts))
    assert found.offsets.tolist() == [0, 2, 2, 3]
    broken = plain_words(strings(pa.array([b"a\xff\xfeb \xe6\x97", b"c"], pa.binary())))
    assert (bytes(broken.data).decode(), broken.offsets.tolist()) == ("ab c ", [0, 1, 2])


def test_the_first_word_of_a_line_is_fresh():
    _, found = words(["one two\n - \n\nthree\r\nfour five"])
    assert found.fresh.tolist() == [True, False, True, True, False]
