"""Normalised texts against unicodedata, and what may not change."""

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.normalise import normalised

SPELLINGS = st.sampled_from(
    [*"aÀß,!-_$’“。+…\u0301\u0327\u1161\u1175\u11a8가\u1100\u212b\u2126\u0958\u09be\u09c7\uac00\U0001f600"]
)
TEXTS = st.lists(SPELLINGS, max_size=20).map("".join) | st.text(max_size=20)


def known(text):
    return "".join(c for c in text if unicodedata.category(c) != "Cn")


@given(st.lists(TEXTS.map(known) | st.none(), max_size=8))
def test_unicode_is_nfc(texts):
    expected = [None if text is None else unicodedata.normalize("NFC", text) for text in texts]
    assert normalised(pa.array(texts, pa.string()), {"unicode"}).to_pylist() == expected


@given(st.lists(TEXTS.map(known), max_size=4))
def test_canonically_equivalent_texts_become_the_same(texts):
    spellings = [[unicodedata.normalize(form, text) for text in texts] for form in ("NFC", "NFD")]
    composed, decomposed = (normalised(pa.array(s, pa.string()), {"unicode", "case", "punctuation"}) for s in spellings)
    assert composed.equals(decomposed)


@given(st.lists(TEXTS | st.none(), max_size=8))
def test_punctuation_becomes_a_space_a_character(texts):
    expected = [None if t is None else "".join(" " if unicodedata.category(c)[0] in "PS" else c for c in t) for t in texts]
    assert normalised(pa.array(texts, pa.string()), {"punctuation"}).to_pylist() == expected


def test_case_is_that_of_each_letter():
    assert normalised(pa.array(["ÀÉ ΑΣ Straße ДЖ", None]), {"case"}).to_pylist() == ["àé ας straße дж".replace("ς", "σ"), None]


@given(st.lists(TEXTS | st.none(), max_size=8), st.integers(0, 8), st.sets(st.sampled_from(["case", "punctuation", "unicode"])))
def test_types_and_slices_do_not_matter(texts, start, ignore):
    array = pa.array(texts, pa.string())
    whole = normalised(array, ignore)
    whole.validate(full=True)
    assert whole.type == pa.string()
    assert normalised(array[start:], ignore).equals(whole[start:])
    wide = normalised(array.cast(pa.large_string()), ignore)
    assert wide.type == pa.large_string()
    assert wide.cast(pa.string()).equals(whole)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_bytes_that_are_no_text_become_replacement_characters(kind):
    binary = pa.binary() if kind == pa.string() else pa.large_binary()
    broken = pa.array([b"Fine", b"A\xff\xe8\xaa", None, b"\xed\xa0\x80"], binary).view(kind)
    expected = ["fine", "a\ufffd\ufffd", None, "\ufffd\ufffd\ufffd"]
    assert normalised(broken, ["case", "unicode"]).to_pylist() == expected
    assert normalised(broken, ()).view(binary).to_pylist() == broken.view(binary).to_pylist()


def test_what_cannot_be_ignored_is_refused():
    with pytest.raises(ValueError, match="not colour, size"):
        normalised(pa.array(["a"]), {"size", "case", "colour"})
