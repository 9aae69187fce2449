"""Every line belongs to exactly one unit, whatever the cut, the block size and the line ends."""

from contextlib import contextmanager

import numpy as np
import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.source import elements
from engine.source.block import gather
from engine.source.dataset import Limits
from engine.source.lines import lines

RAW_LINES = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"").replace(b"\r", b"")), max_size=12)


class Bytes:
    """A stream over bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        piece, self.data = self.data[:size], self.data[size:]
        return piece


@contextmanager
def from_byte(data, start):
    yield Bytes(data[max(0, start - 1) :])


def collect(spans_list):
    found = []
    for spans in spans_list:
        values = gather(spans.data, spans.starts, spans.ends).to_pylist()
        found += [spans.faults.get(row, value) for row, value in enumerate(values)]
    return found


def in_units(data, limits, unit_bytes, block_bytes):
    found = []
    for start in range(0, max(1, len(data)), unit_bytes):
        with from_byte(data, start) as stream:
            found += collect(lines(stream, limits, start, min(start + unit_bytes, len(data)), block_bytes))
    return found


@given(RAW_LINES, st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.integers(1, 40), st.integers(1, 40))
@example([b"a", b"b"], b"\n", True, 2, 1)
@settings(max_examples=300, deadline=None)
def test_each_line_is_in_one_unit(raw, end, ended, unit_bytes, block_bytes):
    data = end.join(raw) + (end if ended else b"")
    expected = [line for line in raw if any(byte > 32 for byte in line)]
    if data.startswith(b"\xef\xbb\xbf"):
        return
    assert in_units(data, Limits(), unit_bytes, block_bytes) == expected


@given(st.lists(st.integers(1, 30), max_size=10), st.booleans(), st.integers(1, 20), st.integers(1, 50), st.integers(1, 60))
@settings(max_examples=300, deadline=None)
def test_a_long_line_is_one_fault_in_its_place(sizes, ended, limit, unit_bytes, block_bytes):
    raw = [bytes([97 + index]) * size for index, size in enumerate(sizes)]
    data = b"\n".join(raw) + (b"\n" if ended and raw else b"")
    limits = Limits(record_bytes=limit)
    expected = [
        line if len(line) <= limit else f"a line of {len(line)} bytes is longer than limits.record_bytes = {limit}"
        for line in raw
    ]
    assert in_units(data, limits, unit_bytes, block_bytes) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=8), st.sampled_from([None, 1]), st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_elements_of_an_array_whatever_the_blocks(values, indent, block_bytes):
    document = orjson.dumps(values, option=orjson.OPT_INDENT_2 if indent else None) + b"\n "
    found = collect(elements.records(Bytes(document), "x", Limits(), block_bytes))
    assert [orjson.loads(text) for text in found] == values


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.integers(2, 20), st.integers(1, 30))
@settings(max_examples=200, deadline=None)
def test_a_long_element_is_one_fault_in_its_place(sizes, limit, block_bytes):
    values = ["\\" * size for size in sizes]
    texts = [orjson.dumps(value) for value in values]
    found = collect(elements.records(Bytes(b"[" + b",".join(texts) + b"]"), "x", Limits(record_bytes=limit), block_bytes))
    assert [isinstance(item, bytes) for item in found] == [len(text) <= limit for text in texts]
    assert [item for item in found if isinstance(item, bytes)] == [text for text in texts if len(text) <= limit]


def test_gather_takes_ranges_with_gaps():
    assert gather(b"..ab..c", np.array([2, 5, 6]), np.array([4, 5, 7])).to_pylist() == [b"ab", b"", b"c"]
