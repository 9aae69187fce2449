"""What metrics share that read the losses of a language model: sums over texts, and the perplexity of them all."""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from engine.state import ExactSum, Histogram, Moments, Product, Ratio, Tally, TopBy
from engine.value import Z95, Bins, Value
from operators.kernels.buffers import valid_mask

READS = ("loss_sum", "loss_tokens", "loss_bytes", "loss_cut")
RANGE = (1.0, math.inf)
SKIPPED = "no text, or no token with one before it"
NOTHING = f"every record has {SKIPPED}"
_EDGES = tuple(np.geomspace(1.0, 1e6, 73).tolist())
_MOST = 700.0
"""The exponential of more is no float64."""


def nothing() -> Product:
    """No texts."""
    return Product(
        {
            "loss": Moments(),
            "tokens": Moments(),
            "both": Moments(),
            "bytes": ExactSum(),
            "cut": Ratio(),
            "texts": Histogram.of(np.empty(0), _EDGES),
            "skipped": Tally(),
            "worst": TopBy(),
        }
    )


def summed(batch: pa.RecordBatch) -> Product:
    """The sums over a batch's texts. The square of ``both``, loss and tokens together, holds their product."""
    rows = np.flatnonzero(valid_mask(batch["loss_sum"]))
    loss, tokens, size, cut = (taken(batch, name, rows) for name in READS)
    each = perplexity(loss / tokens)
    skipped = batch.num_rows - len(rows)
    return Product(
        {
            "loss": Moments.of(loss),
            "tokens": Moments.of(tokens),
            "both": Moments.of(loss + tokens),
            "bytes": ExactSum.of(size),
            "cut": Ratio(int(cut.sum()), len(rows)),
            "texts": Histogram.of(each, _EDGES),
            "skipped": Tally({SKIPPED: skipped} if skipped else {}),
            "worst": TopBy.of(
                each, batch[ID].to_numpy()[rows], lambda at: f"perplexity {each[at]:,.4g}, {tokens[at]:,.0f} tokens"
            ),
        }
    )


def taken(batch: pa.RecordBatch, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Some rows of a column as numbers."""
    found: NDArray[np.float64] = batch[name].take(pa.array(rows)).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def perplexity(loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of mean losses in nats."""
    found: NDArray[np.float64] = np.exp(np.clip(loss, 0.0, _MOST))
    return found


def mean_loss(state: Product) -> Value:
    """The mean loss of a token, in nats; interval of a ratio of sums over records (Cochran 1977, section 6.3)."""
    loss, tokens, both = state["loss"], state["tokens"], state["both"]
    if loss.n == 0:
        return Value.missing(NOTHING)
    total = tokens.total.value()
    mean = loss.total.value() / total
    a, b, c = ((one.variance() or 0.0) for one in (loss, tokens, both))
    spread = max(0.0, a + mean * mean * b - mean * (c - a - b)) * loss.n
    half = Z95 * math.sqrt(spread) / total
    return Value(mean, n=loss.n, low=max(0.0, mean - half), high=mean + half)


def of_loss(loss: Value, scale: float = 1.0) -> Value:
    """A mean loss as a perplexity."""
    low, value, high = (math.exp(min(_MOST, max(0.0, at or 0.0) * scale)) for at in (loss.low, loss.value, loss.high))
    return Value(value, n=loss.n, low=low, high=high)


def bits_a_byte(state: Product) -> Value:
    """The loss in bits over the bytes of the tokens, which the choice of tokenizer does not change; interval of `mean_loss`."""
    loss, size = mean_loss(state), state["bytes"].value()
    if not size or loss.value is None:
        return Value.missing("the tokens have no bytes")
    scale = state["tokens"].total.value() / size / math.log(2)
    low, value, high = ((at or 0.0) * scale for at in (loss.low, loss.value, loss.high))
    return Value(value, n=loss.n, low=low, high=high)


def of_texts(state: Product, reference: Product | None = None) -> Bins | None:
    """How many texts have which perplexity; shares where there are two sides."""
    if reference is None:
        found: Bins | None = state["texts"].bins("perplexity of a text", log_x=True)
        return found
    shares = [np.array(one["texts"].counts) / one["loss"].n for one in (state, reference)]
    there = np.flatnonzero(shares[0] + shares[1])
    kept = slice(there[0], there[-1] + 1)
    mine, theirs = (tuple(one[kept].tolist()) for one in shares)
    return Bins(_EDGES[there[0] : there[-1] + 2], mine, "perplexity of a text (share of texts)", theirs, log_x=True)
