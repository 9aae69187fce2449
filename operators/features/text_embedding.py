"""Vectors of texts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from engine.feature import Columns, attempt
from operators.embedding import static, transformer
from operators.embedding.encoded import Encoded
from operators.kernels.vectors import VECTOR, column, finished
from operators.models import model_files


@dataclass(frozen=True)
class TextEmbedding(Encoded):
    """``embedding``: the vector of ``content_text``, of float16; ``embedding_cut``: whether the encoder saw only its beginning.

    A null or blank text has none. Texts are batched by length, so that hardly anything is padded; a text longer than the
    encoder's window is cut, and counted (`operators.corpus.truncated_share`). The numbers depend on the batch in float32's last
    bits, which sometimes shows in the last bit of float16. Cost: a forward pass of the model, 46 texts of 650 characters a
    CPU-second for the default.

    Args:
        model: a name on the hub, a folder, or a folder's URL; of transformers, or a static table as model2vec writes it.
        pooling: the mean of the tokens' vectors, the first one's, or what the model says of itself.
        normalise: to length one.
        prefix: what the model wants before every text ("query: ").
        max_tokens: the window; default: what the model says of itself.
        dtype: of the model's weights and products.
        batch_tokens: the most tokens in a batch, padding included; default: 2,048, on a GPU 131,072.

    Source: Reimers and Gurevych 2019, "Sentence-BERT", section 3.
    """

    model: Annotated[str, Field(min_length=1)] = "sentence-transformers/all-MiniLM-L6-v2"
    prefix: str = ""
    max_tokens: Annotated[int, Field(ge=4)] | None = None
    batch_tokens: Annotated[int, Field(ge=1)] | None = None

    reads: ClassVar[tuple[str, ...]] = ("content_text",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"embedding": VECTOR, "embedding_cut": pa.bool_()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load the model."""
        folder = model_files.fetched(self.model)
        if static.is_static(folder):
            encoder: Any = static.load(folder)
        else:
            encoder = transformer.load(folder, self.pooling, self.max_tokens, self.dtype, self.batch_tokens)
        return lambda batch: self._columns(encoder, batch["content_text"])

    def _columns(self, encoder: Any, texts: pa.Array) -> Columns:
        there = pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0), False)
        valid = there.to_numpy(zero_copy_only=False)
        distinct = texts.filter(there).dictionary_encode()  # a text that comes again costs nothing
        given = distinct.dictionary.to_pylist()
        vectors, cut = encoder([self.prefix + text for text in given] if self.prefix else given, attempt())
        again = distinct.indices.to_numpy()
        vectors, cut = vectors[again], cut[again]
        seen = np.zeros(len(texts), np.bool_)
        seen[valid] = cut
        return {"embedding": column(finished(vectors, self.normalise), valid), "embedding_cut": pa.array(seen, mask=~valid)}
