"""Whether the distance of paths and values grows with the share of values that are changed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Product
from engine.value import Curve, Value
from operators.semistructured._documents import Documents, drawn_only, sampled_of, skipped_of
from operators.semistructured._rewriting import blurred
from operators.semistructured.path_distribution import PathDistribution

SHARES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class ResponseCurve(Documents, Metric[Product]):
    """Spearman's correlation of the share of changed values with the distance that `semistructured.path_distribution` finds.

    ``sampled`` distinct documents, drawn by hash, are compared with themselves after 0, 1, 2, 5, 10, 20 and 50 % of their
    values were made null, other numbers or other strings, by the document's hash, so that what changes at one share changes at
    all greater ones. 1: every step is noticed; less: on this data the distance is blind to small changes, or saturated by them.
    The value is that of the divergence of paths and kinds, the part ``values`` that of the values' distances; further parts are
    the divergences at each share. Skipped: null, documents that are not strict JSON, those of more than 262,144 values, and of
    more than 8 kB (``too long to be sampled``).

    -1 to 1, higher is better; a point as interval: nothing is estimated beyond the sample. Cost: that of
    `semistructured.path_distribution`, shared with it, and two seconds for the changes.

    >>> texts = [f'{{"id": {at}, "name": "n{at}", "of": ["a", {at}]}}' for at in range(200)]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(200), "_fault": pa.nulls(200, pa.string()), "json": texts})
    >>> ResponseCurve().value(ResponseCurve().fold(batch)).value
    1.0

    Source: O'Bray et al. 2022 (Evaluation Metrics for Graph Generative Models), section 4, for graphs.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "Spearman's rank correlation"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "O'Bray et al. 2022"

    def value(self, state: Product) -> Value:
        """The correlation of noise and distance."""
        documents, _, _ = sampled_of(state)
        skipped = dict(skipped_of(state))
        if state["seen"]["too long"]:
            skipped["too long to be sampled"] = state["seen"]["too long"]
        seeds = [entry[0] for entry in state["sample"].entries]
        if not documents:
            return Value.missing("no record has a JSON document that can be judged", skipped)
        metric = PathDistribution(self.paths, self.valued)
        folded = [metric.fold(_batch([blurred(t, s, seed) for t, seed in zip(documents, seeds, strict=True)])) for s in SHARES]
        curve = [metric.compare(side, folded[0]) for side in folded]
        kinds = np.array([point.value for point in curve], np.float64)
        values = np.array([point.parts["values"].value or 0.0 for point in curve])
        correlation = spearman(np.array(SHARES), kinds)
        if correlation is None:
            return Value.missing("no document has a value to change", skipped)
        other = spearman(np.array(SHARES), values)
        said = Value.missing("the values' distance stays the same") if other is None else Value.exact(other, len(SHARES))
        n, plot = (
            len(documents),
            Curve(SHARES, tuple(kinds.tolist()), "share of values changed", "divergence of paths and kinds (bits)"),
        )
        parts = {"values": said} | {f"{s:.0%} changed": Value.exact(v, n) for s, v in zip(SHARES, kinds.tolist(), strict=True)}
        return drawn_only(Value.exact(correlation, n).with_(skipped=skipped, parts=parts, plot=plot), state)


def _batch(documents: list[str]) -> pa.RecordBatch:
    n = len(documents)
    return pa.RecordBatch.from_pydict({ID: range(n), FAULT: pa.nulls(n, pa.string()), "json": pa.array(documents, pa.string())})


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """The rank correlation, ties at their mean rank; None where one side is constant.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.5, 0.2]))
    0.5
    """
    x, y = (ranks - ranks.mean() for ranks in map(_ranks, (a, b)))
    scale = float(np.sqrt((x @ x) * (y @ y)))
    return None if scale == 0 else max(-1.0, min(1.0, round(float(x @ y) / scale, 12)))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = np.cumsum(counts) - (counts - 1) / 2
    return means[at]
