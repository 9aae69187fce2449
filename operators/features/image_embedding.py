"""Vectors of images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, attempt
from operators.embedding import vision
from operators.embedding.encoded import Encoded
from operators.kernels.buffers import valid_mask
from operators.kernels.pictures import MOST_PIXELS
from operators.kernels.vectors import VECTOR, column, finished
from operators.models import model_files


@dataclass(frozen=True)
class ImageEmbedding(Encoded):
    """``embedding``: the vector of ``image``, of float16. An image that does not decode has none.

    A plan embeds images or texts: with ``[features.image_embedding]`` every metric on embeddings is about images. An image is
    taken as a viewer shows it: EXIF's orientation is applied, what is transparent lies on white. Cost: decoding and a forward
    pass of the model.

    Args:
        model: a name on the hub, a folder, or a folder's URL; of transformers: CLIP, SigLIP, ViT, DINOv2 and their like.
        pooling: what the model says of itself (CLIP: its projection into the space of texts), the first patch's vector, or the
            mean of all.
        normalise: to length one.
        dtype: of the model's weights and products.
        batch: images that go through the model together.
        max_pixels: an image of more has no vector.

    Source: Radford et al. 2021, "CLIP", section 2.3; the default is CMMD's (Jayasumana et al. 2024, section 4).
    """

    model: Annotated[str, Field(min_length=1)] = "openai/clip-vit-large-patch14-336"
    batch: Annotated[int, Field(ge=1)] = 32
    max_pixels: Annotated[int, Field(ge=1)] = MOST_PIXELS

    version: ClassVar[int] = 2
    reads: ClassVar[tuple[str, ...]] = ("image",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"embedding": VECTOR}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the model."""
        folder = model_files.fetched(self.model)
        encoder = vision.load(folder, self.pooling, self.dtype, self.batch, self.max_pixels)
        return lambda batch: self._columns(encoder, batch["image"])

    def _columns(self, encoder: Any, images: pa.Array) -> Columns:
        valid = valid_mask(images)
        at = np.flatnonzero(valid)
        vectors, decodes = encoder([images[row].as_buffer() for row in at.tolist()], attempt())
        valid[at[~decodes]] = False
        return {"embedding": column(finished(vectors, self.normalise), valid)}
