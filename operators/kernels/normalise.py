"""Texts with what a comparison should not see taken away: case, punctuation, or how Unicode spells a character."""

import unicodedata
from collections.abc import Collection
from functools import cache
from typing import Any, Literal

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.buffers import strings
from operators.kernels.codepoints import CODE_POINTS, decode

Ignored = Literal["case", "punctuation", "unicode"]

_JAMO = (range(0x1161, 0x1176), range(0x11A8, 0x11C3))


def normalised(texts: pa.Array, ignore: Collection[Ignored]) -> pa.Array:
    """The texts without the differences in ``ignore``; nulls stay null, and the type stays.

    - unicode: canonically equivalent texts become the same (NFC; Unicode Annex 15).
    - case: letters become lower case, each by its own simple mapping.
    - punctuation: every character of the categories P and S becomes one space.

    Bytes that are no UTF-8 become U+FFFD first. Cost of unicode and punctuation: a pass over the bytes each; a text that
    has combining marks or the like is normalised at about 90 MB/s.

    >>> normalised(pa.array(["Cafe\\u0301 – Bar!", None]), {"case", "unicode", "punctuation"}).to_pylist()
    ['café   bar ', None]
    """
    if unknown := set(ignore) - {"case", "punctuation", "unicode"}:
        raise ValueError(f"what can be ignored is case, punctuation and unicode, not {', '.join(sorted(unknown))}")
    texts = _readable(texts) if ignore else texts
    if "unicode" in ignore:
        texts = _composed(texts)
    if "case" in ignore:
        texts = pc.utf8_lower(texts)
    return _without_punctuation(texts) if "punctuation" in ignore else texts


def _readable(texts: pa.Array) -> pa.Array:
    """The texts, which Arrow's own functions refuse all together for one wrong byte."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        wide = pa.types.is_large_string(texts.type)
        rows = texts.cast(pa.large_binary() if wide else pa.binary()).to_pylist()
        return pa.array([None if row is None else row.decode(errors="replace") for row in rows], texts.type)
    return texts


@cache
def _unsettled_characters() -> NDArray[np.bool_]:
    """The code points that NFC may change or join to the one before; those that this Python does not know among them."""
    unsettled = np.ones(CODE_POINTS, np.bool_)
    known = [c for c in map(chr, range(CODE_POINTS)) if unicodedata.category(c) not in ("Cn", "Co", "Cs")]
    unsettled[[ord(c) for c in known if unicodedata.is_normalized("NFC", c) and not unicodedata.combining(c)]] = False
    parts = [unicodedata.decomposition(c).split() for c in known]
    unsettled[[int(part[1], 16) for part in parts if len(part) == 2 and part[0][0] != "<"]] = True
    unsettled[[code for jamo in _JAMO for code in jamo]] = True
    return unsettled


@nb.njit(nogil=True, cache=True)
def _unsettled_texts(offsets: Any, data: Any, unsettled: Any) -> Any:
    """Which texts have an unsettled character; none is below U+0300, whose first byte is 0xCC."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    for i in range(len(found)):
        at, stop = offsets[i], offsets[i + 1]
        while at < stop:
            if data[at] < 0xCC:
                at += 1
                continue
            code, width = decode(data, at, stop)
            if unsettled[code]:
                found[i] = True
                break
            at += width
    return found


def _composed(texts: pa.Array) -> pa.Array:
    spans = strings(texts)
    unsettled = pa.array(_unsettled_texts(spans.offsets, spans.data, _unsettled_characters()))
    if not unsettled.true_count:
        return texts
    return pc.replace_with_mask(texts, unsettled, pc.utf8_normalize(texts.filter(unsettled), "NFC"))


@cache
def _punctuation() -> NDArray[np.bool_]:
    return np.array([unicodedata.category(chr(code))[0] in "PS" for code in range(CODE_POINTS)])


@nb.njit(nogil=True, cache=True)
def _blank(offsets: Any, data: Any, marks: Any) -> Any:
    """The texts with a space for each marked character: their offsets and bytes."""
    bounds, out = np.zeros(len(offsets), np.int64), np.empty(offsets[-1] - offsets[0], np.uint8)
    end = 0
    for i in range(len(offsets) - 1):
        at, stop = offsets[i], offsets[i + 1]
        while at < stop:
            byte = data[at]
            if byte < 0x80:
                out[end] = 0x20 if marks[byte] else byte
                at += 1
                end += 1
                continue
            code, width = decode(data, at, stop)
            if marks[code]:
                out[end] = 0x20
                end += 1
            else:
                for j in range(at, at + width):
                    out[end] = data[j]
                    end += 1
            at += width
        bounds[i + 1] = end
    return bounds, out[:end]


def _without_punctuation(texts: pa.Array) -> pa.Array:
    spans = strings(texts)
    bounds, data = _blank(spans.offsets, spans.data, _punctuation())
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    valid = pa.array(spans.valid).buffers()[1]
    return pa.Array.from_buffers(texts.type, len(texts), [valid, pa.py_buffer(bounds.astype(width)), pa.py_buffer(data)])
