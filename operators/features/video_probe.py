"""Whether a clip decodes, to its end, and what it then is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import clips
from operators.kernels.clips import Clip


@dataclass(frozen=True)
class VideoProbe(Feature):
    """``video_fault`` (null where every frame decodes), ``video_width`` and ``video_height`` in pixels, ``video_fps``,
    ``video_seconds``, ``video_frames`` (decoded), ``video_codec`` and ``video_container`` (FFmpeg's names). Null clip: all
    null.

    Faults: ``empty``, ``unknown_format``, ``no_video`` (a container of sound alone), ``too_many_pixels`` (by the header, before
    decoding), ``no_frames``, ``truncated`` (fewer frames than the container promises), ``corrupt``. No more than ``max_frames``
    are decoded, and nothing but the clip's own bytes is opened: playlists are an unknown format. Cost: a full decode, about 350
    megapixels/s of H.264 a core.

    >>> batch = pa.RecordBatch.from_pydict({"video": pa.array([b"", None], pa.binary())})
    >>> VideoProbe().open()(batch)["video_fault"].to_pylist()
    ['empty', None]
    """

    max_frames: Annotated[int, Field(ge=1)] = clips.FRAMES
    max_pixels: Annotated[int, Field(ge=1)] = clips.MOST_PIXELS

    reads: ClassVar[tuple[str, ...]] = ("video",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "video_fault": pa.string(),
        "video_width": pa.int32(),
        "video_height": pa.int32(),
        "video_fps": pa.float64(),
        "video_seconds": pa.float64(),
        "video_frames": pa.int32(),
        "video_codec": pa.string(),
        "video_container": pa.string(),
    }
    faults: ClassVar[str | None] = "video_fault"
    requires: ClassVar[tuple[str, ...]] = ("av",)

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""

        def probed(batch: pa.RecordBatch) -> Columns:
            found = [self._probe(clip) for clip in batch["video"]]
            columns = {name: [getattr(one, name.removeprefix("video_")) for one in found] for name in self.writes}
            return {name: pa.array(columns[name], kind) for name, kind in self.writes.items()}

        return probed

    def _probe(self, clip: pa.Scalar) -> Clip:
        return clips.probe(clip.as_buffer(), self.max_frames, self.max_pixels) if clip.is_valid else Clip()
