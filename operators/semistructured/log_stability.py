"""Whether the lines of a log are grouped alike when what they are about, or how they are worded, changes a little."""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.state.sample import estimate
from engine.value import Bars, Value
from operators.kernels.hashing import hash_array
from operators.kernels.log_lines import LAYOUTS, fields, shapes, templates

_LONGEST = 400
_UNSTABLE = 0.1
_NUMBER, _ADDRESS = re.compile(r"\d+"), re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_HEXADECIMAL = re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b")


@dataclass(frozen=True)
class LogStability(Metric[Product]):
    """The share of log lines that a parser groups as before when the numbers in them are other ones.

    A template is what lines with other parameters have in common, so that other parameters must not change which lines belong
    together. ``sampled`` distinct lines, drawn by hash and without known headers, are parsed as `semistructured.template_jsd`
    does (parameters masked, then Drain), once as they are and once with every run of digits replaced by another one, of another
    length, by the line's hash. A line is grouped as before where its group holds exactly the same lines: grouping accuracy
    (`semistructured.log_grouping`) with the first parse in place of the truth. Parts: the same for ``addresses`` (IPv4), and
    ``hexadecimal`` words of eight digits and more; and, of logs whose wording changes from version to version, for one line in
    ten with a ``word added``, a ``word dropped`` or two ``words exchanged``: these lines may rightly leave their group.

    0 to 1, higher is better; interval: that of a ratio over a sample of lines, each with its copies. Skipped: null and empty
    lines. Lines are cut at 400 characters. Cost: at the end seven times Drain, some 3 s for 2,000 lines of a real log.

    >>> lines = [f"open file {at}" for at in range(40)] + [f"user {at} left after {at * 7} s" for at in range(40)]
    >>> value = LogStability().value(LogStability().fold(pa.RecordBatch.from_pydict({"log": lines})))
    >>> value.value, value.n, value.parts["addresses"].reason
    (1.0, 80, 'no line has one')

    Source: Zhang et al. 2019 (Robust log-based anomaly detection on unstable log data), section 5; Zhu et al. 2019 (grouping
    accuracy); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    sampled: Annotated[int, Field(ge=16, le=1 << 14)] = 1000

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("log",)
    requires: ClassVar[tuple[str, ...]] = ("drain3",)
    unit: ClassVar[str] = "share of lines"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Zhang et al. 2019"

    def zero(self) -> Product:
        """No lines."""
        return Product({"lines": Sample(self.sampled), "seen": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw lines."""
        content = fields(batch["log"], LAYOUTS)["content"].str.slice(0, _LONGEST).str.strip_chars()
        spoken = content.filter(content.is_not_null() & (content != "")).to_arrow()
        counts = {"no line": content.null_count(), "empty": int((content == "").sum())}
        sample = Sample.of(hash_array(spoken)[:, 0], spoken, self.sampled)
        return Product({"lines": sample, "seen": Tally({reason: n for reason, n in counts.items() if n})})

    def value(self, state: Product) -> Value:
        """The share of lines that are grouped as before."""
        entries, skipped = state["lines"].entries, state["seen"].nonzero()
        if not entries:
            return Value.missing("no record has a log line", skipped)
        counts, complete = np.array([count for _, count, _ in entries], np.int64), len(entries) < self.sampled
        before = _groups([text for *_, text in entries])
        found = {}
        for name, change in CHANGES.items():
            changed = [change(text, seed) for seed, _, text in entries]
            same = all(new == text for new, (*_, text) in zip(changed, entries, strict=True))
            found[name] = (
                Value.missing("no line has one")
                if same and name != "numbers"
                else estimate(alike(before, _groups(changed)).astype(np.float64), counts, complete, 1.0)
            )
        value = found.pop("numbers")
        bars = {name: part.value for name, part in {"numbers": value, **found}.items() if part.value is not None}
        plot = Bars(tuple(bars), tuple(bars.values()), "share of lines grouped as before")
        return value.with_(skipped=skipped, parts=found, plot=plot)


def alike(before: NDArray[np.int64], after: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which things are in groups of exactly the same things, in two groupings.

    >>> alike(np.array([0, 0, 1, 1]), np.array([5, 5, 6, 7])).tolist()
    [True, True, False, False]
    """
    pairs = Counter(zip(before.tolist(), after.tolist(), strict=True))
    sizes, others = Counter(before.tolist()), Counter(after.tolist())
    return np.array([pairs[a, b] == sizes[a] == others[b] for a, b in zip(before.tolist(), after.tolist(), strict=True)], bool)


def _groups(lines: list[str]) -> NDArray[np.int64]:
    """The number of each line's template."""
    shaped = shapes(pl.Series(lines, dtype=pl.String)).to_list()
    made = templates([*dict.fromkeys(shaped)])
    numbers = {name: at for at, name in enumerate(sorted({*made.values()}))}
    return np.array([numbers[made[shape]] for shape in shaped], np.int64)


def _instead(pattern: re.Pattern[str], new: Callable[[str, random.Random], str]) -> Callable[[str, int], str]:
    def change(text: str, seed: int) -> str:
        draw = random.Random(seed)  # noqa: S311  (what stands there instead is no secret)
        return pattern.sub(lambda found: new(found[0], draw), text)

    return change


def _hexadecimal(old: str, draw: random.Random) -> str:
    start = "0x" if old.startswith("0x") else ""
    digits = "".join(draw.choice("0123456789abcdef") for _ in old[len(start) :])
    return f"{start}{digits[:-2]}{draw.choice('0123456789')}{draw.choice('abcdef')}" if len(digits) > 1 else f"{start}{digits}"


def _reworded(change: Callable[[list[str], random.Random], list[str]]) -> Callable[[str, int], str]:
    """The words changed in one line of ten, those of two words and more."""

    def changed(text: str, seed: int) -> str:
        draw = random.Random(seed)  # noqa: S311
        words = text.split(" ")
        return " ".join(change(words, draw)) if draw.random() < _UNSTABLE and len(words) > 1 else text

    return changed


def _added(words: list[str], draw: random.Random) -> list[str]:
    at = draw.randrange(len(words) + 1)
    return [*words[:at], "again", *words[at:]]


def _dropped(words: list[str], draw: random.Random) -> list[str]:
    at = draw.randrange(len(words))
    return [*words[:at], *words[at + 1 :]]


def _exchanged(words: list[str], draw: random.Random) -> list[str]:
    at = draw.randrange(len(words) - 1)
    return [*words[:at], words[at + 1], words[at], *words[at + 2 :]]


CHANGES: dict[str, Callable[[str, int], Any]] = {
    "numbers": _instead(_NUMBER, lambda old, draw: str(draw.randrange(1, 10 ** draw.randrange(1, len(old) + 3)))),
    "addresses": _instead(_ADDRESS, lambda _, draw: ".".join(str(draw.randrange(256)) for _ in range(4))),
    "hexadecimal": _instead(_HEXADECIMAL, _hexadecimal),
    "word added": _reworded(_added),
    "word dropped": _reworded(_dropped),
    "words exchanged": _reworded(_exchanged),
}
