"""Texts in other words, by a function of the user's own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators import plugged
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array


@dataclass(frozen=True)
class Paraphrase(Feature):
    """``paraphrase`` of ``text``: what the function that the plan names makes of it; null where it makes nothing.

    The function is given a list of different texts and returns as many strings, or None in their places. Which texts are
    asked for is drawn by a hash of the text. What it returned is kept, so that it need not say the same again.

    Args:
        function: "package.module:function" (`operators.plugged`).
        share: of the texts, to paraphrase.

    Source: Ribeiro et al. 2020, CheckList (arXiv 2005.04118), section 2.
    """

    function: str = ""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0

    reads: ClassVar[tuple[str, ...]] = ("text",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"paraphrase": pa.large_string()}
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it gives every text to a function, which the plan must name"

    def obstacle(self) -> str | None:
        """Whether a function is named and can be had."""
        if not self.function:
            return 'needs [features.paraphrase] in the plan: function = "package.module:function"'
        return plugged.obstacle(self.function)

    def identity(self) -> Mapping[str, Any]:
        """The function."""
        return plugged.identity(self.function)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Import the function."""
        function = plugged.plugged(self.function)
        return lambda batch: {"paraphrase": self._said(function, batch["text"].cast(pa.large_string()))}

    def _said(self, function: Callable[[list[str]], list[str | None]], texts: pa.Array) -> pa.Array:
        drawn = valid_mask(texts) & (hash_array(texts)[:, 1] / 2.0**64 < self.share)
        distinct = texts.filter(pa.array(drawn)).dictionary_encode()  # a text that comes again costs nothing
        given = distinct.dictionary.to_pylist()
        found = list(function(given)) if given else []
        if len(found) != len(given) or not all(one is None or isinstance(one, str) for one in found):
            raise ValueError(
                f"{self.function} returned {len(found)} answers to {len(given)} texts, or some that are no strings"
            )
        said: list[str | None] = [None] * len(texts)
        for row, at in zip(np.flatnonzero(drawn).tolist(), distinct.indices.to_pylist(), strict=True):
            said[row] = found[at]
        return pa.array(said, pa.large_string())
