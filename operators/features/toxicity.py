"""How toxic a classifier finds a text."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns
from operators.features._scored import Scored, column, judged
from operators.models import toxic_lstm
from operators.models.scorer import Scorer, Scores

LABELS = toxic_lstm.LABELS[1:]
"""Kinds of toxicity, as the Jigsaw toxic comment challenge names them."""
STRUCT = pa.struct([(label, pa.float32()) for label in LABELS])


@dataclass(frozen=True)
class Toxicity(Scored):
    """``toxicity``: P(toxic) of ``text``; ``toxicity_labels``: that of severe_toxic, obscene, threat, insult, identity_hate.

    The default classifier (``model = ""``) is a small LSTM whose weights come inside the wheel of toxic-comment-classifier
    (`operators.models.toxic_lstm`): trained on comments on Wikipedia's talk pages, it reads English words and hardly context.
    Of a text of over 100 known words it reads windows of 100; the scores are the greatest of any window, so a long text
    has more chances. It finds harmless sentences toxic for the people that they mention: "I am a gay man living in Paris" 0.80.
    A null or blank text has no score, nor has one without a word that the default knows. Labels that a classifier lacks are
    null. Cost: 2,800 texts of up to 100 words a CPU-second for the default.

    Args:
        model: "" for the default; else a model of transformers, or a function ``package.module:function``.

    Source: Dixon et al. 2018, "Measuring and Mitigating Unintended Bias in Text Classification".
    """

    reads: ClassVar[tuple[str, ...]] = ("text",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"toxicity": pa.float32(), "toxicity_labels": STRUCT}

    def obstacle(self) -> str | None:
        """Whether the classifier can be had."""
        return super().obstacle() if self.model else toxic_lstm.obstacle()

    def identity(self) -> Mapping[str, Any]:
        """The weights, or the function's source."""
        return super().identity() if self.model else toxic_lstm.identity()

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the classifier."""
        classify = self.scorer() if self.model else _default()
        return lambda batch: _columns(classify, batch["text"])


def _default() -> Scorer:
    model = toxic_lstm.load()

    def classify(texts: Sequence[str], _: int) -> Scores:
        found = model(texts)
        return Scores(found[:, 0], {label: found[:, at] for at, label in enumerate(LABELS, 1)})

    return classify


def _columns(classify: Scorer, texts: pa.Array) -> Columns:
    found = judged(classify, texts)
    nothing = np.full(len(texts), np.nan, np.float32)
    parts = [column(found.labels.get(label, nothing)) for label in LABELS]
    scores = column(found.harm)
    return {"toxicity": scores, "toxicity_labels": pa.StructArray.from_arrays(parts, fields=list(STRUCT))}
