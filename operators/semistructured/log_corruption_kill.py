"""How many faults, put into lines of a log, are noticed."""

import random
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio, Sample, Tally
from engine.value import Bars, Value
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.log_lines import LEVELS, fields
from operators.semistructured.log_lines import LogLines, gaps

_SAMPLED_BYTES = 1 << 12
_STRETCH = 10


@dataclass(frozen=True)
class LogCorruptionKill(Metric[Product]):
    """The share of faults put into log lines that `semistructured.log_lines` notices.

    ``noticed / made``. Into each of ``sampled`` distinct lines, drawn by hash, one fault of each kind is put, where it is drawn
    by the line's hash: its time made one that cannot be (all digits 9), the line cut short within its time, its header lost,
    its level misspelt, and, where ``templates`` are given, a word added. And two lines of one source after each other are
    exchanged, so that time goes back. Parts: the share for each kind of fault, and ``false alarms``: of the same lines with
    spaces after them, and of the same two lines in order. A level after an ISO time is taken for one only where it is a known
    one: there a misspelt level is not noticed. Lines in which something is found as they are, or that have no time, have no
    faults put in. Skipped: null, lines ``with a fault of their own, or no time``, and of more than 4 kB (``too long to be
    sampled``).

    0 to 1, higher is better, Wilson interval over faults. Cost: at the end some milliseconds.

    Args:
        header, time, levels, templates: as of `semistructured.log_lines`.
        sampled: lines that are drawn.

    >>> lines = [f"[Mon Jun 09 06:07:{at:02d} 2025] [notice] workerEnv in state {at}" for at in range(8)]
    >>> batch = pa.RecordBatch.from_pydict({"log": lines})
    >>> value = LogCorruptionKill().value(LogCorruptionKill().fold(batch))
    >>> value.value, value.n, value.parts["false alarms"].value
    (1.0, 39, 0.0)

    Source: DeMillo et al. 1978 (mutation testing); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    header: str = ""
    time: str = ""
    levels: tuple[str, ...] = LEVELS
    templates: tuple[str, ...] = ()
    sampled: Annotated[int, Field(ge=16, le=1 << 16)] = 256

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("log",)
    unit: ClassVar[str] = "share of faults"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "DeMillo et al. 1978"

    @property
    def checks(self) -> LogLines:
        """What notices faults."""
        return LogLines(self.header, self.time, self.levels, self.templates)

    def zero(self) -> Product:
        """No lines."""
        return Product({"lines": Sample(self.sampled), "seen": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw lines."""
        there, long = valid_mask(batch["log"]), np.diff(strings(batch["log"]).offsets) > _SAMPLED_BYTES
        rows = pa.array(np.flatnonzero(there & ~long))
        texts = batch["log"].take(rows)
        counts = {"no line": int(np.count_nonzero(~there)), "too long to be sampled": int(np.count_nonzero(there & long))}
        sample = Sample.of(hash_array(texts)[:, 0], texts, self.sampled)
        return Product({"lines": sample, "seen": Tally({reason: n for reason, n in counts.items() if n})})

    def value(self, state: Product) -> Value:
        """The share of faults that are noticed."""
        skipped, entries = dict(state["seen"].nonzero()), state["lines"].entries
        lines = pl.Series("line", [text for *_, text in entries], dtype=pl.String)
        found = self._read(lines)
        clean = (self.checks.codes(found) == 0) & found["time"].is_not_null().to_numpy()
        if bad := sum(count for (_, count, _), good in zip(entries, clean, strict=True) if not good):
            skipped["with a fault of their own, or no time"] = bad
        if not clean.any():
            return Value.missing("no line has a time and no fault", skipped)
        lines, found = lines.filter(clean), found.filter(clean)
        seeds = [seed for (seed, *_), good in zip(entries, clean, strict=True) if good]
        kinds = {kind: Ratio(int(self._noticed(texts).sum()), len(texts)) for kind, texts in self._faults(lines, found, seeds)}
        alarms = Ratio(int(self._noticed(lines + "  ").sum()), len(lines))
        pairs = _pairs(found)
        if len(pairs):
            kinds["exchanged lines"] = self._goes_back(lines, pairs[:, ::-1])
            alarms += self._goes_back(lines, pairs)
        whole = sum(kinds.values(), Ratio()).share()
        parts = {kind: ratio.share() for kind, ratio in sorted(kinds.items())} | {"false alarms": alarms.share()}
        bars = {kind: ratio.hits / ratio.n for kind, ratio in sorted(kinds.items())}
        plot = Bars(tuple(bars), tuple(bars.values()), "share of faults noticed")
        estimator = "sample" if len(entries) == self.sampled or state["seen"]["too long to be sampled"] else "exact"
        return whole.with_(skipped=skipped, parts=parts, plot=plot, estimator=estimator)

    def _read(self, lines: pl.Series) -> pl.DataFrame:
        return fields(lines.cast(pl.String).to_arrow().cast(pa.string()), self.checks.layouts)

    def _noticed(self, lines: pl.Series) -> NDArray[np.bool_]:
        noticed: NDArray[np.bool_] = self.checks.codes(self._read(lines)) != 0
        return noticed

    def _faults(self, lines: pl.Series, found: pl.DataFrame, seeds: list[int]) -> list[tuple[str, pl.Series]]:
        """The lines with each kind of fault."""
        made: dict[str, list[str]] = {"impossible time": [], "truncated": [], "lost header": [], "misspelt level": []}
        made |= {"added word": []} if self.templates else {}
        times = self._times(lines)
        for line, time, level, content, seed in zip(lines, times, found["level"], found["content"], seeds, strict=True):
            draw = random.Random(seed)  # noqa: S311  (where a line is cut is no secret)
            at = line.index(time)
            impossible = "".join("9" if letter.isdigit() else letter for letter in time)
            made["impossible time"].append(line[:at] + impossible + line[at + len(time) :])
            made["truncated"].append(line[: at + draw.randrange(1, max(2, len(time) // 2))])
            if content.strip() and content != line:
                made["lost header"].append(content)
            if level:
                made["misspelt level"].append(line[: at + len(time)] + line[at + len(time) :].replace(level, f"{level}x", 1))
            if self.templates:
                made["added word"].append(f"{line} unheard-of")
        return [(kind, pl.Series(texts, dtype=pl.String)) for kind, texts in made.items() if texts]

    def _times(self, lines: pl.Series) -> list[str]:
        """How the time of each line stands there."""
        told: list[pl.Series] = []
        for layout in self.checks.layouts.values():
            groups = lines.str.extract_groups(layout.header).struct.unnest()
            if "time" in groups.columns:
                told.append(groups["time"])
        return pl.select(pl.coalesce(told)).to_series().to_list()

    def _goes_back(self, lines: pl.Series, pairs: NDArray[np.int64]) -> Ratio:
        """How many pairs of lines are seen to go back in time, each pair by itself."""
        ids = (np.arange(len(pairs))[:, None] * _STRETCH + np.arange(2)).ravel()
        between: Any = gaps(ids, self._read(lines[pairs.ravel().tolist()])).pairs
        return Ratio(int(between.counts[between.buckets < 0].sum()), len(pairs))


def _pairs(found: pl.DataFrame) -> NDArray[np.int64]:
    """(n, 2) lines of one source one of which is later than the other, the earlier one first."""
    ordered = found.select("source", "time").with_row_index("at").sort("source", "time", "at")
    at, time = ordered["at"].to_numpy().astype(np.int64), ordered["time"].to_numpy()
    source = ordered["source"].fill_null("").to_list()
    rows = [row for row in range(len(at) - 1) if source[row] == source[row + 1] and time[row] < time[row + 1]]
    return np.array([[at[row], at[row + 1]] for row in rows], np.int64).reshape(-1, 2)
