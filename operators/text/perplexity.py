"""How surprised a language model is by the texts."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.text import _losses


@dataclass(frozen=True)
class Perplexity(Metric[Product]):
    """The perplexity of the texts under the causal language model that ``[features.token_losses]`` names.

    ``exp(sum of -ln p / tokens)`` over all tokens of all texts, so that a long text weighs as much as its tokens; each token is
    given what stands before it in its window (`operators.features.token_losses` says how windows and the first token are
    taken). Neither way is better: 1 is a text that the model knows by heart, uniform noise has the size of the vocabulary.
    Only numbers of one model with one window can be compared; the part ``bits_a_byte`` also between tokenizers. Another part:
    the share of texts that go on beyond ``max_tokens``. Skipped: records without a token that has one before it.

    1 and up, interval of a ratio of sums over records (delta method), on the logarithm. Evidence: the most surprising texts.
    Cost: the model's.

    >>> sums = {"loss_sum": [2.0, 4.0], "loss_tokens": [2, 1], "loss_bytes": [5, 5], "loss_cut": [False, False]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **sums})
    >>> value = Perplexity().value(Perplexity().fold(batch))
    >>> round(value.value, 3), value.evidence[0].note
    (7.389, 'perplexity 54.6, 1 tokens')

    Source: Jelinek et al. 1977, "Perplexity: a measure of the difficulty of speech recognition tasks"; Cochran 1977, "Sampling
    Techniques", section 6.3.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = _losses.READS
    unit: ClassVar[str] = "perplexity of a token"
    range: ClassVar[tuple[float, float]] = _losses.RANGE
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "Jelinek et al. 1977"

    def zero(self) -> Product:
        """No texts."""
        return _losses.nothing()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up the losses."""
        return _losses.summed(batch)

    def value(self, state: Product) -> Value:
        """The exponential of the mean loss."""
        skipped = state["skipped"].nonzero()
        loss = _losses.mean_loss(state)
        if loss.value is None:
            return loss.with_(skipped=skipped)
        parts = {"bits_a_byte": _losses.bits_a_byte(state), "texts that were cut": state["cut"].share()}
        plot, evidence = _losses.of_texts(state), state["worst"].evidence()
        return _losses.of_loss(loss).with_(skipped=skipped, parts=parts, plot=plot, evidence=evidence)
