"""How evenly the data is spread over its own topics."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import SHARD, Dimension, Direction
from engine.state import Product, VectorSample
from engine.value import Z95, Bars, Evidence, Value
from operators.corpus._drawn import SIZE, drawn, nothing, skipped
from operators.corpus._map import MAPPED, corpus_map
from operators.kernels.kmeans import assigned, topics
from operators.kernels.vectors import unit

_SHOWN = 5


@dataclass(frozen=True)
class ClusterEntropy(Metric[Product]):
    """The entropy of the records' shares in clusters of their embeddings, over that of equal shares.

    1 where all clusters are as large, 0 where one holds everything; k-means evens out what is continuous, so numbers below 0.9
    are already uneven. The clusters are of the unit vectors of a sample of distinct embeddings drawn by hash; each weighs as
    many records as have it, so that a text repeated a thousand times makes its cluster large. The plot is a map of up to 1,000
    of them in the two directions in which they differ most. Evidence: the record nearest the middle of each of the largest
    clusters. Interval: of the shares at the drawn clusters, by the delta method. Records without
    an embedding are skipped.

    Cost: the embedding; a k-means of 5,000 vectors, about 1.5 CPU-seconds. 4 MB of state at 384 dimensions.

    Args:
        clusters: how many; where there are fewer distinct embeddings, one each.
        size: distinct embeddings to sample.

    >>> from operators.kernels.vectors import VECTOR
    >>> columns = {"_id": [0, 1, 2], "embedding": pa.array([[1, 0], [0, 1], [0, 1]], VECTOR)}
    >>> columns |= {"content_text": ["a", "b", "b"], "_shard": ["x.parquet"] * 3}
    >>> batch = pa.RecordBatch.from_pydict(columns)
    >>> round(ClusterEntropy().value(ClusterEntropy().fold(batch)).value, 3)
    0.918

    Source: Shannon 1948; METRICS 3.3 (cluster entropy of embeddings).
    """

    clusters: Annotated[int, Field(ge=2, le=2_000)] = 100
    size: Annotated[int, Field(ge=2, le=20_000)] = SIZE

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("embedding", "content_text", SHARD)
    unit: ClassVar[str] = "normalised entropy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Shannon 1948"

    def zero(self) -> Product:
        """No records yet."""
        return nothing(self.size, MAPPED)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw from the embeddings."""
        return drawn(batch, self.size, MAPPED)

    def value(self, state: Product) -> Value:
        """The entropy, the largest share, and a record from the middle of each of the largest clusters."""
        sample: VectorSample = state["sample"]
        if len(sample.ids) < 2:
            return Value.missing(f"{len(sample.ids)} distinct embeddings make no clusters", skipped(state))
        vectors = unit(sample.vectors.astype(np.float32))
        centres = topics(vectors, min(self.clusters, len(vectors)))
        if len(centres) < 2:
            return Value.missing("all embeddings point the same way: they make no clusters", skipped(state))
        cluster, n = assigned(vectors, centres), sample.records
        shares = np.bincount(cluster, sample.counts, len(centres)) / n
        held = shares[shares > 0]
        nats, top = float(-(held * np.log(held)).sum()), math.log(len(centres))
        value = min(1.0, nats / top)
        half = 0.0
        if not sample.complete:
            half = Z95 * math.sqrt(max(0.0, float((held * np.log(held) ** 2).sum()) - nats**2) / n) / top
        order = np.argsort(-shares, kind="stable")
        names = tuple(f"cluster {rank + 1}" for rank in range(len(order)))
        bars = Bars(names, tuple(shares[order].tolist()), "share of records")
        parts = {
            "clusters": Value.exact(len(centres), n),
            "share of the largest": Value.exact(float(shares[order[0]]), n).with_(plot=bars),
            "clusters that hold half": Value.exact(int((np.cumsum(shares[order]) < 0.5).sum()) + 1, n),
        }
        cosine = np.einsum("ij,ij->i", vectors, centres[cluster])
        middle = [np.flatnonzero(cluster == one)[cosine[cluster == one].argmax()] for one in order[:_SHOWN] if shares[one]]
        evidence = tuple(
            Evidence(int(sample.ids[at]), float(shares[cluster[at]]), f"the middle of {shares[cluster[at]]:.1%} of the records")
            for at in middle
        )
        return Value(
            value,
            n,
            max(0.0, value - half),
            min(1.0, value + half),
            estimator="exact" if sample.complete else "sample",
            skipped=skipped(state),
            parts=parts,
            plot=corpus_map(sample, vectors),
            evidence=evidence,
        )
