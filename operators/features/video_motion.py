"""How the frames of a clip differ from one to the next."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import clips
from operators.kernels.flow import displacement
from operators.kernels.pictures import luma

STRUCT = pa.struct([("pairs", pa.int32()), ("difference", pa.float64()), ("flow", pa.float64()), ("still", pa.float64())])


@dataclass(frozen=True)
class VideoMotion(Feature):
    """``video_motion``: over pairs of neighbouring frames, the mean absolute ``difference`` of their pixels (0 to 255), the
    mean length of the optical ``flow`` in diagonals of the frame a second, the share of pairs that are the same (``still``),
    and the number of ``pairs``.

    Frames are scaled so that the longer side is at most ``side``. Differences are of all neighbouring frames, flow is of
    ``pairs`` of them at even distances through the clip. A clip of fewer than two frames that decode has none. Cost: a full
    decode, and 15 ms a pair for the flow.

    Source: METRICS 7.2 and 7.3; Huang et al. 2024 (VBench), temporal flickering; Lucas and Kanade 1981.
    """

    side: Annotated[int, Field(ge=16, le=1024)] = 128
    pairs: Annotated[int, Field(ge=1, le=1000)] = 16
    max_frames: Annotated[int, Field(ge=2)] = clips.FRAMES

    reads: ClassVar[tuple[str, ...]] = ("video",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"video_motion": STRUCT}
    requires: ClassVar[tuple[str, ...]] = ("av",)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {
            "video_motion": pa.array([self._motion(clip.as_buffer()) for clip in batch["video"]], STRUCT),
        }

    def _motion(self, data: Any) -> dict[str, Any] | None:
        found = [] if data is None else list(clips.frames(data, self.side, self.max_frames))
        if len(found) < 2:
            return None
        steps = [np.abs(np.asarray(b, np.int16) - np.asarray(a, np.int16)).mean() for (_, a), (_, b) in pairwise(found)]
        some = np.unique(np.linspace(0, len(found) - 2, min(self.pairs, len(found) - 1)).round().astype(int)).tolist()
        moved = [flow for at in some if (flow := _moved(*found[at : at + 2])) is not None]
        return {
            "pairs": len(steps),
            "difference": float(np.mean(steps)),
            "flow": float(np.mean(moved)) if moved else None,
            "still": float(np.mean(np.equal(steps, 0))),
        }


def _moved(one: tuple[float, Any], other: tuple[float, Any]) -> float | None:
    """Diagonals a second; None where the clip's clock does not go on."""
    (start, before), (end, after) = one, other
    if not end > start:
        return None
    return displacement(luma(before).astype(np.float64), luma(after).astype(np.float64)) / (end - start)
