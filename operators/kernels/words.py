"""Where the words of a text are, in numba over UTF-8 buffers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from operators.kernels.buffers import Strings, lists
from operators.kernels.codepoints import APOSTROPHE, LETTER, MARK, SPACE, character_kinds, decode
from operators.kernels.hashing import C1, C2, mix, murmur3, rotl, word_at

WORD = pa.struct([("hash", pa.uint64()), ("start", pa.int32()), ("end", pa.int32())])
WORDS = pa.list_(WORD)


class WordSpans(NamedTuple):
    """The words of ``n`` texts: those of text ``i`` are ``offsets[i]`` to ``offsets[i + 1]``.

    ``starts`` and ``ends`` are byte offsets from the start of the word's own text; ``hashes`` are of the bytes between.
    """

    offsets: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


@nb.njit(nogil=True, cache=True)
def _split(offsets: Any, data: Any, kinds: Any, bounds: Any, starts: Any, ends: Any) -> Any:
    """Fill ``starts`` and ``ends`` as far as they reach and return how many words there are: called twice, first to count.

    One flat loop, since numba counts references of arrays at every call: five times slower with functions in it.
    """
    n, room = 0, len(starts)
    for i in range(len(offsets) - 1):
        first, at, stop = offsets[i], offsets[i], offsets[i + 1]
        while at < stop:
            start = at
            code, size = decode(data, at, stop)
            at += size
            kind = kinds[code]
            if kind == SPACE:
                continue
            in_run = kind >= LETTER
            while at < stop:
                code, size = decode(data, at, stop)
                kind = kinds[code]
                if kind < LETTER and in_run and kind == APOSTROPHE and at + size < stop:
                    code, after = decode(data, at + size, stop)
                    kind, size = kinds[code], size + after
                if kind != MARK and not (kind == LETTER and in_run):
                    break
                at += size
            if n < room:
                starts[n], ends[n] = start - first, at - first
            n += 1
        bounds[i + 1] = n
    return n


@nb.njit(nogil=True, cache=True)
def _hash(offsets: Any, data: Any, bounds: Any, starts: Any, ends: Any) -> Any:
    """`murmur3`'s first half of each word; words of up to eight bytes, most of them, are read at once: twice as fast."""
    hashes = np.empty(len(starts), np.uint64)
    for i in range(len(offsets) - 1):
        for word in range(bounds[i], bounds[i + 1]):
            at, size = offsets[i] + starts[word], np.uint64(ends[word] - starts[word])
            if size > np.uint64(8) or at + 8 > len(data):
                hashes[word] = murmur3(data, at, offsets[i] + ends[word])[0]
                continue
            k = word_at(data, at) & (np.uint64(0xFFFFFFFFFFFFFFFF) >> (np.uint64(64) - (size << np.uint64(3))))
            h1 = (rotl(k * C1, 31) * C2 ^ size) + size
            hashes[word] = mix(h1) + mix(h1 + size)
    return hashes


def split_words(texts: Strings) -> WordSpans:
    """The words of each text.

    A word is ``[LM]+(?:['’][LM]+)*|[US'’]M*`` over kinds of characters (`operators.kernels.codepoints`): a run of letters,
    digits, underscores and marks, with single apostrophes inside; or one character of a script written without spaces
    (Han, Kana, Thai, Lao, Khmer, Myanmar); or one symbol; the last two with their marks. Spaces are in no word.

    >>> from operators.kernels.buffers import strings
    >>> spans = split_words(strings(pa.array(["It's 日本, ok", ""])))
    >>> spans.offsets.tolist(), spans.starts.tolist(), spans.ends.tolist()
    ([0, 5, 5], [0, 5, 8, 11, 13], [4, 8, 11, 12, 15])
    """
    bounds, nowhere = np.zeros(len(texts.offsets), np.int64), np.empty(0, np.int32)
    n = _split(texts.offsets, texts.data, character_kinds(), bounds, nowhere, nowhere)
    starts, ends = np.empty(n, np.int32), np.empty(n, np.int32)
    _split(texts.offsets, texts.data, character_kinds(), bounds, starts, ends)
    return WordSpans(bounds, _hash(texts.offsets, texts.data, bounds, starts, ends), starts, ends)


def word_array(spans: WordSpans, valid: NDArray[np.bool_]) -> pa.ListArray:
    """The spans as a column of type `WORDS`, null where the text is."""
    words = pa.StructArray.from_arrays(
        [pa.array(spans.hashes), pa.array(spans.starts), pa.array(spans.ends)], fields=list(WORD)
    )
    return pa.ListArray.from_arrays(pa.array(spans.offsets, pa.int32()), words, mask=pa.array(~valid))


def word_spans(array: pa.ListArray) -> WordSpans:
    """The spans that a column of type `WORDS` holds, without copying words.

    >>> spans = WordSpans(np.array([0, 1]), np.array([7], np.uint64), np.array([0], np.int32), np.array([3], np.int32))
    >>> word_spans(word_array(spans, np.array([True]))).ends.tolist()
    [3]
    """
    hashes, starts, ends = (array.values.field(i).to_numpy() for i in range(3))
    return WordSpans(lists(array).offsets, hashes, starts, ends)
