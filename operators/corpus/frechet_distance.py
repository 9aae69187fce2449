"""How far the data's embeddings are from those of real data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.corpus._moments import moments, no_moments
from operators.kernels.frechet import frechet_distance

FLOAT16 = 5
"""The scale of `SecondMoment` at which float16 numbers up to 32 are kept as they are."""


@dataclass(frozen=True)
class FrechetDistance(Comparison[Product]):
    """Squared Fréchet distance of the embeddings' normal approximations: of images that is FID, of texts Fréchet BERT distance.

    ``|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2))`` with unbiased covariances, exact over all records of both sides in one pass. 0
    where mean and covariance are equal. It is biased upwards by about d / n, so compare it at equal sizes only, and not across
    encoders. Records without an embedding are skipped.

    Cost: the embedding of both sides, and d * d operations a record.

    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"embedding": pa.array([[1, 0], [0, 1], [0, 0]], VECTOR)})
    >>> state = FrechetDistance().fold(batch)
    >>> FrechetDistance().compare(state, state).value < 1e-9
    True

    Source: Heusel et al. 2017, section 2.1; Semeniuta et al. 2018 for texts; Dowson and Landau 1982.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("embedding",)
    unit: ClassVar[str] = "squared distance"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Heusel et al. 2017, section 2.1"

    def zero(self) -> Product:
        """No records yet."""
        return no_moments(FLOAT16)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the vectors and their outer products."""
        return moments(batch, FLOAT16)

    def compare(self, subject: Product, reference: Product) -> Value:
        """The distance, and what of it is the means'."""
        mine, theirs, absent = subject["moment"], reference["moment"], subject["absent"].hits
        skipped: Mapping[str, int] = {"no embedding": absent} if absent else {}
        for side, moment in (("subject", mine), ("reference", theirs)):
            if moment.n < 2:
                return Value.missing(f"the {side} has fewer than two records with an embedding", skipped)
        if mine.d != theirs.d:
            return Value.missing("subject and reference have embeddings of other dimensions", skipped)
        distance = frechet_distance(mine.mean(), mine.covariance(), theirs.mean(), theirs.covariance())
        between = float(((mine.mean() - theirs.mean()) ** 2).sum())
        parts = {"of the means": Value.exact(between, mine.n), "records of the reference": Value.exact(theirs.n, theirs.n)}
        reason = None
        if min(mine.n, theirs.n) < 2 * mine.d:
            reason = f"{min(mine.n, theirs.n):,} records are few for {mine.d} dimensions: the distance is too large"
        return Value.exact(distance, mine.n).with_(skipped=skipped, parts=parts, reason=reason)
