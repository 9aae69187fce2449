"""Whether a caption finds its picture among others, and a picture its caption."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio, VectorSample
from engine.value import Curve, Value
from operators.kernels.matching import ranks
from operators.vision_language import _pairs

_AT = (1, 5, 10)
_SHOWN = (1, 2, 3, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Retrieval(Metric[Product]):
    """R@1: the share of captions, and of pictures, whose own partner is the nearest of a pool.

    Pools of ``pool`` distinct pairs, at most ``pools`` of them, share no pair; pairs are drawn by a hash of their content, so
    the same data give the same pools. The number depends on the pool's size: ``pairs in a pool`` says what it was, and where
    there are fewer pairs than one pool takes all are one. A pair's rank is one more than the partners that are more alike; of
    equal ones the middle. Parts: R@1, R@5 and R@10 each way (``caption to picture R@5``) and the median ranks. The encoder,
    that of ``[features.image_text]``, is judged as by `operators.vision_language.clip_score`, and where it tells nothing there
    is no number. Data whose captions fit many pictures retrieve badly with any encoder. Skipped: records without a picture that
    decodes and a caption.

    0 to 1, higher is better; interval: Wilson's, of the queries. Cost: that of the model, then pool * pool cosines a pool.

    >>> from operators.kernels.vectors import VECTOR
    >>> vectors = pa.array(np.eye(8, dtype=np.float16).tolist(), VECTOR)
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(8), "picture_vector": vectors, "caption_vector": vectors})
    >>> Retrieval().value(Retrieval().fold(batch)).value
    1.0

    Source: Karpathy and Fei-Fei 2015, section 4.1; METRICS 7.4.

    Args:
        pool: pairs to search among.
        pools: how many, at most.
    """

    pool: Annotated[int, Field(ge=10, le=5000)] = 1000
    pools: Annotated[int, Field(ge=1, le=20)] = 5

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("picture_vector", "caption_vector")
    unit: ClassVar[str] = "share of queries"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Karpathy and Fei-Fei 2015, section 4.1"

    def zero(self) -> Product:
        """No pairs."""
        return Product({"pairs": VectorSample(self.pool * self.pools), "absent": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw pairs."""
        n = batch.num_rows
        both = batch["picture_vector"].is_valid().to_numpy(False) & batch["caption_vector"].is_valid().to_numpy(False)
        lacking = Ratio(n - int(np.count_nonzero(both)), n)
        return Product({"pairs": _pairs.drawn(batch, self.pool * self.pools), "absent": lacking})

    def value(self, state: Product) -> Value:
        """R@1, and all else beside it."""
        absent = state["absent"].hits
        skipped = {"no picture that decodes, or no caption": absent} if absent else {}
        sample: VectorSample = state["pairs"]
        found = _pairs.judged(_first(sample, _pairs.SIZE))
        if isinstance(found, str):
            return Value.missing(found, skipped)
        size = min(self.pool, len(sample.ids))
        starts = range(0, len(sample.ids) - size + 1, size)
        tables = [_pairs.similarity(sample.vectors[start : start + size]) for start in starts]
        ways = {
            "picture to caption": np.concatenate([ranks(table) for table in tables]),
            "caption to picture": np.concatenate([ranks(table.T) for table in tables]),
        }
        parts = {f"{way} R@{at}": _within(of, at) for way, of in ways.items() for at in _AT}
        parts |= {f"{way} median rank": Value.exact(float(np.median(of)), len(of)) for way, of in ways.items()}
        parts |= {"pairs in a pool": Value.exact(size, len(sample.ids)), **_pairs.beside(found)}
        both = np.concatenate(list(ways.values()))
        at = tuple(float(one) for one in _SHOWN if one <= size)
        plot = Curve(at, tuple(float((both <= one).mean()) for one in at), "rank", "share of queries")
        return _within(both, 1).with_(estimator="sample", skipped=skipped, parts=parts, plot=plot)


def _first(sample: VectorSample, size: int) -> VectorSample:
    """The part of a sample that a smaller one would be."""
    return VectorSample(size, sample.hashes[:size], sample.counts[:size], sample.ids[:size], sample.vectors[:size])


def _within(found: NDArray[np.float64], at: int) -> Value:
    return Ratio(int(np.count_nonzero(found <= at)), len(found)).share()
