"""How far an answer is from what the same model says when asked again."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import lists, strings, valid_mask
from operators.kernels.words import WordSpans, split_words


@dataclass(frozen=True)
class SelfCheck(Metric[Product]):
    """SelfCheckGPT with unigrams: the mean surprise of a text's words under the texts that were sampled beside it.

    By record ``mean over the words of text of -ln(c(w) / N)``, with ``c(w)`` the word's count and ``N`` the number of words
    in ``text`` and all ``samples`` together; the value is the mean over records, in nats. What a model knows it says again;
    what it makes up it says differently each time. Words are those of `operators.features.words`, in lower case. Longer and
    more varied texts have higher values whatever they say: compare records of one kind. The part ``worst_word`` is the mean
    of each record's greatest surprise, the paper's better variant. Skipped: records without a text, a word or a sample.

    0 and up, lower is better, normal interval. Cost: one sort of the words of a record and its samples.

    >>> columns = {"text": ["it is 4", "it is 9"], "samples": [["it is 4"], ["it is 7"]]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = SelfCheck().value(SelfCheck().fold(batch))
    >>> round(value.value, 4), value.evidence[0].record
    (1.2141, 1)

    Source: Manakul et al. 2023 (arXiv 2303.08896), section 5.3.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "samples")
    unit: ClassVar[str] = "mean surprise of a word, nats"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2303.08896, section 5.3"

    def zero(self) -> Product:
        """No texts."""
        return Product({"mean": Moments(), "worst_word": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the words of each text and its samples."""
        mine, others = _words(batch["text"]), _sampled(batch["samples"])
        usable = valid_mask(batch["text"]) & (np.diff(mine.offsets) > 0) & (np.diff(others.offsets) > 0)
        rows = np.flatnonzero(usable)
        found = np.array([_surprise(_of(mine, row), _of(others, row)) for row in rows.tolist()]).reshape(-1, 2)
        skipped = int(np.count_nonzero(~usable))
        return Product(
            {
                "mean": Moments.of(found[:, 0]),
                "worst_word": Moments.of(found[:, 1]),
                "skipped": Tally({"no text or no sample": skipped} if skipped else {}),
                "worst": TopBy.of(
                    found[:, 0], batch[ID].to_numpy()[rows], lambda at: f"a word surprises by {found[at, 0]:.2f} nats"
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean over records."""
        value: Value = state["mean"].mean("no record has a text and samples beside it", self.range)
        parts = {"worst_word": state["worst_word"].mean(within=self.range)} if value.n else {}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())


def _words(texts: pa.Array) -> WordSpans:
    return split_words(strings(pc.utf8_lower(texts.cast(pa.large_string()))))


def _sampled(samples: pa.Array) -> WordSpans:
    """The words of each record's samples, one after the other. What a null list covers is left out."""
    view = lists(samples)
    counts = np.where(view.valid, np.diff(view.offsets), 0)
    inside = np.repeat(view.offsets[:-1] - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
    spans = _words(samples.values.take(pa.array(inside, pa.int64())))
    return spans._replace(offsets=spans.offsets[np.concatenate([[0], np.cumsum(counts)])])


def _of(spans: WordSpans, row: int) -> NDArray[np.uint64]:
    return spans.hashes[spans.offsets[row] : spans.offsets[row + 1]]


def _surprise(text: NDArray[np.uint64], samples: NDArray[np.uint64]) -> tuple[float, float]:
    """The mean and the greatest of ``-ln p`` over the words of a text."""
    every = np.concatenate([text, samples])
    _, which, counts = np.unique(every, return_inverse=True, return_counts=True)
    surprise = np.log(len(every)) - np.log(counts[which[: len(text)]])
    return float(np.sort(surprise).mean()), float(surprise.max())
