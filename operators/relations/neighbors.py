"""The nearest records by embedding: of the subject itself, of the reference, of the holdout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.relation import COLUMNS, Counts, Emission, Forecast, Over, Relation, Round, Rounds, Route, Scale
from engine.schema import ID, Side
from operators.kernels.hashing import hash_array
from operators.near.rows import drawn
from operators.neighbors import cells as by_cells
from operators.neighbors.cells import Assign, SearchCells, Train
from operators.neighbors.columns import Columns
from operators.neighbors.forecast import forecast
from operators.neighbors.rows import CENTROIDS, DRAWN, FOUND, PLACED, SAMPLE
from operators.neighbors.shards import Kind, SearchExactly, SearchShard

Index = Literal["auto", "flat", "ivf", "ivf_pq", "hnsw"]
FLAT_MOST = 200_000
"""Subjects up to here are searched exactly: at the measured rate, about three minutes of a core."""


@dataclass(frozen=True)
class Neighbors(Relation):
    """Beside every record: its nearest others by the cosine of their embeddings, on every side of the plan.

    Up to 200,000 records the search is exact; beyond, records are put into the cells of a k-means and look into the cells
    nearest to them, and what that misses is measured on a sample against exact search. Candidates are always compared
    by their stored vectors in float32. Every side is searched for the subject's records, and the subject for the other sides'.

    Args:
        k: how many neighbours `nearest_mean_distance` is over.
        index: exact ("flat"), cells ("ivf"), or an index of FAISS over each range of units: "hnsw" (a graph, slow to
            build) or "ivf_pq" (48 bytes a record of memory); "auto" chooses between the first two by size.
        cells: of the k-means; default: sixteen times the root of the records.
        probes: cells that a record looks into.
        sample: records whose neighbours are found exactly too, to tell the recall.

    Columns written: see the field names; similarities are cosines, distances one minus that, `leakage_risk` is
    d_holdout / (d_reference + d_holdout) of the Euclidean distances of unit vectors: 0.5 where a record is as near to both.

    Source: S8 of the metric catalogue; Johnson, Douze and Jégou 2021 (FAISS); Sivic and Zisserman 2003 for cells.
    """

    k: Annotated[int, Field(ge=1, le=100)] = 10
    index: Index = "auto"
    cells: Annotated[int, Field(ge=1, le=1 << 20)] | None = None
    probes: Annotated[int, Field(ge=1, le=4096)] = 96
    sample: Annotated[int, Field(ge=1)] = 1000

    reads: ClassVar[tuple[str, ...]] = ("embedding",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "nearest_id": pa.int64(),
        "nearest_similarity": pa.float32(),
        "nearest_mean_distance": pa.float32(),
        "reference_nearest_id": pa.int64(),
        "reference_nearest_similarity": pa.float32(),
        "reference_second_similarity": pa.float32(),
        "holdout_nearest_id": pa.int64(),
        "holdout_nearest_similarity": pa.float32(),
        "holdout_second_similarity": pa.float32(),
        "leakage_risk": pa.float32(),
    }

    @property
    def emits(self) -> Mapping[str, Route]:
        """A sample of vectors, for the centroids; how many records there are."""
        return {"sample": SAMPLE}

    def emit(self, batch: pa.RecordBatch, side: Side, expected: int) -> Emission:  # noqa: ARG002
        """The drawn vectors, where the search is not exact. Drawn by their own bytes: copies are drawn together."""
        index = self.chosen(expected)
        if index == "flat":
            return Emission()
        there = batch["embedding"].is_valid()
        vectors, ids = batch["embedding"].filter(there), batch[ID].filter(there)
        wanted = by_cells.sampled_for(self._cells(expected) or 0) if index == "ivf" else 2 * self.sample
        mine = pa.array(drawn(hash_array(vectors)[:, 0], min(1.0, wanted / max(1, expected))))
        vectors, ids = vectors.filter(mine), ids.filter(mine)
        return Emission({"sample": pa.table({ID: ids, "vector": vectors, "expected": np.full(len(ids), expected)})})

    def rounds(self) -> Rounds:
        """Centroids and a sample, the search, an exact search for the sample, the columns."""
        takes, gives = {"emit.sample": SAMPLE}, {"centroids": CENTROIDS, "drawn": DRAWN}
        train = Train(self._cells, self.sample)
        counts: Counts = yield Round("train", Over.WHOLE, takes, gives, train, ("emit.sample",), accelerated=True)
        if counts.get("neighbors.cells"):
            takes = {"train.centroids": CENTROIDS}
            yield Round("assign", Over.RANGES, takes, {"placed": PLACED}, Assign(self.probes), accelerated=True)
            takes = {"assign.placed": PLACED}
            yield Round("search", Over.KEYS, takes, {"found": FOUND}, SearchCells(self.k), ("assign.placed",))
        else:
            kind: Kind = self.index if self.index in ("hnsw", "ivf_pq") else "flat"
            yield Round("search", Over.RANGES, {}, {"found": FOUND}, SearchShard(kind, self.k), accelerated=kind != "hnsw")
        found = {"search.found": FOUND}
        if counts.get("neighbors.drawn"):
            takes = {"train.drawn": DRAWN}
            yield Round("exact", Over.RANGES, takes, {"exact": FOUND}, SearchExactly(self.k), accelerated=True)
            found["exact.exact"] = FOUND
        yield Round("columns", Over.RANGES, found, {COLUMNS: self.columns()}, Columns(self.k, len(found) == 1), tuple(found))

    def _cells(self, records: int) -> int | None:
        """How many cells, where the records are searched by cells."""
        return (self.cells or by_cells.cells_for(records)) if self.chosen(records) == "ivf" else None

    def chosen(self, records: int) -> str:
        """The index for so many records.

        >>> Neighbors().chosen(1000), Neighbors().chosen(10**6), Neighbors(index="hnsw").chosen(10**6)
        ('flat', 'ivf', 'hnsw')
        """
        if self.index != "auto":
            return self.index
        return "flat" if records <= FLAT_MOST else "ivf"

    def explained(self) -> Sequence[str]:
        """How it searches."""
        return (f"index {self.index}: exact up to {FLAT_MOST:,} records, then {self.probes} cells a record",)

    def forecast(self, scale: Scale) -> Forecast:
        """From slopes measured by benchmarks/neighbors.py for 384 dimensions."""
        return forecast(scale, self.chosen(scale.records), self._cells(scale.records) or 0, self.probes, self.k)
