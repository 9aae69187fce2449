"""Programs of any language that parse."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import FAULT, Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Value, wilson
from operators.kernels.first_fault import VALID, judged, nothing_judged, valid_share

_FAULTS = ("empty", "error", "missing")
_REASONS = {
    None: "no program",
    "no_language": "no language",
    "other_language": "a language without a grammar here",
    "too_long": "over max_bytes",
    "timeout": "too slow to parse",
    "crash": "the parser crashed",
}
_LANGUAGES_SHOWN = 20


@dataclass(frozen=True)
class ParseRate(Metric[Product]):
    """The share of programs that have no syntax error, whatever their language.

    ``without error / programs in a known language``, by `operators.features.syntax_errors`, where its parameters stand:
    tree-sitter's tree has neither an ERROR node nor a MISSING one. The language is the record's ``language`` (in any usual
    spelling), else the tag of the Markdown fence around the program, which is taken off. Parts: the shares with each fault
    (``empty``, ``error``, ``missing``), and ``language_...``, the rate of each language. Skipped, by reason: no program, no
    language, a language without a grammar here, over ``max_bytes``, too slow to parse, a crash of the parser.

    Tree-sitter's grammars are made for editors: they accept more than compilers do, and little of SQL's dialects. On 974
    programs of MBPP it says what CPython says, and on 2,000 of CodeGen's in 99 of 100 cases: the others are functions
    without a body, which only CPython refuses. For Python, `operators.symbolic.python_syntax` asks CPython itself.

    0 to 1, higher is better, Wilson interval. Cost: 0.3 ms a small function, all of it the feature's.

    >>> columns = {"syntax_language": ["go", "rust", "rust"], "syntax_status": ["parsed", "error", None]}
    >>> columns |= {"syntax_place": ["", "3:14 'fn'", None]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), **columns})
    >>> value = ParseRate().value(ParseRate().fold(batch))
    >>> value.value, value.parts["language_rust"].value, value.evidence[0].note
    (0.5, 0.0, "rust: error at 3:14 'fn'")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("syntax_language", "syntax_status", "syntax_place")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic validity"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged() + Product({"languages": RatioBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the faults."""
        languages, statuses, places = (batch[column].to_pylist() for column in self.reads)
        kept = [row for row, status in enumerate(statuses) if status not in _REASONS]
        codes = [VALID if statuses[row] == "parsed" else 1 + _FAULTS.index(statuses[row]) for row in kept]

        def note(at: int) -> str:
            row = kept[at]
            return f"{languages[row]}: {statuses[row]}" + (f" at {places[row]}" if places[row] else "")

        state = judged(batch.take(pa.array(kept, pa.int64())), np.array(codes, np.int64), _FAULTS, note)
        names = pa.array([languages[row] for row in kept], pa.string())
        rates = RatioBy.of(names, np.array(codes, np.int64) == VALID)
        return state + Product({"languages": rates, "skipped": _skipped(batch, statuses)})

    def value(self, state: Product) -> Value:
        """The share of programs that parse."""
        by_size = sorted(state["languages"].ratios.items(), key=lambda entry: (-entry[1][1], entry[0]))
        parts = {f"language_{name}": _share(hits, n) for name, (hits, n) in by_size[:_LANGUAGES_SHOWN]}
        return valid_share(state, "no record has a program in a language that is known: map `language`", parts)


def _share(hits: int, n: int) -> Value:
    low, high = wilson(hits, n)
    return Value(hits / n, n=n, low=low, high=high)


def _skipped(batch: pa.RecordBatch, statuses: list[str | None]) -> Tally:
    unreadable = batch[FAULT].is_valid().to_pylist()
    pairs = zip(statuses, unreadable, strict=True)
    reasons = ["unreadable" if bad else _REASONS[status] for status, bad in pairs if status in _REASONS]
    return Tally({reason: reasons.count(reason) for reason in sorted(set(reasons))})
