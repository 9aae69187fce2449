"""How far the data's embeddings are from those of real data, without assuming that they are normal."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.corpus._moments import moments, no_moments

_SCALE, _GAMMA = 1000.0, 1 / 200
"""As the authors': 1,000 times the squared discrepancy under a Gaussian kernel of width 10."""


@dataclass(frozen=True)
class Cmmd(Comparison[Product]):
    """1,000 times the squared maximum mean discrepancy of the unit embeddings, with a Gaussian kernel of width 10 (CMMD).

    0 where both sides are alike. It is the biased estimate, over all records of both sides in one pass: on unit vectors the
    kernel is ``exp(-2g) exp(2g x.y)`` with g = 1/200, and the first two terms of its series leave out a relative 1e-5 (more
    where the means are nearly equal). Known as CMMD with CLIP embeddings of images; compare numbers of one encoder
    only. Records without an embedding are skipped.

    Cost: the embedding of both sides, and d * d operations a record.

    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"embedding": pa.array([[1, 0], [0, 1]], VECTOR)})
    >>> round(Cmmd().compare(Cmmd().fold(batch), Cmmd().fold(batch.slice(1))).value, 3)
    4.975

    Source: Jayasumana et al. 2024 (CMMD), section 4; Gretton et al. 2012.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("embedding",)
    unit: ClassVar[str] = "squared discrepancy, thousandths"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Jayasumana et al. 2024, section 4"

    def zero(self) -> Product:
        """No records yet."""
        return no_moments()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the unit vectors' outer products."""
        return moments(batch)

    def compare(self, subject: Product, reference: Product) -> Value:
        """The discrepancy, and what of it is the means'."""
        mine, theirs, absent = subject["moment"], reference["moment"], subject["absent"].hits
        skipped = {"no embedding": absent} if absent else {}
        for side, moment in (("subject", mine), ("reference", theirs)):
            if not moment.n:
                return Value.missing(f"the {side} has no record with an embedding", skipped)
        if mine.d != theirs.d:
            return Value.missing("subject and reference have embeddings of other dimensions", skipped)
        scale = _SCALE * math.exp(-2 * _GAMMA)
        means = scale * 2 * _GAMMA * float(((mine.mean() - theirs.mean()) ** 2).sum())
        spreads = scale * (2 * _GAMMA) ** 2 / 2 * float(((mine.second() - theirs.second()) ** 2).sum())
        parts = {"of the means": Value.exact(means, mine.n), "records of the reference": Value.exact(theirs.n, theirs.n)}
        return Value.exact(means + spreads, mine.n).with_(skipped=skipped, parts=parts)
