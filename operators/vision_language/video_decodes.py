"""Clips that decode."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Histogram, Product, Ratio, Tally
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, valid_share

_FAULTS = ("empty", "unknown_format", "no_video", "too_many_pixels", "no_frames", "truncated", "corrupt")
_SECONDS = tuple(float(2.0**power) for power in range(-4, 13))


@dataclass(frozen=True)
class VideoDecodes(Metric[Product]):
    """The share of clips whose every frame decodes, up to the 3,000th.

    ``decoded / clips``. All frames are decoded, not the header and the first alone, and counted against what the container
    promises. Skipped: records without a clip (null). Parts: the share of clips with each fault, and of the decoded ones that
    are of each codec (``codec h264``). The plot counts decoded clips by seconds.

    0 to 1, higher is better, Wilson interval. Cost: the decoding, by the feature ``video_probe``; then nothing.

    >>> columns = {"video_fault": [None, "truncated"], "video_seconds": [2.0, 2.0], "video_codec": ["h264", "h264"]}
    >>> columns |= {"_id": [0, 1], "_fault": pa.nulls(2, pa.string())}
    >>> value = VideoDecodes().value(VideoDecodes().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.evidence[0].note
    (0.5, 'truncated')

    Source: METRICS 7.1; The LLM Data Auditor (arXiv 2601.17717), vision-language validity.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("video_fault", "video_seconds", "video_codec")
    unit: ClassVar[str] = "share of clips"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "METRICS 7.1"

    def zero(self) -> Product:
        """No clips."""
        return nothing_judged() + Product({"codecs": Tally(), "seconds": Histogram(_SECONDS)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count faults, codecs and durations."""
        faults = batch["video_fault"].cast(pa.string())
        decoded = ~valid_mask(faults) & valid_mask(batch["video_codec"])
        codes = pc.index_in(faults, pa.array(_FAULTS)).fill_null(SKIPPED - 1).to_numpy().astype(np.int64) + 1
        codes = np.where(decoded, 0, codes)
        seconds = batch["video_seconds"].cast(pa.float64()).fill_null(0).to_numpy()[decoded]
        codecs = batch["video_codec"].filter(pa.array(decoded)).value_counts()
        state = judged(batch, codes, _FAULTS, lambda row: _FAULTS[codes[row] - 1].replace("_", " "))
        return state + Product(
            {
                "codecs": Tally({str(pair["values"]): pair["counts"].as_py() for pair in codecs}),
                "seconds": Histogram.of(seconds[seconds > 0], _SECONDS),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of clips that decode."""
        codecs: dict[str, int] = state["codecs"].nonzero()
        decoded = sum(codecs.values())
        parts = {f"codec {name}": Ratio(count, decoded).share() for name, count in codecs.items()}
        value = valid_share(state, "no record has a clip", parts)
        return value if value.value is None else value.with_(plot=state["seconds"].bins("seconds", log_x=True))
