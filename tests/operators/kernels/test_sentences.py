import re

import numpy as np
import pyarrow as pa
import pytest

from operators.kernels.buffers import strings
from operators.kernels.sentences import sentences, spans
from operators.kernels.surface import surface

PIECES = [
    "Hello there.",
    "No",
    "3.5 km.",
    '"Go!"',
    "...",
    "Why?!",
    "(Yes.)",
    "e.g.",
    " ",
    "  ",
    "\n",
    "\r\n",
    "你好。",
    "「再见。」",
    "été",
    "\u2028",
]


def texts(n=300):
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(PIECES, rng.integers(0, 12))) + "".join(rng.choice(PIECES, 2)) for _ in range(n)]


def plainly(text):
    """Latin stops only: cut at line breaks, and at white space after stops and what closes after them."""
    lines = re.split("[\n\r\x0b\x0c\x85\u2028\u2029]", text)
    parts = [part for line in lines for part in re.split(r"(?<=[.!?])\s+|(?<=[.!?][\"')\]])\s+", line)]
    return [part.strip() for part in parts if any(map(str.isalnum, part))]


def test_by_hand():
    assert sentences(pa.array(["It cost $3.50. Dr. Lee paid.", " a\n\nb ", "1) x. 2) y"])) == [
        ["It cost $3.50.", "Dr.", "Lee paid."],
        ["a", "b"],
        ["1) x.", "2) y"],
    ]


def test_as_regular_expressions_cut():
    given = [text for text in texts(600) if not re.search("[。「]", text)]
    assert len(given) > 50
    assert sentences(pa.array(given)) == [plainly(text) for text in given]


def test_as_many_as_are_counted_and_nothing_but_space_is_lost():
    given = [*texts(), "", "x", ". . .", None]
    found = sentences(pa.array(given))
    assert [len(one) for one in found] == surface(strings(pa.array(given))).sentences.tolist()
    for text, one in zip(given, found, strict=True):
        left = text or ""
        for sentence in one:
            assert sentence == sentence.strip()
            assert sentence in left
            left = left.replace(sentence, "", 1)
        assert not any(map(str.isalnum, left))


def test_slices_and_large_strings():
    given = texts(20)
    assert sentences(pa.array(given, pa.large_string())[3:9]) == sentences(pa.array(given))[3:9]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, ". " * 50_000, "a. " * 30_000, "\u200b" * 30_000, "(" * 100_000, "。" * 30_000]
)
def test_spans_do_not_overlap(text):
    _, starts, stops = spans(strings(pa.array([text])))
    assert (starts < stops).all()
    assert (stops[:-1] <= starts[1:]).all()
