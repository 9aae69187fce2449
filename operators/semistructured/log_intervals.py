"""The times between a log's lines beside a real log's."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Comparison
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Quantiles, Succession, Tally
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.log_lines import LAYOUTS, Layout, fields
from operators.kernels.side_distances import bounded, kolmogorov_smirnov
from operators.semistructured.log_lines import gaps


@dataclass(frozen=True)
class LogIntervals(Comparison[Product]):
    """The Kolmogorov-Smirnov distance of the times between lines from those of the reference.

    An interval is the time of a line less that of the line before, within a unit of the data (and, with a group ``source`` in
    ``header``, of the same source); it is negative where the log goes back. ``max |F_subject(x) - F_reference(x)|``. Headers
    are those of `semistructured.log_lines`. Skipped, and passed over: null, lines without a time.

    0 to 1, lower is better. Interval: by the Dvoretzky-Kiefer-Wolfowitz bound on both sides, intervals taken as independent.
    They are kept in buckets of 0.4 % width, which can only lower the distance, by the share of one bucket at most. Times of
    whole seconds beside times with fractions are far apart for that alone. Cost: about 30 MB/s a core.

    Args:
        header, time: as of `semistructured.log_lines`.

    >>> def side(*seconds):
    ...     lines = [f"2024-01-31 10:00:{at:02d} INFO up" for at in seconds]
    ...     columns = {"_id": range(len(lines)), "_fault": pa.nulls(len(lines), pa.string()), "log": lines}
    ...     return LogIntervals().fold(pa.RecordBatch.from_pydict(columns))
    >>> LogIntervals().compare(side(0, 1, 2, 12, 22), side(0, 1, 2, 3, 4)).value
    0.5

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured fidelity; Massart 1990 (the constant of the bound).
    """

    header: str = ""
    time: str = ""

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("log",)
    unit: ClassVar[str] = "Kolmogorov-Smirnov distance"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured fidelity"

    def zero(self) -> Product:
        """No lines."""
        return Product({"gaps": Succession(Quantiles()), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The times between the lines."""
        found = fields(batch["log"], {"given": Layout(self.header, self.time)} if self.header else LAYOUTS)
        missing = int((~valid_mask(batch["log"])).sum())
        counts = {"no line": missing, "no time": found["time"].null_count() - missing}
        skipped = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"gaps": gaps(batch[ID].to_numpy(), found), "skipped": skipped})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The distance of the intervals."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = subject["gaps"].pairs, reference["gaps"].pairs
        for side, intervals in (("subject", mine), ("reference", theirs)):
            if intervals.n == 0:
                return Value.missing(f"no line of the {side} with a time follows another", skipped)
        return bounded(mine, theirs, kolmogorov_smirnov(mine, theirs) or 0.0).with_(skipped=skipped)
