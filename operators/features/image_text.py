"""Pictures and captions in one space."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Columns, attempt
from operators.embedding import image_text
from operators.embedding.encoded import Encoded
from operators.embedding.image_text import ImageText as Model
from operators.kernels.pictures import MOST_PIXELS
from operators.kernels.vectors import VECTOR, column, unit
from operators.models import model_files

_NUMBERS = pa.list_(pa.float32())
Rows = list[list[float] | None]


@dataclass(frozen=True)
class ImageText(Encoded):
    """What a model with a tower of pictures and one of texts makes of ``stills``, ``caption`` and ``captions``.

    Columns written:
        picture_vector, caption_vector: of length one; of a clip the mean of its frames', of the caption alone.
        caption_cosines: of the picture and each text: the caption, then the others.
        frame_cosines: of each frame of a clip and the caption, in their order.
        frame_steps, frame_starts: of each frame but the first and the one before it, and the first one.
        caption_tokens: of each text, those at its ends included, before it is cut; caption_window: the most that the model
            takes.

    A longer text is cut at the window, its end token kept. Null where a record lacks what a column is made of. Cost: a forward
    pass a picture and a text.

    Args:
        model: a name on the hub, a folder, or a folder's URL; of transformers: CLIP, SigLIP and their like.
        dtype: of the model's weights and products.
        batch: pictures that go through the model together.
        max_pixels: a picture of more has no vector.

    Source: Radford et al. 2021 (CLIP), section 2.3; Hessel et al. 2021 (CLIPScore); Huang et al. 2024 (VBench).
    """

    model: Annotated[str, Field(min_length=1)] = "openai/clip-vit-base-patch32"
    batch: Annotated[int, Field(ge=1)] = 32
    max_pixels: Annotated[int, Field(ge=1)] = MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("stills", "stills_of_clip", "caption")
    may_read: ClassVar[tuple[str, ...]] = ("captions",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "picture_vector": VECTOR,
        "caption_vector": VECTOR,
        "caption_cosines": _NUMBERS,
        "frame_cosines": _NUMBERS,
        "frame_steps": _NUMBERS,
        "frame_starts": _NUMBERS,
        "caption_tokens": pa.list_(pa.int32()),
        "caption_window": pa.int32(),
    }

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the model."""
        model = image_text.load(model_files.fetched(self.model), self.dtype, self.batch, self.max_pixels)
        return lambda batch: _columns(model, batch)


@dataclass(frozen=True)
class _Parts:
    """Vectors of things that records have several of: record ``i`` has those from ``ends[i]`` to ``ends[i + 1]``."""

    vectors: NDArray[np.float32]
    ends: NDArray[np.int64]

    def of(self, row: int) -> NDArray[np.float32]:
        return self.vectors[self.ends[row] : self.ends[row + 1]]


def _columns(model: Model, batch: pa.RecordBatch) -> Columns:
    texts = _texts(batch)
    said = model.texts([text for row in texts for text in row])
    captions = _Parts(said.vectors, _ends([len(row) for row in texts]))
    pictures = _pictures(model, batch["stills"])
    moving = batch["stills_of_clip"].fill_null(0).to_numpy().astype(np.int64)
    n = batch.num_rows
    first = [captions.of(row)[:1] for row in range(n)]
    mean = [unit(pictures.of(row).mean(0, keepdims=True)) if len(pictures.of(row)) else pictures.of(row) for row in range(n)]
    frames = [pictures.of(row) if moving[row] and len(pictures.of(row)) > 1 else None for row in range(n)]
    tokens = [said.tokens[start:end] or None for start, end in zip(captions.ends[:-1], captions.ends[1:], strict=True)]
    numbers = {
        "caption_cosines": [_cosines(captions.of(row), mean[row]) for row in range(n)],
        "frame_cosines": [None if one is None else _cosines(one, first[row]) for row, one in enumerate(frames)],
        "frame_steps": [None if one is None else (one[1:] * one[:-1]).sum(1).tolist() for one in frames],
        "frame_starts": [None if one is None else (one[1:] @ one[0]).tolist() for one in frames],
    }
    return {
        "picture_vector": _vectors(mean),
        "caption_vector": _vectors(first),
        **{name: pa.array(rows, _NUMBERS) for name, rows in numbers.items()},
        "caption_tokens": pa.array(tokens, pa.list_(pa.int32())),
        "caption_window": pa.array([model.window if some else None for some in tokens], pa.int32()),
    }


def _texts(batch: pa.RecordBatch) -> list[list[str]]:
    """The caption and the others of each record, blank ones left out; the caption once."""
    others: list[Any] = batch["captions"].to_pylist() if "captions" in batch.schema.names else [None] * batch.num_rows
    every = zip(batch["caption"].to_pylist(), others, strict=True)
    return [[text for text in dict.fromkeys([one, *(more or ())]) if text and text.strip()] for one, more in every]


def _pictures(model: Model, stills: pa.Array) -> _Parts:
    shown = [[one for one in row.values if one.is_valid] if row.is_valid else [] for row in stills]
    vectors, decodes = model.images([one.as_buffer() for row in shown for one in row], attempt())
    ends = _ends([len(row) for row in shown])
    there = np.concatenate([[0], np.cumsum(decodes)]).astype(np.int64)
    return _Parts(vectors, there[ends])


def _ends(lengths: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _cosines(many: NDArray[np.float32], one: NDArray[np.float32]) -> list[float] | None:
    return (many @ one[0]).tolist() if len(many) and len(one) else None


def _vectors(rows: list[NDArray[np.float32]]) -> pa.Array:
    valid = np.array([len(row) > 0 for row in rows], np.bool_)
    some = [row for row in rows if len(row)]
    return column(np.concatenate(some) if some else np.zeros((0, 1), np.float32), valid)
