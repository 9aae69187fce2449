"""How many distinct records the data is worth."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Curve, Value
from operators.corpus._moments import moments, no_moments
from operators.kernels.spectrum import spectrum, vendi

_ORDERS = {"order 0.5": 0.5, "order 2": 2.0, "order infinity": math.inf}
_SHOWN = 64


@dataclass(frozen=True)
class VendiScore(Metric[Product]):
    """Effective number of distinct records: the exponential of the entropy of the eigenvalues of the records' cosines.

    1 where all embeddings point the same way; at most the number of records and of dimensions. It is exact over all records, in
    one pass: the n x n cosines have the eigenvalues of the d x d second moment of the unit vectors. It grows with the number of
    records, so compare it between sets of equal size only. Parts: other orders of the entropy (low ones count rare directions
    more), and the mean cosine of two records. Records without an embedding are skipped.

    Cost: the embedding, and d * d operations a record.

    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"embedding": pa.array([[1, 0], [0, 1], [0, 1]], VECTOR)})
    >>> round(VendiScore().value(VendiScore().fold(batch)).value, 3)
    1.89

    Source: Friedman and Dieng 2023, "The Vendi Score", section 3; Pasarkar and Dieng 2024 for other orders.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("embedding",)
    unit: ClassVar[str] = "effective records"
    range: ClassVar[tuple[float, float]] = (1.0, math.inf)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Friedman and Dieng 2023, section 3"

    def zero(self) -> Product:
        """No records yet."""
        return no_moments()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the unit vectors' outer products."""
        return moments(batch)

    def value(self, state: Product) -> Value:
        """The score, with other orders and the mean cosine."""
        moment, absent = state["moment"], state["absent"].hits
        skipped = {"no embedding": absent} if absent else {}
        if not moment.n or (not moment.total.any() and not moment.high.any()):
            return Value.missing("no record has an embedding", skipped)
        shares, n = spectrum(moment.second()), moment.n
        score = max(1.0, vendi(shares))
        parts = {name: Value.exact(max(1.0, vendi(shares, order)), n) for name, order in _ORDERS.items()}
        if n > 1:
            mean = float(moment.mean() @ moment.mean())
            parts["mean cosine of two records"] = Value.exact((mean * n - 1) / (n - 1), n)
        parts["share of the most possible"] = Value.exact(min(1.0, score / min(n, moment.d)), n)
        ranks = tuple(float(rank) for rank in range(1, min(len(shares), _SHOWN) + 1))
        plot = Curve(ranks, tuple(shares[:_SHOWN].tolist()), "direction", "share of the variance")
        return Value.exact(score, n).with_(skipped=skipped, parts=parts, plot=plot)
