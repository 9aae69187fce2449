"""What a clip looks like, in 64 bits for each of some of its frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.feature import Columns, Feature
from operators.kernels import clips
from operators.kernels.perceptual import phash

FRAMES = 16
_SIDE = 128


@dataclass(frozen=True)
class ClipHash(Feature):
    """``clip_hash``: the pHashes of 16 frames of ``video`` at even distances, the first and the last among them: 128 bytes.

    So that clips of one content are alike frame by frame, whatever their size and rate; one that was cut or slowed is not. A
    clip of fewer frames repeats them. Null where no frame decodes. Cost: a full decode, at most 3,000 frames.

    >>> batch = pa.RecordBatch.from_pydict({"video": pa.array([b"no clip", None], pa.binary())})
    >>> ClipHash().open()(batch)["clip_hash"].to_pylist()
    [None, None]

    Source: Zauner 2010 (pHash); METRICS 7.3.
    """

    reads: ClassVar[tuple[str, ...]] = ("video",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"clip_hash": pa.binary()}
    requires: ClassVar[tuple[str, ...]] = ("av",)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"clip_hash": pa.array([_hashed(clip.as_buffer()) for clip in batch["video"]], pa.binary())}


def _hashed(data: Any) -> bytes | None:
    frames = [] if data is None else clips.sampled(data, FRAMES, _SIDE)
    if not frames:
        return None
    at = np.linspace(0, len(frames) - 1, FRAMES).round().astype(int).tolist()
    return b"".join(phash(frames[one]).to_bytes(8, "big") for one in at)
