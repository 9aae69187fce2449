"""How toxic a classifier finds a caption."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns
from operators.features.toxicity import STRUCT, Toxicity


@dataclass(frozen=True)
class CaptionToxicity(Toxicity):
    """``caption_toxicity`` and ``caption_toxicity_labels``: what `operators.features.toxicity` says of ``caption``.

    Source: Dixon et al. 2018; METRICS 7.5.
    """

    reads: ClassVar[tuple[str, ...]] = ("caption",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"caption_toxicity": pa.float32(), "caption_toxicity_labels": STRUCT}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the classifier."""
        judge = super().open()

        def judged(batch: pa.RecordBatch) -> Columns:
            found = judge(pa.RecordBatch.from_pydict({"text": batch["caption"]}))
            return {f"caption_{name}": column for name, column in found.items()}

        return judged
