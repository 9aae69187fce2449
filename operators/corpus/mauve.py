"""How far apart the data's and real data's distributions are, by both kinds of error."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import Product, VectorSample
from engine.value import Z95, Curve, Value
from operators.corpus._drawn import SampleComparison, few, skipped
from operators.kernels.kmeans import assigned, topics
from operators.kernels.mauve import mauve
from operators.kernels.vectors import unit

_RESAMPLED = 200
_A_CLUSTER = 10
_SMOOTHING = 0.5


@dataclass(frozen=True)
class Mauve(SampleComparison):
    """The area under the curve of both divergences between the shares of subject and reference in clusters of embeddings.

    1 where the shares are equal, near 0 where the clusters of one side are not those of the other. The clusters are a k-means
    of the unit vectors of both samples together; equal embeddings are drawn once and weigh as many records. It is biased
    downwards by sampling noise, so compare it at equal ``size`` only, and not across encoders. Parts: MAUVE* (half a record
    added to every cluster, for small samples) and the frontier integral (0 is best). The plot is the curve. Interval: normal,
    with the spread of 200 resamplings of the shares at the same clusters. Records without an embedding are skipped.

    The definition over clusters is exactly that of the authors' package; its own clusters differ, by about its spread between
    two seeds. Cost: the embedding of both sides; a k-means of 10,000 vectors, about 3 CPU-seconds.

    Args:
        size: distinct embeddings of each side.
        clusters: how many; default: a tenth of the smaller sample.

    >>> import pyarrow as pa
    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "embedding": pa.array([[1, 0], [0, 1], [0.5, 0.5]], VECTOR)})
    >>> round(Mauve().compare(Mauve().fold(batch), Mauve().fold(batch)).value, 9)
    1.0

    Source: Pillutla et al. 2021, section 2; Pillutla et al. 2023 (MAUVE*); Liu et al. 2021 (frontier integral).
    """

    clusters: Annotated[int, Field(ge=2, le=2_000)] | None = None

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "area"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Pillutla et al. 2021, section 2"

    def compare(self, subject: Product, reference: Product) -> Value:
        """MAUVE, its variants and the curve."""
        mine: VectorSample = subject["sample"]
        theirs: VectorSample = reference["sample"]
        reason = few(mine, theirs, 2, 2)
        if reason:
            return Value.missing(reason, skipped(subject))
        wanted = self.clusters or max(2, round(min(len(mine.ids), len(theirs.ids)) / _A_CLUSTER))
        p, q = histograms(mine, theirs, wanted)
        found, smoothed = mauve(p, q), mauve(p + _SMOOTHING, q + _SMOOTHING)
        n = mine.records
        parts = {
            "MAUVE*": Value.exact(min(1.0, smoothed.mauve), n),
            "frontier integral": Value.exact(found.integral, n),
            "clusters": Value.exact(len(p), n),
        }
        value = min(1.0, found.mauve)
        half = Z95 * _spread(p, q)
        plot = Curve(tuple(found.x.tolist()), tuple(found.y.tolist()), "share of the reference like the data", "of the data")
        return Value(
            value,
            n,
            max(0.0, value - half),
            min(1.0, value + half),
            estimator="sample",
            skipped=skipped(subject),
            parts=parts,
            plot=plot,
        )


def histograms(mine: VectorSample, theirs: VectorSample, clusters: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(clusters,) the records of each of two samples in clusters of both."""
    together = unit(np.concatenate([mine.vectors, theirs.vectors]).astype(np.float32))
    centres = topics(together, min(clusters, len(together)))
    cluster, n = assigned(together, centres), len(mine.ids)
    parts = ((cluster[:n], mine.counts), (cluster[n:], theirs.counts))
    p, q = (np.bincount(at, counts, len(centres)).astype(np.int64) for at, counts in parts)
    return p, q


def _spread(p: NDArray[np.int64], q: NDArray[np.int64]) -> float:
    """The standard deviation of MAUVE when both sides' records are drawn again."""
    rng = np.random.default_rng(0)
    drawn_p, drawn_q = (rng.multinomial(int(one.sum()), one / one.sum(), _RESAMPLED) for one in (p, q))
    return float(np.std([mauve(a, b).mauve for a, b in zip(drawn_p, drawn_q, strict=True)], ddof=1))
