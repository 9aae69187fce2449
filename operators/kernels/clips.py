"""Encoded clips as frames: decoded by PyAV's FFmpeg, bounded by frames, pixels and seconds, from memory alone."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

FRAMES = 3_000
"""The most frames of a clip that are decoded: 100 seconds of 30 a second."""
MOST_PIXELS = 8_847_360
"""Of a frame: 4096 x 2160."""
_FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,ogg,flv"
"""Containers of one file each: a playlist would open others."""
_SIGNED = (b"ftyp", b"AVI ", b"\x1aE\xdf\xa3", b"OggS", b"FLV\x01")


class Clip(NamedTuple):
    """What decoding a clip came to.

    Args:
        fault: None, or the first thing wrong: see `operators.features.video_probe`.
        width, height: in pixels, as stored.
        fps: average frames a second, 0 where the container does not say.
        seconds: as the container says; 0 where it does not.
        frames: that were decoded.
        whole: whether the end was reached.
        codec, container: FFmpeg's names.
    """

    fault: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    seconds: float | None = None
    frames: int | None = None
    whole: bool | None = None
    codec: str | None = None
    container: str | None = None


def probe(data: Any, most_frames: int = FRAMES, most_pixels: int = MOST_PIXELS) -> Clip:
    """Decode a clip, up to ``most_frames``.

    >>> probe(b"no clip").fault
    'unknown_format'
    """
    if len(data) == 0:
        return Clip("empty")
    try:
        container = _opened(data)
    except ImportError:
        raise
    except Exception:  # FFmpeg's demuxers raise whatever the bytes make them
        return Clip("corrupt" if any(sign in bytes(data[:16]) for sign in _SIGNED) else "unknown_format")
    with container:
        if not container.streams.video:
            return Clip("no_video", container=container.format.name)
        stream = container.streams.video[0]
        if stream.codec_context is None:  # of a codec that FFmpeg does not know
            return Clip("corrupt", container=container.format.name)
        told = Clip(
            None,
            stream.codec_context.width,
            stream.codec_context.height,
            float(stream.average_rate or 0),
            float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0,
            codec=stream.codec_context.name,
            container=container.format.name,
        )
        if told.width * told.height > most_pixels:  # type: ignore[operator]
            return told._replace(fault="too_many_pixels", frames=0)
        seen, fault = 0, None
        try:
            for _ in container.decode(stream):
                seen += 1
                if seen >= most_frames:
                    break
        except Exception:  # so do its decoders
            fault = "corrupt"
        promised = stream.frames
        if not seen:
            fault = fault or "no_frames"
        elif fault is None and promised and seen < most_frames and seen < promised - 1:
            fault = "truncated"  # one frame less than promised is how some muxers count
        return told._replace(fault=fault, frames=seen, whole=fault is None and seen < most_frames)


def frames(
    data: Any, side: int, most_frames: int = FRAMES, most_pixels: int = MOST_PIXELS
) -> Iterator[tuple[float, Image.Image]]:
    """The frames of a clip with their times in seconds, scaled so that the longer side is at most ``side``.

    Ends without a word where the clip does, or where it breaks.
    """
    try:
        with _opened(data) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            if context.width * context.height > most_pixels:
                return
            scale = min(1.0, side / max(context.width, context.height))
            size = [max(2, round(length * scale)) for length in (context.width, context.height)]
            for at, frame in enumerate(container.decode(stream)):
                if at >= most_frames or frame.width * frame.height > most_pixels:
                    return
                time = frame.time if frame.time is not None else at / float(stream.average_rate or 25)
                yield float(time), frame.to_image(width=size[0], height=size[1])
    except ImportError:
        raise
    except Exception:  # FFmpeg raises whatever the bytes make it; `features.video_probe` says what is wrong with each
        return


def sampled(data: Any, count: int, side: int, most_frames: int = FRAMES) -> list[Image.Image]:
    """``count`` frames at even distances, the first and the last among them; fewer where the clip has fewer.

    One pass that keeps at most twice ``count`` frames: where they become too many every other one is dropped.
    """
    kept: list[tuple[int, Image.Image]] = []
    step, last = 1, None
    for at, (_, image) in enumerate(frames(data, side, most_frames)):
        last = at, image
        if at % step == 0:
            kept.append(last)
            if len(kept) > 4 * count:
                step *= 2
                kept = [one for one in kept if one[0] % step == 0]
    if last is None:
        return []
    if kept[-1][0] != last[0]:
        kept.append(last)
    wanted = np.linspace(0, last[0], min(count, last[0] + 1))
    places = np.array([place for place, _ in kept])
    chosen = dict.fromkeys(int(np.abs(places - one).argmin()) for one in wanted)
    return [kept[at][1] for at in chosen]


def _opened(data: Any) -> Any:
    try:
        import av
    except ImportError as error:
        raise ImportError("clips need the package av: pip install llm-data-auditor[vision]") from error

    av.logging.set_level(av.logging.PANIC)
    return av.open(BytesIO(data), metadata_errors="ignore", options={"protocol_whitelist": "", "format_whitelist": _FORMATS})
