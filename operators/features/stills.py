"""The pictures of a record: its image, or frames of its clip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from PIL import Image
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels import clips


@dataclass(frozen=True)
class Stills(Feature):
    """``stills``: the encoded pictures of a record for models to look at, and how many come of its clip (``stills_of_clip``).

    The image stands first, as it is; of a clip ``frames`` frames at even distances, the first and the last among them, scaled
    so that the longer side is at most ``side``, as JPEG of quality 95. Null where there is neither an image nor a frame.

    >>> batch = pa.RecordBatch.from_pydict({"image": pa.array([b"as it is", None], pa.binary())})
    >>> Stills().open()(batch)["stills"].to_pylist()
    [[b'as it is'], None]

    Source: METRICS 7.2 (frames of a clip), 7.5 (the maximum over frames).
    """

    frames: Annotated[int, Field(ge=1, le=256)] = 8
    side: Annotated[int, Field(ge=16, le=4096)] = 512
    max_frames: Annotated[int, Field(ge=1)] = clips.FRAMES

    reads: ClassVar[tuple[str, ...]] = ()
    may_read: ClassVar[tuple[str, ...]] = ("image", "video")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"stills": pa.list_(pa.binary()), "stills_of_clip": pa.int32()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return self._columns

    def _columns(self, batch: pa.RecordBatch) -> Columns:
        nothing = pa.nulls(batch.num_rows, pa.binary())
        images, videos = (batch[name] if name in batch.schema.names else nothing for name in self.may_read)
        shown: list[list[bytes] | None] = []
        moving: list[int | None] = []
        for image, video in zip(images, videos, strict=True):
            frames = self._frames(video.as_buffer()) if video.is_valid else []
            still = [image.as_py()] if image.is_valid else []
            shown.append([*still, *frames] or None)
            moving.append(len(frames) if still or frames else None)
        return {"stills": pa.array(shown, self.writes["stills"]), "stills_of_clip": pa.array(moving, pa.int32())}

    def _frames(self, data: Any) -> list[bytes]:
        return [_encoded(frame) for frame in clips.sampled(data, self.frames, self.side, self.max_frames)]


def _encoded(frame: Image.Image) -> bytes:
    out = BytesIO()
    frame.save(out, "JPEG", quality=95)
    return out.getvalue()
