"""Which topics of real data the data has, and how much of each."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import Product, VectorSample
from engine.state.sample import estimate
from engine.value import Bars, Value
from operators.corpus._drawn import SampleComparison, few, skipped
from operators.kernels.kmeans import assigned, topics
from operators.kernels.vectors import unit

_SCARCE = 0.5


@dataclass(frozen=True)
class ClusterCoverage(SampleComparison):
    """Share of the reference's records whose cluster the subject holds at least half as often as the reference does.

    The clusters are a k-means of the reference's unit vectors; a subject's record belongs to the nearest. 1 where the subject
    has every topic of the reference in plenty; what it has beside them is not seen (see `operators.corpus.precision`). Parts:
    the share of clusters with any record of the subject, and the squared Jensen-Shannon distance of the shares in bits. The
    plot is of the clusters that the subject lacks most. Both sides are samples of distinct embeddings drawn by hash, weighed by
    their copies. Interval: of the reference's sample, at the drawn clusters. Records without an embedding are skipped.

    Cost: the embedding of both sides; a k-means of 5,000 vectors, below a CPU-second. 4 MB of state at 384 dimensions.

    Args:
        clusters: how many; never more than one for every ten of the reference's distinct embeddings.
        size: distinct embeddings of each side.

    >>> import pyarrow as pa
    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(40), "embedding": pa.array([[1, 0], [0, 1]] * 20, VECTOR)})
    >>> ClusterCoverage().compare(ClusterCoverage().fold(batch.slice(0, 1)), ClusterCoverage().fold(batch)).value
    0.5

    Source: METRICS 3.3 and S10 (coverage of a fixed codebook); Lin 1991 for the divergence.
    """

    clusters: Annotated[int, Field(ge=2, le=2_000)] = 100

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "share of the reference's records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "The LLM Data Auditor (arXiv 2601.17717), diversity; Lin 1991"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share, and how the shares of the clusters differ."""
        mine: VectorSample = subject["sample"]
        theirs: VectorSample = reference["sample"]
        reason = few(mine, theirs, 1, 2)
        if reason:
            return Value.missing(reason, skipped(subject))
        vectors = unit(theirs.vectors.astype(np.float32))
        wanted = min(self.clusters, max(2, len(vectors) // 10))
        centres = topics(vectors, wanted)
        home = assigned(vectors, centres)
        q = np.bincount(home, theirs.counts, len(centres)) / theirs.records
        p = np.bincount(assigned(unit(mine.vectors.astype(np.float32)), centres), mine.counts, len(centres)) / mine.records
        had = q > 0
        covered = (p >= _SCARCE * q) & had
        parts = {
            "clusters with a record": Value.exact(float((p[had] > 0).mean()), int(had.sum())),
            "Jensen-Shannon divergence": Value.exact(_divergence(p, q), mine.records),
            "clusters": Value.exact(len(centres), theirs.records),
        }
        lacking = np.argsort(p - q, kind="stable")
        plot = Bars(
            tuple(f"cluster of {q[one]:.1%} of the reference" for one in lacking),
            tuple((p - q)[lacking].tolist()),
            "share of the subject less that of the reference",
        )
        value = estimate(covered[home].astype(np.float64), theirs.counts, mine.complete and theirs.complete, 1.0)
        return value.with_(skipped=skipped(subject), parts=parts, plot=plot)


def _divergence(p: np.ndarray, q: np.ndarray) -> float:
    """In bits: 0 for equal shares, 1 for shares in nothing common."""
    middle = (p + q) / 2
    terms = [math.fsum(one[one > 0] * np.log2(one[one > 0] / middle[one > 0])) for one in (p, q)]
    return min(1.0, max(0.0, sum(terms) / 2))
