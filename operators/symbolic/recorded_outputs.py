"""Derivations whose programs put out what they say."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Value
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, skipped_as, valid_share

_FAULTS = ("differs", "raises", "no_error", "other_error")
_CODES = {fault: at + 1 for at, fault in enumerate(_FAULTS)}


@dataclass(frozen=True)
class RecordedOutputs(Metric[Product]):
    """The share of derivations whose programs, run again, put out what was written down behind them.

    ``derivations all of whose evaluated outputs come out again / derivations with an evaluated output``, by
    `operators.features.trace_run`: all programs of a derivation in one interpreter, each recorded output compared (white space
    aside, numbers to the precision written, sets and dictionaries in any order, exceptions by their type). Parts: ``outputs``,
    the share of evaluated outputs that come out again; ``evaluated``, the share of recorded outputs that could be evaluated,
    which none is behind a program that ended by a limit or lacks a package; and the shares of derivations by the first fault.
    Skipped: records without a recorded output, and those none of whose outputs could be evaluated. It is measured where the
    plan names it: no program is run unasked.

    0 to 1, higher is better, Wilson interval. Cost: 2 ms and what the programs take.

    >>> columns = {"trace_verdicts": [["same"], ["same", "differs"]], "trace_note": ["", "program 2: recorded '3', put out 2"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = RecordedOutputs().value(RecordedOutputs().fold(batch))
    >>> value.value, round(value.parts["outputs"].value, 3), value.evidence[0].note
    (0.5, 0.667, "differs: program 2: recorded '3', put out 2")

    Source: Toshniwal et al. 2024 (arXiv 2402.10176), section 2; The LLM Data Auditor (arXiv 2601.17717), symbolic faithfulness.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("trace_verdicts", "trace_note")
    unit: ClassVar[str] = "share of derivations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2402.10176, section 2"

    def zero(self) -> Product:
        """No derivations."""
        return nothing_judged() + Product({"evaluated": Ratio(), "outputs": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the first fault of each derivation, and count the outputs."""
        verdicts, notes = batch["trace_verdicts"].to_pylist(), batch["trace_note"].to_pylist()
        known = [[one for one in each or () if one == "same" or one in _CODES] for each in verdicts]
        kept = [row for row, each in enumerate(verdicts) if not each or known[row]]
        codes = np.array([_code(known[row]) for row in kept], np.int64)

        def note(at: int) -> str:
            return f"{_FAULTS[codes[at] - 1].replace('_', ' ')}: {notes[kept[at]] or ''}"

        state = judged(batch.take(pa.array(kept, pa.int64())), codes, _FAULTS, note, "no recorded output")
        evaluated, recorded = sum(map(len, known)), sum(len(each or ()) for each in verdicts)
        outputs = Ratio(sum(each.count("same") for each in known), evaluated)
        counted = state + Product({"evaluated": Ratio(evaluated, recorded), "outputs": outputs})
        return skipped_as(counted, "no output could be evaluated", batch.num_rows - len(kept))

    def value(self, state: Product) -> Value:
        """The share that comes out again."""
        parts = {name: state[name].share() for name in ("outputs", "evaluated") if state[name].n}
        return valid_share(state, "no record has a recorded output that could be evaluated", parts)


def _code(known: list[str]) -> int:
    return next((_CODES[one] for one in known if one != "same"), VALID) if known else SKIPPED
