"""Small changes to texts that should change no verdict: to each text in its own way, and always the same.

What becomes of a character is drawn from a hash of its text and its place, so it does not depend on batch, order or worker.
"""

import re
from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.hashing import hash_array
from operators.kernels.traits import ALPHABETIC, character_traits

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOK_ALIKES = dict(zip("acdehijopsxyABCEHIKMOPSTXZ", "асԁеһіјорѕхуАВСЕНІКМОРЅТХΖ", strict=True))
_REPLACED = 0.1
_STEP = np.uint64(0x9E3779B97F4A7C15)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(\s+)|[。！？]+(\s*)|(\n+)")
_PRESSED, _SWAPPED = 0, 1


class Characters(NamedTuple):
    """The code points of ``n`` texts: those of text ``i`` are ``offsets[i]`` to ``offsets[i + 1]``. Each has its seed."""

    offsets: NDArray[np.int64]
    codes: NDArray[np.uint32]
    seeds: NDArray[np.uint64]

    def draws(self, stream: int) -> NDArray[np.float64]:
        """A number in [0, 1) for every character, by its text, its place and the stream."""
        sizes = np.diff(self.offsets)
        places = np.arange(len(self.codes)) - np.repeat(self.offsets[:-1], sizes)
        drawn = _mixed(np.repeat(self.seeds, sizes) + (places.astype(np.uint64) * np.uint64(4) + np.uint64(stream)) * _STEP)
        return (drawn >> np.uint64(11)) / 2.0**53

    def texts(self, codes: NDArray[np.uint32], kept: NDArray[Any]) -> pa.Array:
        """The texts of other codes, of which ``kept[i]`` stand for character ``i`` of these."""
        ends = np.concatenate([[0], np.cumsum(kept)])[self.offsets]
        pieces = [codes[a:b].astype("<u4").tobytes() for a, b in pairwise(ends)]
        return pa.array([piece.decode("utf-32-le") for piece in pieces], pa.large_string())


def characters(texts: pa.Array) -> Characters:
    """The characters of texts, of which none is null."""
    encoded = [text.encode("utf-32-le") for text in texts.to_pylist()]
    offsets = np.concatenate([[0], np.cumsum([len(text) // 4 for text in encoded], dtype=np.int64)])
    return Characters(offsets, np.frombuffer(b"".join(encoded), "<u4"), hash_array(texts)[:, 1])


def spaces(texts: pa.Array) -> pa.Array:
    """Half of the spaces doubled, and a space put before half of the line feeds.

    >>> spaces(pa.array(["to be or not to be"])).to_pylist()
    ['to  be or not to be']
    """
    of = characters(texts)
    widened = ((of.codes == ord(" ")) | (of.codes == ord("\n"))) & (of.draws(0) < 0.5)
    kept = 1 + widened
    codes = np.repeat(of.codes, kept)
    codes[(np.cumsum(kept) - kept)[widened]] = ord(" ")
    return of.texts(codes, kept)


def typos(texts: pa.Array, share: float) -> pa.Array:
    """A share of the letters mistyped: a neighbour on the keyboard instead, the next letter first, or nothing, as often.

    A letter that no QWERTY keyboard has, or that no letter follows to swap with, is left out.

    >>> typos(pa.array(["the quick brown fox jumps over the lazy dog"]), 0.1).to_pylist()
    ['the qiuck brown fox jumps over the lazy dog']
    """
    of = characters(texts)
    letter = (character_traits()[of.codes] & ALPHABETIC) != 0
    wrong, kind = letter & (of.draws(0) < share), (of.draws(1) * 3).astype(np.int64)
    begins = np.isin(np.arange(1, len(letter) + 1), of.offsets)
    follows = np.append(letter[1:] & ~wrong[1:], False)[: len(letter)] & ~begins
    beside = _beside(of.codes, of.draws(2))
    pressed = wrong & (kind == _PRESSED) & (beside != of.codes)
    swapped = np.flatnonzero(wrong & (kind == _SWAPPED) & follows)
    codes = np.where(pressed, beside, of.codes)
    codes[swapped], codes[swapped + 1] = of.codes[swapped + 1], of.codes[swapped]
    dropped = wrong & ~pressed
    dropped[swapped] = False
    return of.texts(codes[~dropped], ~dropped)


def confusables(texts: pa.Array) -> pa.Array:
    """One in ten of the Latin letters that have a Cyrillic or Greek look-alike replaced by it (Unicode UTS 39).

    >>> [name for name in map(ascii, confusables(pa.array(["open access"])).to_pylist())]
    ["'open a\\\\u0441cess'"]
    """
    of = characters(texts)
    replaced = of.draws(0) < _REPLACED
    table = _look_alikes()
    alike = np.where(of.codes < len(table), table[np.minimum(of.codes, len(table) - 1)], of.codes)
    return of.texts(np.where(replaced, alike, of.codes), np.ones(len(of.codes), np.int64))


def sentence_order(texts: pa.Array) -> pa.Array:
    """The sentences of each text in another order; the white space between them stays where it is.

    >>> sentence_order(pa.array(["It is 3.5 km. Walk!\\nOr stay"])).to_pylist()
    ['Walk! Or stay\\nIt is 3.5 km.']
    """
    found = zip(texts.to_pylist(), hash_array(texts)[:, 1], strict=True)
    return pa.array([_reordered(text, seed) for text, seed in found], pa.large_string())


PERTURBATIONS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "lower_case": pc.utf8_lower,
    "upper_case": pc.utf8_upper,
    "spaces": spaces,
    "typos_1_percent": partial(typos, share=0.01),
    "typos_5_percent": partial(typos, share=0.05),
    "confusables": confusables,
    "sentence_order": sentence_order,
}


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Splitmix64's finaliser (Steele et al. 2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def _reordered(text: str, seed: np.uint64) -> str:
    ends = [match.span(match.lastindex or 0) for match in _SENTENCE_END.finditer(text)]
    starts = [0, *(end for _, end in ends)]
    sentences = [text[a:b] for a, b in zip(starts, [*(start for start, _ in ends), len(text)], strict=True)]
    between = [text[a:b] for a, b in ends]
    filled = [at for at, sentence in enumerate(sentences) if sentence]
    order = np.argsort(_mixed(seed + np.arange(len(filled), dtype=np.uint64) * _STEP), kind="stable")
    if (np.diff(order) > 0).all():
        order = order[::-1]
    moved = dict(zip(filled, [sentences[filled[at]] for at in order.tolist()], strict=True))
    return "".join(moved.get(at, "") + space for at, space in enumerate([*between, ""]))


@cache
def _keys() -> NDArray[np.uint32]:
    """(128, 2) the keys to the left and right of each ASCII letter; at an end of the row the one that there is."""
    keys = np.repeat(np.arange(128, dtype=np.uint32), 2).reshape(128, 2)
    for row in (*_KEYBOARD, *(row.upper() for row in _KEYBOARD)):
        for at, key in enumerate(row):
            keys[ord(key)] = ord(row[at - 1 if at else 1]), ord(row[at + 1 if at + 1 < len(row) else at - 1])
    return keys


def _beside(codes: NDArray[np.uint32], draws: NDArray[np.float64]) -> NDArray[np.uint32]:
    pair = _keys()[np.minimum(codes, 127)]
    return np.where(codes < 128, np.where(draws < 0.5, pair[:, 0], pair[:, 1]), codes)


@cache
def _look_alikes() -> NDArray[np.uint32]:
    table = np.arange(128, dtype=np.uint32)
    table[[ord(letter) for letter in _LOOK_ALIKES]] = [ord(alike) for alike in _LOOK_ALIKES.values()]
    return table
