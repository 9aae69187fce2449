"""A sample of vectors that no cut of the data changes."""

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.state.codec import State


@dataclass(frozen=True, eq=False)
class VectorSample(State):
    """The ``size`` distinct vectors with the smallest hash: how many records have each, and the first of these.

    Whether a vector is drawn depends on its hash alone, not on order, shard or worker. Records with equal vectors are drawn
    together: weigh by ``counts``. All arrays are in order of ``hashes``.

    Args:
        size: how many distinct vectors to keep.
        hashes: (m,) well mixed.
        counts: (m,) records that have the vector.
        ids: (m,) the smallest id among them.
        vectors: (m, d) float16.
        labelled: of how many, at most, something is kept to show.
        labels: (min(m, labelled),) what to show of the record: some strings.

    >>> one = VectorSample.of(2, np.uint64([3, 1, 3]), np.array([7, 8, 9]), np.float16([[1, 0], [0, 1], [1, 0]]))
    >>> (one + one).counts.tolist(), one.ids.tolist(), one.vectors.tolist()
    ([2, 4], [8, 7], [[0.0, 1.0], [1.0, 0.0]])
    """

    size: int
    hashes: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    counts: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    vectors: NDArray[np.float16] = field(default_factory=lambda: np.empty((0, 0), np.float16))
    labelled: int = 0
    labels: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(
        cls,
        size: int,
        hashes: NDArray[np.uint64],
        ids: NDArray[np.int64],
        vectors: NDArray[Any],
        labelled: int = 0,
        labels: Any = None,
    ) -> Self:
        """The sample of some records.

        Args:
            size: how many distinct vectors to keep.
            hashes: (n,) of the vectors.
            ids: (n,) of the records.
            vectors: (n, d), all of them float16 numbers.
            labelled: of how many to keep a label.
            labels: strings, indexed by position; read only where kept.
        """
        order = np.lexsort((ids, hashes))
        drawn, first, counts = np.unique(hashes[order], return_index=True, return_counts=True)
        at = order[first[:size]]
        said = tuple(tuple(labels[one]) for one in at[:labelled].tolist())
        kept = vectors[at].astype(np.float16)
        return cls(size, drawn[:size], counts[:size].astype(np.int64), ids[at], kept, labelled, said)

    def __add__(self, other: Self) -> "Self":
        if (self.size, self.labelled) != (other.size, other.labelled):
            raise ValueError("samples of different sizes do not merge")
        if not len(self.ids) or not len(other.ids):
            return self if len(self.ids) else other
        if self.vectors.shape[1] != other.vectors.shape[1]:
            raise ValueError("samples of vectors of other dimensions do not merge")
        hashes, ids = np.concatenate([self.hashes, other.hashes]), np.concatenate([self.ids, other.ids])
        order = np.lexsort((ids, hashes))
        drawn, first = np.unique(hashes[order], return_index=True)
        counts = np.add.reduceat(np.concatenate([self.counts, other.counts])[order], first)
        at = order[first[: self.size]]
        n = len(self.ids)  # who is among the first of both was among the first of its own
        labels = tuple(self.labels[i] if i < n else other.labels[i - n] for i in at[: self.labelled].tolist())
        vectors = np.concatenate([self.vectors, other.vectors])[at]
        return type(self)(self.size, drawn[: self.size], counts[: self.size], ids[at], vectors, self.labelled, labels)

    @property
    def records(self) -> int:
        """How many records the drawn vectors stand for."""
        return int(self.counts.sum())

    @property
    def complete(self) -> bool:
        """Whether these are all vectors that there were."""
        return len(self.ids) < self.size
