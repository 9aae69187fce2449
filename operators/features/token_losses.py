"""What a language model makes of a text, token by token, in a few numbers."""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Columns, Feature, Resources, attempt
from operators.models import causal, model_files
from operators.models.causal import Causal, Scored


@dataclass(frozen=True)
class TokenLosses(Feature):
    """Of ``text`` under a causal language model: its loss, and the scores that tell what such a model was trained on.

    ``loss_sum`` is the sum of ``-ln p`` over its ``loss_tokens`` tokens, each given what stands before it in its window;
    ``loss_bytes`` are the bytes of these tokens. ``loss_lowest`` is the mean of the least ``lowest_percent`` % of ``ln p`` (at
    least one token), ``loss_lowest_normalised`` the same after ``(ln p - mean) / deviation`` under the model's distribution at
    each place. ``loss_zlib_bytes``: what zlib (level 6) makes of the text. ``loss_cut``: whether the text goes on beyond
    ``max_tokens``. ``loss_baseline``: nats a byte under ``baseline_model``, where there is one.

    A text longer than the window goes through it in windows ``stride`` apart, every token counted once. A text's first token
    counts only where ``start`` puts one before it. What spells a special token in a text is text. Null without a token that
    counts. Cost: a forward pass, twice over for long texts at the default stride.

    Args:
        model: a name on the hub, a folder, or a folder's URL: a causal language model of transformers.
        baseline_model: another one, that did not see the texts, for how hard they are of themselves.
        window: the most tokens that the model sees at once; default: 1,024, or what the model says of itself where fewer.
        stride: from one window to the next; default: half of the window. Less takes longer and gives more context.
        start: the token before every text: what the model's tokenizer puts there, "always" or "never" its bos_token.
        lowest_percent: of Min-k%.
        max_tokens: of a text.
        dtype: of the model's weights and products.
        batch_tokens: the most tokens in a batch, padding included; default: 2,048, on a GPU 131,072, fewer for large
            vocabularies.

    Source: Carlini et al. 2021 (arXiv 2012.07805), section 5.2; Shi et al. 2024 (Min-k%, arXiv 2310.16789), section 4; Zhang
    et al. 2025 (Min-k%++, arXiv 2404.02936), section 4.
    """

    model: str = ""
    baseline_model: str = ""
    window: Annotated[int, Field(ge=2)] | None = None
    stride: Annotated[int, Field(ge=1)] | None = None
    start: Literal["model", "always", "never"] = "model"
    lowest_percent: Annotated[float, Field(gt=0, le=100)] = 20.0
    max_tokens: Annotated[int, Field(ge=2)] = 1 << 16
    dtype: Literal["float32", "bfloat16"] = "float32"
    batch_tokens: Annotated[int, Field(ge=1)] | None = None

    reads: ClassVar[tuple[str, ...]] = ("text",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "loss_sum": pa.float64(),
        "loss_tokens": pa.int64(),
        "loss_bytes": pa.int64(),
        "loss_lowest": pa.float64(),
        "loss_lowest_normalised": pa.float64(),
        "loss_zlib_bytes": pa.int64(),
        "loss_cut": pa.bool_(),
        "loss_baseline": pa.float64(),
    }
    requires: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it sends every text through a language model, which the plan must name"

    @property
    def resources(self) -> Resources:
        """A core and a model, a GPU where there is one."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether a model is named and can be had."""
        if not self.model:
            return 'needs [features.token_losses] in the plan: model = "...", a causal language model'
        named = filter(None, (self.model, self.baseline_model))
        return next(filter(None, map(model_files.obstacle, named)), None)

    def identity(self) -> Mapping[str, Any]:
        """The weights."""
        baseline = {"baseline": model_files.identity(self.baseline_model)} if self.baseline_model else {}
        return {**model_files.identity(self.model), **baseline}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the models."""
        models = [self._loaded(name) for name in (self.model, self.baseline_model) if name]
        return lambda batch: self._columns(models, batch["text"])

    def _loaded(self, model: str) -> Causal:
        folder = model_files.fetched(model)
        return causal.load(folder, self.window, self.stride, self.max_tokens, self.start, self.dtype, self.batch_tokens)

    def _columns(self, models: list[Causal], texts: pa.Array) -> Columns:
        distinct = texts.dictionary_encode()  # a text that comes again costs nothing
        given = distinct.dictionary.to_pylist()
        scored, *others = (model(given, attempt()) for model in models)
        baseline = map(nats_a_byte, others[0]) if others else repeat(None)
        each = [
            (*summary(one, self.lowest_percent), other) if len(one.log_p) else None
            for one, other in zip(scored, baseline, strict=False)
        ]
        rows = [None if at is None else each[at] for at in distinct.indices.to_pylist()]
        return {name: pa.array([row and row[at] for row in rows], kind) for at, (name, kind) in enumerate(self.writes.items())}


def summary(scored: Scored, lowest_percent: float) -> tuple[float, int, int, float, float, int, bool]:
    """The columns of one text."""
    return (
        math.fsum(-scored.log_p),
        len(scored.log_p),
        _bytes(scored),
        lowest_mean(scored.log_p, lowest_percent),
        lowest_mean(scored.normalised, lowest_percent),
        len(zlib.compress(scored.seen.encode(), 6)),
        scored.cut,
    )


def nats_a_byte(scored: Scored) -> float | None:
    """The loss of a text over the bytes of its tokens; None without any."""
    return math.fsum(-scored.log_p) / size if (size := _bytes(scored)) else None


def _bytes(scored: Scored) -> int:
    return len(scored.seen[scored.before :].encode())


def lowest_mean(values: NDArray[np.float64], percent: float) -> float:
    """The mean of the lowest so many per cent of some numbers, of at least one.

    >>> lowest_mean(np.array([-1.0, -4.0, -2.0, -3.0, 0.0]), 40)
    -3.5
    """
    count = max(1, int(len(values) * percent / 100))
    return math.fsum(np.partition(values, count - 1)[:count]) / count
