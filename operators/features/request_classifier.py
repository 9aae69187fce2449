"""What a classifier finds in a request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns
from operators.features._scored import Scored, column, judged
from operators.models.scorer import HARMLESS, Scorer

_SURE = np.float32(0.5)


@dataclass(frozen=True)
class RequestClassifier(Scored):
    """``request_risk`` and ``request_kinds`` of ``request`` by a classifier of the user's: they take the place of the rules'.

    The kinds are the labels of at least one half, but those that mean no harm. There is no default: none of the published
    classifiers comes in a package. A null or blank request has neither. Cost: a forward pass of the model.

    Args:
        model: a model of transformers, or a function ``package.module:function``.

    Source: Inan et al. 2023 (arXiv 2312.06674), section 3.
    """

    reads: ClassVar[tuple[str, ...]] = ("request",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"request_risk": pa.float32(), "request_kinds": pa.list_(pa.string())}

    def obstacle(self) -> str | None:
        """Whether the classifier can be had."""
        return super().obstacle() if self.model else "needs a model in [features.request_classifier]"

    def identity(self) -> Mapping[str, str]:
        """The weights, or the function's source."""
        return super().identity() if self.model else {}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the classifier."""
        classify = self.scorer()
        return lambda batch: _columns(classify, batch["request"])


def _columns(classify: Scorer, requests: pa.Array) -> Columns:
    found = judged(classify, requests)
    kinds: list[list[str] | None] = [None if missing else [] for missing in np.isnan(found.harm).tolist()]
    for name, scores in sorted(found.labels.items()):
        if name not in HARMLESS:
            for row in np.flatnonzero(scores >= _SURE).tolist():
                kinds[row] = [*(kinds[row] or []), name]
    return {"request_risk": column(found.harm), "request_kinds": pa.array(kinds, pa.list_(pa.string()))}
