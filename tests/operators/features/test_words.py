import re
import unicodedata

import mmh3
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from operators.features.words import Words
from operators.kernels import codepoints
from operators.kernels.words import word_spans

STRING = pa.string()
UNSPACED = re.compile(
    "CJK (UNIFIED|COMPATIBILITY) IDEOGRAPH|(HALFWIDTH )?KATAKANA|HIRAGANA|HENTAIGANA|THAI|LAO|KHMER|MYANMAR"
    "|IDEOGRAPHIC (ITERATION|CLOSING|NUMBER)|VERTICAL (IDEOGRAPHIC|KANA)|HANGZHOU NUMERAL|MASU MARK|OLD CHINESE"
)


def kind(character):
    """The class of a character, from its Unicode name and category, one at a time."""
    if character in "'’":
        return "'"
    if character.isspace():
        return "s"
    if unicodedata.category(character)[0] == "M" or character in "\u200c\u200d":
        return "M"
    if not character.isalnum() and character != "_":
        return "S"
    if not character.isdecimal() and UNSPACED.match(unicodedata.name(character, "")):
        return "U"
    return "L"


def reference(text):
    """Words as byte ranges: a regular expression over the string of classes."""
    kinds = "".join(map(kind, text))
    spans = [match.span() for match in re.finditer("[LM]+(?:'[LM]+)*|[US']M*", kinds)]
    at = np.cumsum([0] + [len(character.encode()) for character in text]).tolist()
    return [(at[start], at[end]) for start, end in spans]


def words(texts, column_type=STRING):
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, column_type)})
    return Words().open()(batch)["words"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=4))
@example(["don't ‘tis rock’n’roll a''b x' 'y"])
@example(["日本語テキスト、ไทยกำ ລາວ ខ្មែរ မြန်မာ ๑๒๓ e\u0301te\u0301 ❤️ 1️⃣ می\u200cخواهم हिन्दी"])
@example([""])
@example(["\u0301 a\u0301 ,\u0301\u0301b", "𝔘𝔫𝔦 👩‍👩‍👧 𠀀"])
def test_equals_a_regular_expression_over_character_classes(texts):
    found = words(texts).to_pylist()
    assert [[(w["start"], w["end"]) for w in row] for row in found] == [reference(text) for text in texts]
    for text, row in zip(texts, found, strict=True):
        for w in row:
            word = text.encode()[w["start"] : w["end"]]
            assert w["hash"] == mmh3.hash64(word, seed=0, signed=False)[0]


@settings(deadline=None)
@given(st.text(st.sampled_from("a_'’ .\n\u0301語กé٣\u200d\u00a0😀"), max_size=30))
def test_equals_the_reference_on_mixed_scripts(text):
    assert [(w["start"], w["end"]) for w in words([text]).to_pylist()[0]] == reference(text)


def test_every_assigned_character_has_the_class_of_its_name():
    kinds = codepoints.character_kinds()
    of = dict(zip("sS'ULM", range(6), strict=True))
    wrong = [
        hex(code)
        for code in range(codepoints.CODE_POINTS)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co") and kinds[code] != of[kind(chr(code))]
    ]
    assert wrong == []


def test_null_text_has_null_words_and_slices_are_respected():
    column = words(["a b", None, "c"], pa.large_string())
    assert [row if row is None else len(row) for row in column.to_pylist()] == [2, None, 1]
    batch = pa.RecordBatch.from_pydict({"text": pa.array(["skip me", "a bc", None])}).slice(1)
    assert [(w["start"], w["end"]) for w in Words().open()(batch)["words"].to_pylist()[0]] == [(0, 1), (2, 4)]
    assert words(["x" * 3] * 5000).to_pylist()[4999][0]["end"] == 3


def test_spans_of_a_sliced_column_are_its_own():
    spans = word_spans(words(["a b", "c", "d e f"]).slice(1))
    assert np.diff(spans.offsets).tolist() == [1, 3]
    assert spans.ends[spans.offsets[0] : spans.offsets[-1]].tolist() == [1, 1, 3, 5]


@pytest.mark.parametrize("data", [b"\xf0", b"a\xff\xfe", b"\xe3\x81", b"\x80\x80 b", b"\xf4\xbf\xbf\xbf", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_stay_inside_their_record(data):
    text = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)], np.int32)), pa.py_buffer(data + b"tail"))
    (row,) = Words().open()(pa.RecordBatch.from_arrays([text], ["text"]))["words"].to_pylist()
    assert row
    assert all(0 <= w["start"] < w["end"] <= len(data) for w in row)
