"""What passes between the reading of a format and `engine.source.read`: a run of records, and what is wanted of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.errors import ShardFault
from engine.schema import RECORD_TEXT


@dataclass(frozen=True)
class Want:
    """A logical column: its type, and the dataset's own columns that it is made of (for a row: its fields)."""

    name: str
    type: pa.DataType
    origin: tuple[str, ...]

    @property
    def is_row(self) -> bool:
        """Whether it is the struct of a table's columns."""
        return bool(pa.types.is_struct(self.type))

    @property
    def is_record(self) -> bool:
        """Whether it is the record's own text."""
        return self.origin == (RECORD_TEXT,)


Wants = tuple[Want, ...]


@dataclass(frozen=True)
class Block:
    """Logical columns of ``rows`` records, and the causes of those that cannot be read."""

    rows: int
    columns: Mapping[str, pa.Array]
    faults: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spans:
    """Records as ranges of bytes; one that could not be taken in has an empty range and a fault."""

    data: bytes
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    faults: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The data as an array."""
        return np.frombuffer(self.data, np.uint8)

    def select(self, mask: NDArray[np.bool_]) -> "Spans":
        """Those where the mask is true; the others' faults are forgotten."""
        kept = np.flatnonzero(mask)
        faults = {row: self.faults[int(old)] for row, old in enumerate(kept) if int(old) in self.faults} if self.faults else {}
        return Spans(self.data, self.starts[kept], self.ends[kept], faults)


def refuse_other_table(wants: Wants, names: Iterable[str], url: str) -> None:
    """Raise where a row is wanted and the shard lacks some of its columns: it is another table, not a row of nulls.

    Raises:
        ShardFault: names the columns.
    """
    there = set(names)
    lacking = [name for want in wants if want.is_row for name in want.origin if name not in there]
    if lacking:
        shown = ", ".join(lacking[:5]) + (", ..." if len(lacking) > 5 else "")
        raise ShardFault(url, f"lacks {len(lacking)} of the row's columns, which the first shard has: {shown}")


def gather(data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.Array:
    """Ascending ranges of ``data`` as a binary array.

    >>> gather(b"ab,cd", np.array([0, 3]), np.array([2, 5])).to_pylist()
    [b'ab', b'cd']
    """
    if len(starts) == 0:
        return pa.array([], pa.large_binary())
    bounds = np.column_stack((starts, ends)).astype(np.int64).reshape(-1)
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    both = pa.Array.from_buffers(pa.large_binary(), len(bounds) - 1, buffers)
    return both.take(pa.array(np.arange(0, len(bounds) - 1, 2)))


def blanked(array: pa.Array, rows: Mapping[int, str]) -> pa.Array:
    """The array with nulls in some rows."""
    if not rows:
        return array
    index = np.arange(len(array))
    mask = np.zeros(len(array), np.bool_)
    mask[list(rows)] = True
    return array.take(pa.array(index, mask=mask))
