"""A sample of pairs of a picture and a text in one space, and whether the space tells which belong together."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from engine.state import VectorSample
from engine.value import Z95, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.matching import Matching, matching
from operators.kernels.vectors import matrix, unit

SIZE = 2000
"""Pairs by which an encoder is judged."""
LEAST = 8
"""Fewer cannot show anything: with six all of them right is what chance does once in 30,000."""


def drawn(batch: pa.RecordBatch, size: int) -> VectorSample:
    """The pairs of a batch, drawn by their content: picture and caption in one vector."""
    both = valid_mask(batch["picture_vector"]) & valid_mask(batch["caption_vector"])
    chosen = pa.array(both)
    pictures, captions = (batch[name].filter(chosen) for name in ("picture_vector", "caption_vector"))
    joined = np.concatenate([matrix(pictures)[0], matrix(captions)[0]], 1)
    hashes = hash_array(pa.StructArray.from_arrays([pictures, captions], names=["picture", "caption"]))[:, 0]
    return VectorSample.of(size, hashes, batch[ID].to_numpy()[both], joined)


def similarity(vectors: NDArray[np.float16]) -> NDArray[np.float64]:
    """(n, n) cosines of every picture and every text of a sample."""
    pictures, captions = np.split(vectors.astype(np.float64), 2, axis=1)
    found: NDArray[np.float64] = unit(pictures) @ unit(captions).T
    return found


def judged(sample: VectorSample) -> Matching | str:
    """How right pairs stand among shuffled ones, or why that cannot be told."""
    n = len(sample.ids)
    if n < LEAST:
        return f"fewer than {LEAST} distinct pairs of a picture and a caption to judge the encoder by ({n})"
    found = matching(similarity(sample.vectors))
    return found.obstacle or found


def told(value: Value, sample: VectorSample) -> Value:
    """A number that rests on similarities, with how far the encoder can be believed; or why it cannot."""
    if value.value is None:
        return value
    found = judged(sample)
    if isinstance(found, str):
        return Value.missing(found, value.skipped)
    return value.with_(parts={**value.parts, **beside(found)})


def beside(found: Matching) -> dict[str, Value]:
    """What a judged encoder's numbers are read by."""
    half = Z95 / (12 * found.n) ** 0.5
    above = Value(
        found.above, n=found.n, low=max(0.0, found.above - half), high=min(1.0, found.above + half), estimator="sample"
    )
    return {
        "right captions above shuffled ones": above,
        "standard errors above chance": Value.exact(found.z, found.n),
        "mean cosine of shuffled pairs": Value.exact(found.shuffled, found.n),
    }
