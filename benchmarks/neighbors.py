"""Nearest neighbours of every vector among all: our exact search and search by cells beside FAISS, in CPU seconds.

Exact search is compared with ``IndexFlatIP`` at 94,258 vectors of 384 dimensions, one thread each. At a million every vector's
ten nearest are found by the relation's own steps (train, assign, search); IndexFlatIP is timed on a sample of the queries.
Vectors are drawn around centres whose sizes follow a power law, with as much noise as signal, as embeddings of texts are.

``python -m benchmarks.neighbors [--vectors 1000000]``
"""

import argparse
import resource
import time
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.machine import save
from operators.kernels.kmeans import centroids
from operators.kernels.nearest import Base, narrow
from operators.kernels.vectors import unit
from operators.neighbors.cells import A_CELL, BLOCK, Cells, cells_for
from operators.neighbors.rows import Vectors

D, K, PROBES = 384, 10, 96

Array = np.ndarray[Any, np.dtype[np.float32]]


def vectors(n: int, seed: int = 0) -> Array:
    """(n, 384) unit vectors around n / 50 centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(50, n // 50), D)).astype(np.float32)
    which = np.minimum((len(centres) * rng.random(n) ** 1.5).astype(np.int64), len(centres) - 1)
    out = np.empty((n, D), np.float32)
    for start in range(0, n, 1 << 16):
        part = slice(start, start + (1 << 16))
        drawn = centres[which[part]] + rng.normal(size=(len(which[part]), D)).astype(np.float32)
        out[part] = unit(drawn)
    return out


def exact(data: Array, queries: int = 1000) -> dict[str, float]:
    """Queries a CPU-second of both, and how many of FAISS's ten nearest ours are."""
    import faiss

    index = faiss.IndexFlatIP(D)
    index.add(data)
    start = time.process_time()
    _, rows = index.search(data[:queries], K + 1)
    theirs = time.process_time() - start
    base, ids = Base(data, np.arange(len(data))), np.arange(queries)
    base.nearest(data[:64], K, ids[:64])
    start = time.process_time()
    found = base.nearest(data[:queries], K, ids)
    ours = time.process_time() - start
    wanted = [[row for row in line if row != at][:K] for at, line in enumerate(rows.tolist())]
    recall = np.mean([len({*a} & {*b}) / K for a, b in zip(found.ids.tolist(), wanted, strict=True)])
    return {
        "faiss": round(queries / theirs),
        "ours": round(queries / ours),
        "ratio": round(theirs / ours, 2),
        "recall": float(recall),
    }


def by_cells(data: Array) -> dict[str, float]:
    """CPU seconds of all vectors' ten nearest by cells, and their recall on a sample."""
    n, ids = len(data), np.arange(len(data))
    start = time.process_time()
    cells = cells_for(n)
    found = centroids(data[:: max(1, n // (A_CELL * cells))], cells)
    trained = time.process_time() - start
    assigned = Base(found, np.arange(cells)).nearest(data, PROBES).ids
    placed = time.process_time() - start
    filled = Cells.of(Vectors(data, ids), assigned[:, 0].astype(np.int32))
    sample = np.linspace(0, n - 1, 500).astype(np.int64)
    nearest = np.empty((n, K), np.int64)
    for at in range(0, n, BLOCK):
        part = slice(at, at + BLOCK)
        lists = assigned[part].astype(np.int32)
        offsets = np.arange(0, lists.size + 1, PROBES, dtype=np.int32)
        column = pa.ListArray.from_arrays(pa.array(offsets), pa.array(lists.ravel()))
        nearest[part] = filled.nearest(Vectors(data[part], ids[part]), column, K, True).ids
    seconds = time.process_time() - start
    truth = Base(data, ids).nearest(data[sample], K, sample).ids
    recall = np.mean([len({*a} & {*b}) / K for a, b in zip(nearest[sample].tolist(), truth.tolist(), strict=True)])
    figures = {"seconds": seconds, "training": trained, "assigning": placed - trained, "searching": seconds - placed}
    return {**{name: round(value, 1) for name, value in figures.items()}, "recall": round(float(recall), 4)}


def flat_seconds(data: Array, queries: int = 200) -> float:
    """CPU seconds that IndexFlatIP would take for all vectors, from a sample of the queries."""
    import faiss

    index = faiss.IndexFlatIP(D)
    index.add(data)
    start = time.process_time()
    index.search(data[:queries], K + 1)
    return (time.process_time() - start) * len(data) / queries


def main() -> None:
    import faiss
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, default=1_000_000)
    given = parser.parse_args()
    torch.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    figures: dict[str, Any] = {"narrow_products": narrow(), "exact": exact(vectors(94_258))}
    rows = []
    for n in (given.vectors // 4, given.vectors):
        data = vectors(n)
        cells = by_cells(data)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
        flat = flat_seconds(data)
        rows.append(
            {"vectors": n, **cells, "peak_mb": peak, "flat_seconds": round(flat), "ratio": round(flat / cells["seconds"], 1)}
        )
        print(rows[-1], flush=True)
    save("neighbors", {**figures, "cells": rows})


if __name__ == "__main__":
    main()
