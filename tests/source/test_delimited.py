"""CSV against Python's own reader, whatever the cells and the block size."""

import csv
import io

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.source import delimited
from engine.source.block import Want
from engine.source.dataset import Limits

WANTS = tuple(Want(name, pa.string(), (name,)) for name in ("a", "b"))
CELLS = st.text(st.sampled_from('x,"\n\r é'), max_size=6)


class Bytes:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        piece, self.data = self.data[:size], self.data[size:]
        return piece


def parse(data, limits=None, block_bytes=1 << 20):
    rows, faults = [], []
    for block in delimited.blocks(Bytes(data), "x", "csv", WANTS, limits or Limits(), block_bytes):
        a, b = (block.columns[name].to_pylist() for name in ("a", "b"))
        faults += [block.faults.get(row) for row in range(block.rows)]
        rows += list(zip(a, b, strict=True))
    return rows, faults


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(6, 60))
@settings(max_examples=300, deadline=None)
def test_equals_the_standard_reader(cells, end, quote_all, block_bytes):
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if quote_all or end == "\n" else csv.QUOTE_MINIMAL  # which leaves a lone CR bare with "\n"
    writer = csv.writer(out, lineterminator=end, quoting=quoting)
    writer.writerows([("a", "b"), *cells])
    reference = [tuple(cell or None for cell in row) for row in list(csv.reader(io.StringIO(out.getvalue(), newline="")))[1:]]
    rows, faults = parse(out.getvalue().encode(), block_bytes=block_bytes)
    assert rows == reference == [(a or None, b or None) for a, b in cells]
    assert not any(faults)


def test_rows_with_another_number_of_fields_are_faults():
    rows, faults = parse(b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert rows == [("1", "2"), (None, None), (None, None), ("7", "8")]
    assert faults == [
        None,
        "malformed CSV: 1 fields where the header has 2",
        "malformed CSV: 3 fields where the header has 2",
        None,
    ]


def test_an_open_quote_costs_its_line_only():
    rows, faults = parse(b'a,b\n1,2\n"3,4\n5,6\n7,8\n')
    assert rows == [("1", "2"), (None, None), ("5", "6"), ("7", "8")]
    assert faults[1] == "malformed CSV: a quote is not closed"


def test_text_after_a_closing_quote_is_a_fault():
    rows, faults = parse(b'a,b\n"he said "hi"",2\n3,4\n')
    assert rows == [(None, None), ("3", "4")]
    assert faults[0] == "malformed CSV: text after a closing quote"


def test_a_row_that_is_not_utf8_is_a_fault():
    rows, faults = parse(b"a,b\n1,caf\xe9\n3,4\n")
    assert rows == [(None, None), ("3", "4")]
    assert faults[0] == "wrong encoding: column 'b' is not UTF-8 at byte 4"


def test_a_long_row_is_a_fault_and_is_not_held():
    data = b"a,b\n1,2\n" + b"x" * 500_000 + b",y\n3,4\n"
    rows, faults = parse(data, Limits(record_bytes=1000), block_bytes=4096)
    assert rows == [("1", "2"), (None, None), ("3", "4")]
    assert faults[1] == "a row of 500,002 bytes is longer than limits.record_bytes = 1,000"


def test_lone_carriage_returns_end_rows():
    assert parse(b"a,b\r1,2\r3,4")[0] == [("1", "2"), ("3", "4")]


def test_names_are_made_unique():
    assert delimited.names_of(b"a,,a,b\n", "csv", "x") == (["a", "column_1", "a.2", "b"], ",")
