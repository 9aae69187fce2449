"""Log lines with a header that can be read, at a time that can be, in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Quantiles, Ratio, Succession
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, valid_share
from operators.kernels.hashing import hash_array
from operators.kernels.log_lines import LAYOUTS, LEVELS, Layout, fields

_FAULTS = ("empty", "header", "time", "level", "template")
_SOURCES = 4096


@dataclass(frozen=True)
class LogLines(Metric[Product]):
    """The share of log lines with a header of a known form, a time that exists, and a level that is one.

    ``valid / lines``. A header is ISO 8601's time, syslog's, or one of loghub's systems (`operators.kernels.log_lines`), or
    what ``header`` says. A line's first fault is its part: ``empty``, ``header`` (none fits), ``time`` (a 31st of June),
    ``level`` (where the header has a place for one: not of ``levels``; after an ISO time only known ones are taken for a
    level), ``template`` (where ``templates`` are given: it is of none of them).

    The part ``in order`` is the share of lines that are not earlier than the line before, of lines with a time that follow
    another within a unit of the data; with a group ``source`` in ``header``, than the line before of the same source (told
    apart by 4,096 cells of their hashes). A line without a time is passed over. It is no fault of a line, so the value does not
    count it. A log without years goes back once at each New Year. Skipped: null.

    0 to 1, higher is better, Wilson interval. Cost: about 30 MB/s a core; 40 bytes of state a unit and source.

    Args:
        header: a regular expression (Rust's syntax) with the groups ``time``, ``content``, and maybe ``level`` and ``source``.
        time: the format of its time, as strftime's; empty: guessed among the ISO ones.
        levels: the levels that there are, in any case.
        templates: the only contents that may be, parameters as ``<*>``.

    >>> lines = ["2024-01-31 10:00:00 INFO up", "2024-01-31 09:59:59 WARN hot", "2024-02-31 10:00:00 INFO", "oops"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "log": lines})
    >>> value = LogLines().value(LogLines().fold(batch))
    >>> value.value, sorted(value.parts), value.parts["in order"].value
    (0.5, ['header', 'in order', 'time'], 0.0)

    Source: Zhu et al. 2023 (Loghub); RFC 5424; The LLM Data Auditor (arXiv 2601.17717), semi-structured validity.
    """

    header: str = ""
    time: str = ""
    levels: tuple[str, ...] = LEVELS
    templates: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("log",)
    unit: ClassVar[str] = "share of lines"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Zhu et al. 2023; RFC 5424"

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """The headers that lines may have."""
        return {"given": Layout(self.header, self.time)} if self.header else LAYOUTS

    def zero(self) -> Product:
        """No lines."""
        return nothing_judged() + Product({"gaps": Succession(Quantiles())})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at each line, and at what it follows."""
        found = fields(batch["log"], self.layouts)
        codes = self.codes(found)
        codes[~valid_mask(batch["log"])] = SKIPPED
        lines = judged(batch, codes, _FAULTS, lambda row: _FAULTS[codes[row] - 1])
        return lines + Product({"gaps": gaps(batch[ID].to_numpy(), found)})

    def codes(self, found: pl.DataFrame) -> NDArray[np.int64]:
        """0, or one more than the position of the first fault."""
        content, level = found["content"], found["level"]
        wrong = {
            "empty": (content.str.strip_chars() == "") & ~found["fits"],
            "header": ~found["fits"],
            "time": found["timed"] & found["time"].is_null(),
            "level": level.is_not_null() & ~level.str.to_lowercase().is_in([one.lower() for one in self.levels]),
            "template": self._strange(content),
        }
        codes = np.zeros(len(found), np.int64)
        for at, fault in reversed(list(enumerate(_FAULTS, 1))):
            codes[wrong[fault].fill_null(False).to_numpy()] = at
        return codes

    def _strange(self, content: pl.Series) -> pl.Series:
        """Which contents are of no template."""
        if not self.templates:
            return pl.Series(np.zeros(len(content), bool))
        known = pl.Series(np.zeros(len(content), bool))
        for template in self.templates:
            words = ".*".join(pl.select(pl.lit(piece).str.escape_regex()).item() for piece in template.split("<*>"))
            known |= content.str.contains(rf"(?s)^\s*{words}\s*$").fill_null(False)
        return ~known

    def value(self, state: Product) -> Value:
        """The share of valid lines."""
        gaps: Quantiles = state["gaps"].pairs
        back = int(gaps.counts[gaps.buckets < 0].sum())
        order = Ratio(gaps.n - back, gaps.n).share("no line with a time follows another")
        return valid_share(state, "no record has a log line", {"in order": order})


def gaps(ids: NDArray[np.int64], found: pl.DataFrame) -> Succession:
    """The microseconds between lines that follow each other."""
    named = hash_array(found["source"].fill_null("").to_arrow())[:, 0]
    sources = (named % np.uint64(_SOURCES)).astype(np.int64)
    known = found["time"].is_not_null().to_numpy()
    return Succession.of(Quantiles(), ids, sources, found["time"].fill_null(0).to_numpy(), known)
