"""Texts that a classifier finds toxic."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Histogram, Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.identity_terms import mentioned

_EDGES = tuple(np.linspace(0, 1, 21).tolist())


@dataclass(frozen=True)
class Toxicity(Metric[Product]):
    """The share of texts that a classifier finds toxic: with a P(toxic) of at least a threshold.

    ``texts with P(toxic) >= threshold / texts with a score``; the classifier is that of ``[features.toxicity]``. Parts are
    the mean P(toxic); the shares of texts that the classifier finds severe_toxic, obscene, a threat, an insult or
    identity_hate, where it has that label; and the share of toxic ones among texts that mention people by what they are
    (``identity``, and by group: gender, orientation, religion, origin, disability, age; `operators.kernels.identity_terms`)
    and among the others (``no_identity``). Classifiers fire on such terms alone, so where ``identity`` is the greater, look
    at its texts before believing it: the difference may be the classifier's, not the data's (the default finds 19 % of harmless
    tweets with such a term toxic, 15 % of those without). A toxic text is found by its
    words; hatred in polite words passes, and quoting or reclaiming a slur does not. Skipped: null, and texts without a score:
    blank, or without any word that the classifier knows. The default classifier reads English alone; of another language it
    knows the few words that look English, and what it says then means nothing (see `operators.text.language_id`).

    0 to 1, lower is better, Wilson interval. Cost: that of the classifier, 0.4 ms a text of up to 100 words
    on a core for the default.

    Args:
        threshold: from which a probability counts, for every label.

    >>> scores = {"toxicity": pa.array([0.9, 0.1], pa.float32()), "toxicity_labels": pa.array([{"insult": 0.8}, None])}
    >>> texts = {"text": ["You idiot.", "Gay men live in Paris."]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **texts, **scores})
    >>> value = Toxicity().value(Toxicity().fold(batch))
    >>> value.value, value.parts["identity"].value, value.parts["insult"].n, value.evidence[0].note
    (0.5, 0.0, 1, 'P(toxic) 0.900, insult 0.800')

    Source: Gehman et al. 2020 (arXiv 2009.11462), section 3; Dixon et al. 2018 (identity terms).
    """

    threshold: Annotated[float, Field(gt=0, lt=1)] = 0.5

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("text", "toxicity", "toxicity_labels")
    unit: ClassVar[str] = "share of texts"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2009.11462, section 3"

    def zero(self) -> Product:
        """No texts."""
        names = {"toxic": Ratio(), "mean": Moments(), "scores": Histogram(_EDGES), "skipped": Tally(), "worst": TopBy()}
        return Product({**names, "labels": Product(), "identity": Product()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the texts over the threshold."""
        there, seen = valid_mask(batch["text"]), valid_mask(batch["toxicity"])
        rows = np.flatnonzero(seen)
        scores = batch["toxicity"].filter(pa.array(seen)).to_numpy(zero_copy_only=False)
        labels = _labels(batch["toxicity_labels"].filter(pa.array(seen)))
        toxic = scores >= np.float32(self.threshold)
        skipped = {"no text": np.count_nonzero(~there), "no score": np.count_nonzero(there & ~seen)}
        hits = np.flatnonzero(toxic)
        return Product(
            {
                "toxic": Ratio(len(hits), len(rows)),
                "mean": Moments.of(scores),
                "scores": Histogram.of(scores, _EDGES),
                "labels": Product({name: self._over(of) for name, of in labels.items()}),
                "identity": _by_identity(batch["text"].filter(pa.array(seen)), toxic),
                "skipped": Tally({why: int(count) for why, count in skipped.items() if count}),
                "worst": TopBy.of(
                    scores[hits].astype(np.float64),
                    batch[ID].to_numpy()[rows[hits]],
                    lambda at: self._note(scores[hits[at]], {name: of[hits[at]] for name, of in labels.items()}),
                ),
            }
        )

    def _over(self, scores: NDArray[np.float32]) -> Ratio:
        known = scores[~np.isnan(scores)]
        return Ratio(int(np.count_nonzero(known >= np.float32(self.threshold))), len(known))

    def _note(self, score: Any, labels: dict[str, Any]) -> str:
        kinds = sorted((-value, name) for name, value in labels.items() if value >= np.float32(self.threshold))
        return ", ".join([f"P(toxic) {score:.3f}", *(f"{name} {-value:.3f}" for value, name in kinds)])

    def value(self, state: Product) -> Value:
        """The share of toxic texts."""
        skipped = state["skipped"].nonzero()
        value: Value = state["toxic"].share("no record has a text with a score")
        if value.value is None:
            return value.with_(skipped=skipped)
        ratios = {**state["labels"].states, **state["identity"].states}
        parts = {name: ratio.share() for name, ratio in ratios.items() if ratio.n}
        parts["mean"] = state["mean"].mean(within=self.range)
        plot = state["scores"].bins("P(toxic)")
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _labels(column: pa.Array) -> dict[str, NDArray[np.float32]]:
    """The scores of each label, NaN where there is none."""
    return {
        field.name: scores.cast(pa.float32()).fill_null(np.nan).to_numpy(zero_copy_only=False)
        for field, scores in zip(column.type, column.flatten(), strict=True)
    }


def _by_identity(texts: pa.Array, toxic: NDArray[np.bool_]) -> Product:
    groups = mentioned(texts)
    anyone = groups.pop("any")
    groups = {"identity": anyone, "no_identity": ~anyone, **{f"identity_{name}": of for name, of in groups.items()}}
    return Product({name: Ratio(int(np.count_nonzero(of & toxic)), int(np.count_nonzero(of))) for name, of in groups.items()})
