"""What features that put texts through a classifier share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Feature, Resources, attempt
from operators.models import scorer
from operators.models.scorer import Scorer

_DECIMALS = 3
"""Kept of a score: what a text's neighbours in a batch change is below a millionth."""


class Judged(NamedTuple):
    """Scores of ``n`` rows, NaN where a row has none: the harm, and each label's where the classifier has it."""

    harm: NDArray[np.float32]
    labels: dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Scored(Feature):
    """A feature with a classifier, kept beside each unit.

    Args:
        model: a name on the hub, a folder, or a folder's URL, of transformers for sequence classification, its weights as
            safetensors; or a function ``package.module:function`` from a list of texts to a list of numbers from 0 to 1.
        label: of the model: whose probability is the score; default: as `operators.models.scorer.harm_of` finds it.
        max_tokens: the window; default: what the model says of itself.
        dtype: of the model's weights and products.
        batch_tokens: the most tokens in a batch, padding included; default: 2,048, on a GPU 131,072.
    """

    model: str = ""
    label: str = ""
    max_tokens: Annotated[int, Field(ge=4)] | None = None
    dtype: Literal["float32", "bfloat16"] = "float32"
    batch_tokens: Annotated[int, Field(ge=1)] | None = None

    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every record through a classifier"

    @property
    def resources(self) -> Resources:
        """A core and a model, a GPU where there is one."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether the classifier can be had."""
        return scorer.obstacle(self.model)

    def identity(self) -> Mapping[str, Any]:
        """The weights, or the function's source."""
        return scorer.identity(self.model)

    def scorer(self) -> Scorer:
        """The classifier, loaded."""
        return scorer.opened(self.model, self.label, self.max_tokens, self.dtype, self.batch_tokens)


def judged(classify: Scorer, texts: pa.Array) -> Judged:
    """Scores of texts, those that are null or blank left out; a text that comes again costs nothing."""
    there = pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0), False)
    valid = there.to_numpy(zero_copy_only=False)
    distinct = texts.filter(there).dictionary_encode()
    found = classify(distinct.dictionary.to_pylist(), attempt())
    again = distinct.indices.to_numpy()

    def spread(scores: NDArray[np.float32]) -> NDArray[np.float32]:
        rows = np.full(len(texts), np.nan, np.float32)
        rows[valid] = np.round(scores, _DECIMALS)[again]
        return rows

    return Judged(spread(found.harm), {name: spread(scores) for name, scores in found.labels.items()})


def column(scores: NDArray[np.float32]) -> pa.Array:
    """Scores as a column, null where there is none."""
    return pa.array(scores, pa.float32(), mask=np.isnan(scores))
