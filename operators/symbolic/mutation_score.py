"""Tests that notice faults."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.mutants import OPERATORS


@dataclass(frozen=True)
class MutationScore(Metric[Product]):
    """The mean over programs of the share of their mutants that their tests notice.

    By program ``killed / valid mutants``: a mutant is the program with one small fault, and is killed where its run does not
    pass, be it by an exception, a limit or an exit. Mutants (`operators.kernels.mutants`, run by
    `operators.features.mutant_run`, up to 20 a program) are valid where they compile, and to other bytecode than the program
    and each other; others that change nothing that can be seen stay in, so that 1 may be out of reach. A mutant that never
    ends counts as killed (part ``timed_out``: their share). Parts by operator are shares of all its mutants. Skipped: programs
    without tests, that fail their own tests, or without a mutant. It is measured where the plan names it: no program is run
    unasked.

    0 to 1, higher is better, normal interval over programs. Cost: 3 ms and what the program takes, for each mutant.

    >>> ran = [{"operator": "comparison", "end": "exception"}, {"operator": "return", "end": "passed"}]
    >>> columns = {"mutant_verdicts": [ran], "mutant_survivor": ["line 2: return x -> return None"], "mutant_skip": [None]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = MutationScore().value(MutationScore().fold(batch))
    >>> value.value, value.parts["comparison"].value, value.evidence[0].note
    (0.5, 1.0, '1 of 2 mutants pass: line 2: return x -> return None')

    Source: DeMillo, Lipton and Sayward 1978, "Hints on Test Data Selection", IEEE Computer 11(4).
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("mutant_verdicts", "mutant_survivor", "mutant_skip")
    unit: ClassVar[str] = "mean share of a program's mutants"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "DeMillo, Lipton and Sayward 1978"

    def zero(self) -> Product:
        """No programs."""
        return Product({"ends": Tally(), "score": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Score each program's tests."""
        verdicts = batch["mutant_verdicts"].to_pylist()
        rows = [row for row, each in enumerate(verdicts) if each]
        scores = np.array([_killed(verdicts[row]) / len(verdicts[row]) for row in rows], np.float64)
        reasons = [
            reason or "null" for reason, each in zip(batch["mutant_skip"].to_pylist(), verdicts, strict=True) if not each
        ]
        ends = Counter(f"{one['operator']} {_end(one)}" for each in verdicts for one in each or ())
        weak = np.flatnonzero(scores < 1)
        ids = batch[ID].to_numpy()[np.array(rows, np.int64)]
        survivors = batch["mutant_survivor"]

        def note(at: int) -> str:
            each = verdicts[rows[weak[at]]]
            return f"{len(each) - _killed(each)} of {len(each)} mutants pass: {survivors[rows[weak[at]]].as_py()}"

        return Product(
            {
                "ends": Tally(dict(ends)),
                "score": Moments.of(scores),
                "skipped": Tally(dict(Counter(reasons))),
                "worst": TopBy.of(1 - scores[weak], ids[weak], note),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean score."""
        value: Value = state["score"].mean("no program that passes its tests has a mutant", self.range)
        skipped = state["skipped"].nonzero()
        if value.value is None:
            return value.with_(skipped=skipped)
        parts, counts = {}, state["ends"]
        for operator in OPERATORS:
            killed, passed = counts[f"{operator} killed"] + counts[f"{operator} timeout"], counts[f"{operator} passed"]
            if killed + passed:
                parts[operator] = Ratio(killed, killed + passed).share()
        bars = Bars(tuple(parts), tuple(part.value or 0.0 for part in parts.values()), "share of mutants killed")
        timed_out = sum(counts[f"{operator} timeout"] for operator in OPERATORS)
        parts["timed_out"] = Ratio(timed_out, sum(counts.counts.values())).share()
        return value.with_(skipped=skipped, parts=parts, plot=bars, evidence=state["worst"].evidence())


def _end(verdict: dict[str, Any]) -> str:
    return verdict["end"] if verdict["end"] in ("passed", "timeout") else "killed"


def _killed(verdicts: list[dict[str, Any]]) -> int:
    return sum(one["end"] != "passed" for one in verdicts)
