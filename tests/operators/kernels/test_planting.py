"""Edited copies against the same rule in plain Python over strings."""

import re
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.planting import draw, edited

FEW = st.text("ab \n\u3000é語日ก\x00.", max_size=14)
SEED = st.integers(0, 2**64 - 1)
PIECES = re.compile(r"[日語ก]|[^\s\x00-\x20日語ก]+")
"""The words of texts of the letters in `FEW`, without the kernel's table of characters."""


def splitmix(seed, i):
    z = (seed + (i + 1) * 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def fates_in_python(words, rate, seed):
    count = len(words)
    chosen = {i for i in range(count) if (splitmix(seed, 2 * i) >> 11) / 2**53 < rate}
    if count and not chosen:
        chosen = {splitmix(seed, 2 * count) % count}
    fates, dropped = {}, 0
    for i in sorted(chosen):
        how, place = splitmix(seed, 2 * i + 1) % 3, splitmix(seed, 2 * i + 1) // 3
        other = words[(i + 1 + place % (count - 1)) % count] if count > 1 else words[i]
        if how == 0 and dropped < count - 1:
            fates[i], dropped = [], dropped + 1
        elif how == 1 and other != words[i]:
            fates[i] = [other]
        else:
            fates[i] = [words[i]] * 2
    return fates


def in_python(text, rate, seed):
    found = list(PIECES.finditer(text))
    words = [match.group() for match in found]
    fates = fates_in_python(words, rate, seed)
    out = text[: found[0].start()] if found else text
    for i, match in enumerate(found):
        if fates.get(i) == []:
            continue
        for word in fates.get(i, [words[i]]):
            grows_together = out and PIECES.match(word) and len(PIECES.findall(out + word)) == len(PIECES.findall(out))
            out += " " * bool(grows_together) + word
        out += text[match.end() : found[i + 1].start() if i + 1 < len(found) else len(text)]
    return out


def copies(texts, rates, seeds):
    return edited(pa.array(texts, pa.string()), np.array(rates, np.float64), np.array(seeds, np.uint64)).to_pylist()


@given(st.lists(st.tuples(st.none() | FEW, st.floats(0, 1), SEED), min_size=1, max_size=6))
def test_against_plain_python(rows):
    texts, rates, seeds = zip(*rows, strict=True)
    expected = [None if text is None else in_python(text, rate, seed) for text, rate, seed in rows]
    assert copies(texts, rates, seeds) == expected


def test_golden_values():
    text = "The quick brown fox jumps over the lazy dog. 敏捷的棕色狐狸"
    assert copies([text] * 4, [0.0, 0.1, 0.3, 1.0], [1, 2, 3, 2**64 - 1]) == [
        "The quick brown fox jumps over the lazy dog. 敏捷的棕色色狐狸",
        "The quick brown fox jumps over the lazy dog. 敏捷捷的棕色狐狐狸",
        "quick 的 quick jumps over the lazy dog. quick捷的棕色色狐狸",
        "the fox fox 棕 brown quick brown 敏敏的的色色狸狸",
    ]


def test_draws_are_splitmix64s():
    """The first outputs from 1234567, as the reference implementation (Vigna, prng.di.unimi.it) gives them."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    with np.errstate(over="ignore"):
        assert [int(draw.py_func(np.uint64(1234567), i)) for i in range(3)] == expected
    assert expected == [splitmix(1234567, i) for i in range(3)]


@given(FEW | st.text(max_size=12), st.floats(0, 1), SEED)
def test_at_least_one_edit_where_there_is_a_word(text, rate, seed):
    assert (copies([text], [0.0], [seed]) == [text]) == (not any(c > " " and not c.isspace() for c in text))
    assert bool(copies([text], [rate], [seed])[0].split()) == bool(text.split())


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.5])
def test_the_rate_and_the_kinds_of_edits(rate):
    words = [f"w{i}" for i in range(1000)]
    dropped = doubled = substituted = 0
    for copy in copies([" ".join(words)] * 50, [rate] * 50, range(50)):
        edits = copy.split()
        assert set(edits) <= set(words)
        twice = sum(a == b for a, b in pairwise(edits))
        dropped, doubled = dropped + 1000 + twice - len(edits), doubled + twice
        substituted += sum(edits.count(word) == 0 for word in words) - (1000 + twice - len(edits))
    for seen in (dropped, doubled, substituted):
        assert seen / 50_000 == pytest.approx(rate / 3, rel=0.12 if rate < 0.5 else 0.35)


def test_a_copy_depends_on_its_own_text_and_seed_alone():
    texts, rates, seeds = [f"a{i} b c d e f g h" for i in range(40)] + [None], np.full(41, 0.3), np.arange(41, dtype=np.uint64)
    whole = edited(pa.array(texts), rates, seeds)
    assert whole.type == pa.large_string()
    assert edited(pa.array(texts, pa.large_string())[7:19], rates[7:19], seeds[7:19]).to_pylist() == whole.to_pylist()[7:19]
    assert len({copy[3:] for copy in whole.to_pylist()[:10]}) > 5
    whole.validate(full=True)


def test_no_texts_and_no_words():
    assert copies([], [], []) == []
    assert copies(["", " \n\u3000", None], [1.0] * 3, [0] * 3) == ["", " \n\u3000", None]


def test_bytes_that_are_not_utf8_stay_as_they_are():
    text = b"ab \xff\xfe cd \xe8\xaa"
    broken = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(np.array([0, len(text)], np.int32)), pa.py_buffer(text)])
    for seed in range(20):
        copy = edited(broken, np.array([0.5]), np.array([seed], np.uint64)).cast(pa.large_binary())[0].as_py()
        assert set(copy.split()) <= set(text.split())
