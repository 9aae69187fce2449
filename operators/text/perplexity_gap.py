"""How much more a language model is surprised by the texts than by real ones."""

import math
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.text import _losses


@dataclass(frozen=True)
class PerplexityGap(Comparison[Product]):
    """The logarithm of the texts' perplexity less that of the reference's, in nats a token.

    ``mean loss of the subject - mean loss of the reference``, each over all tokens, by the causal language model that
    ``[features.token_losses]`` names. 0 is best; below it the texts are more predictable than real ones, as texts of models are
    that sample from the likeliest tokens; above it they are stranger. Parts: both perplexities, their ratio, and the difference
    in bits a byte. Skipped: records without a token that has one before it. A reference that the model was trained on, or of
    another kind, moves the number: see `operators.text.loss_membership`.

    Any number, 0 is best; interval of two independent ratios of sums over records. Evidence: the most surprising texts of the
    subject. Cost: the model's, over both sides.

    >>> def side(losses):
    ...     sums = {"loss_sum": losses, "loss_tokens": [2, 2], "loss_bytes": [5, 5], "loss_cut": [False, False]}
    ...     batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **sums})
    ...     return PerplexityGap().fold(batch)
    >>> value = PerplexityGap().compare(side([2.0, 4.0]), side([6.0, 4.0]))
    >>> value.value, round(value.parts["ratio"].value, 4)
    (-1.0, 0.3679)

    Source: The LLM Data Auditor (arXiv 2601.17717), text fidelity; Cochran 1977, "Sampling Techniques", section 6.3.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = _losses.READS
    unit: ClassVar[str] = "nats a token"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "arXiv 2601.17717, text fidelity"

    def zero(self) -> Product:
        """No texts."""
        return _losses.nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the losses."""
        return _losses.summed(batch)

    def compare(self, subject: Product, reference: Product) -> Value:
        """The difference of the mean losses."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = _losses.mean_loss(subject), _losses.mean_loss(reference)
        for side, loss in (("subject", mine), ("reference", theirs)):
            if loss.value is None:
                return Value.missing(f"the {side}: {loss.reason}", skipped)
        gap = _difference(mine, theirs)
        low, value, high = (math.exp(max(-700.0, min(700.0, at or 0.0))) for at in (gap.low, gap.value, gap.high))
        parts = {
            "subject": _losses.of_loss(mine),
            "reference": _losses.of_loss(theirs),
            "ratio": Value(value, n=gap.n, low=low, high=high),
        }
        bits = _losses.bits_a_byte(subject), _losses.bits_a_byte(reference)
        if all(one.value is not None for one in bits):
            parts["bits_a_byte"] = _difference(*bits)
        plot = _losses.of_texts(subject, reference)
        return gap.with_(skipped=skipped, parts=parts, plot=plot, evidence=subject["worst"].evidence())


def _difference(a: Value, b: Value) -> Value:
    """Of two independent estimates, with the half widths of their intervals added in squares."""
    gap = (a.value or 0.0) - (b.value or 0.0)
    half = math.hypot(*((one.high or 0.0) - (one.value or 0.0) for one in (a, b)))
    return Value(gap, n=a.n + b.n, low=gap - half, high=gap + half)
