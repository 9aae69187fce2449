"""A sample of contents that no cut of the data changes."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State
from engine.value import Z95, Value


@dataclass(frozen=True, eq=False)
class Sample(State):
    """The ``size`` distinct contents with the smallest hash, each with how many records have it.

    Whether a content is drawn depends on its hash alone: not on order, shard or worker. A content that is in the final sample
    was in every partial one that saw it, so its count is exact. Records with equal content are drawn together: weigh by count.

    >>> a = Sample.of(np.array([3, 1, 3], dtype=np.uint64), ["c", "a", "c"], size=2)
    >>> a.entries
    ((1, 1, 'a'), (3, 2, 'c'))
    """

    size: int = 1000
    entries: tuple[tuple[int, int, str], ...] = ()

    @classmethod
    def of(cls, hashes: NDArray[np.uint64], contents: Any, size: int = 1000) -> Self:
        """The sample of the records.

        Args:
            hashes: (n,) well mixed hashes of the contents.
            contents: indexed by position; read only where drawn. A string is what is kept.
            size: how many distinct contents to keep.
        """
        drawn, first, counts = np.unique(hashes, return_index=True, return_counts=True)
        entries = zip(drawn[:size].tolist(), first[:size].tolist(), counts[:size].tolist(), strict=True)
        return cls(size, tuple((key, count, str(contents[at])) for key, at, count in entries))

    def __add__(self, other: Self) -> "Self":
        if self.size != other.size:
            raise ValueError("samples of different sizes do not merge")
        merged = {key: (count, content) for key, count, content in self.entries}
        for key, count, content in other.entries:
            merged[key] = (merged.get(key, (0, content))[0] + count, content)
        return type(self)(self.size, tuple((key, *merged[key]) for key in sorted(merged)[: self.size]))

    @property
    def records(self) -> int:
        """How many records the drawn contents stand for."""
        return sum(count for _, count, _ in self.entries)


def estimate(scores: NDArray[Any], counts: NDArray[np.int64], complete: bool, most: float = math.inf) -> Value:
    """The mean of scores (at least 0, at most ``most``) weighted by copies, with the linearised interval of a ratio.

    The contents are drawn, their copies come along. It is exact where the sample is all there is.

    >>> estimate(np.array([1.0, 0.0]), np.array([3, 1]), complete=True).value
    0.75
    """
    records, n = int(counts.sum()), len(counts)
    mean = min(most, math.fsum(scores * counts) / records)
    if complete or n < 2:
        return Value.exact(mean, records)
    spread = float(((counts * (scores - mean)) ** 2).sum()) * n / (n - 1)
    half = Z95 * math.sqrt(spread) / records
    return Value(mean, records, max(0.0, mean - half), min(most, mean + half), estimator="sample")
