"""Search in one shard of the base, a run of units: exact, or by an index of FAISS with exact products in the end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.relation import Given, Piece, Task
from operators.kernels.nearest import NONE, Base, Nearest
from operators.neighbors.rows import Vectors, asked, found_rows, from_rows, sides, units_of, vectors_of

Kind = Literal["flat", "hnsw", "ivf_pq"]
Search = Callable[[NDArray[np.float32], int, NDArray[np.int64] | None], Nearest]
LINKS, BREADTH = 32, 64
"""Of an HNSW graph: links of a node, and candidates held while searching (Malkov and Yashunin 2018)."""
CODE_BYTES, AGAIN = 48, 10
"""Of product quantisation: bytes of a vector, and how many times k candidates are looked at again."""
PQ_LEAST = 10_000
"""With fewer vectors there is nothing to train codes on."""


@dataclass(frozen=True)
class SearchShard:
    """All queries against the units of one range."""

    kind: Kind
    k: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """The nearest of every query in this shard."""
        base = vectors_of(task, task.units)
        if not len(base.ids):
            return
        side, search = int(sides(task, base.ids[:1])[0]), searcher(self.kind, base)
        for querying, k in asked(side, self.k):
            for unit in units_of(task, querying):
                queries = vectors_of(task, [unit])
                if len(queries.ids):
                    found = search(queries.vectors, k, queries.ids if querying == side else None)
                    yield Piece("found", found_rows(queries.ids, side, found))


@dataclass(frozen=True)
class SearchExactly:
    """The sampled queries against the units of one range, exactly: what the others' answers are held against."""

    k: int

    def __call__(self, task: Task) -> Iterator[Given]:
        """The nearest of the sampled queries of every side that looks here."""
        rows = task.rows("train.drawn")
        base = vectors_of(task, task.units)
        if not rows.num_rows or not len(base.ids):
            return
        queries, side, search = from_rows(rows), int(sides(task, base.ids[:1])[0]), Base(*base).nearest
        of = sides(task, queries.ids)
        for querying, k in asked(side, self.k):
            ids = queries.ids[of == querying]
            if len(ids):
                found = search(queries.vectors[of == querying], k, ids if querying == side else None)
                yield Piece("exact", found_rows(ids, side, found))


def searcher(kind: Kind, base: Vectors) -> Search:
    """The search of a kind in a shard.

    >>> vectors = np.eye(3, dtype=np.float32)
    >>> searcher("hnsw", Vectors(vectors, np.array([4, 5, 6])))(vectors[:1], 1, None).ids.tolist()
    [[4]]
    """
    if kind == "flat" or (kind == "ivf_pq" and len(base.ids) < PQ_LEAST):
        return Base(*base).nearest
    index = _index(kind, base.vectors)

    def search(queries: NDArray[np.float32], k: int, own: NDArray[np.int64] | None) -> Nearest:
        most = min(len(base.ids), k * (AGAIN if kind == "ivf_pq" else 1) + (own is not None))
        _, rows = index.search(np.ascontiguousarray(queries), most)
        return _again(base, queries, rows, k, own)

    return search


def _index(kind: Kind, vectors: NDArray[np.float32]) -> Any:
    import faiss

    n, d = vectors.shape
    if kind == "hnsw":
        index: Any = faiss.IndexHNSWFlat(d, LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efSearch = BREADTH
    else:
        cells = max(1, min(65536, int(4 * np.sqrt(n))))
        codes = next(size for size in range(min(CODE_BYTES, d), 0, -1) if d % size == 0)
        index = faiss.IndexIVFPQ(faiss.IndexFlatIP(d), d, cells, codes, 8, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = min(cells, 32)
        index.train(vectors[np.linspace(0, n - 1, min(n, 40 * cells)).astype(np.int64)])
    index.add(vectors)
    if kind == "hnsw" or not hasattr(faiss, "StandardGpuResources") or not faiss.get_num_gpus():
        return index
    return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, index)


def _again(
    base: Vectors, queries: NDArray[np.float32], rows: NDArray[np.int64], k: int, own: NDArray[np.int64] | None
) -> Nearest:
    """Candidate rows with exact products, the k nearest of them."""
    rows = np.sort(rows, axis=1)
    ids = np.where(rows < 0, NONE, base.ids[np.maximum(rows, 0)])
    similarity = np.empty(rows.shape, np.float32)
    for start in range(0, len(rows), 256):
        part = slice(start, start + 256)
        similarity[part] = np.einsum("qd,qcd->qc", queries[part], base.vectors[np.maximum(rows[part], 0)])
    out = ids == NONE if own is None else (ids == NONE) | (ids == own[:, None])
    similarity[out], ids[out] = -np.inf, NONE
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return Nearest(np.take_along_axis(ids, order, 1), np.take_along_axis(similarity, order, 1))
