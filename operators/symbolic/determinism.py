"""Programs that do the same every time."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Value
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, skipped_as, valid_share

_FAULTS = ("output", "end")
_CODES = {None: SKIPPED, "same": VALID, "silent": VALID, "output": 1, "end": 2}


@dataclass(frozen=True)
class Determinism(Metric[Product]):
    """The share of programs that put out the same, and end the same way, every time they are run.

    ``programs all of whose runs are alike / programs``, by `operators.features.repeat_run`: three runs, or as many as
    ``[features.repeat_run]`` says, with other hash seeds, folders, addresses and time zones. A program that prints what it
    draws at random without a seed, the time, the day, a set of strings or an object's address is not deterministic; UTC is
    not shifted, so that one that prints only the day in UTC passes for it. Parts: ``output``, the share whose output differs;
    ``end``, whose status or exception does; ``silent``, the share that puts out nothing in any run, where nothing could differ
    but the end. Skipped: no program; a run that ended by a limit. It is measured where the plan names it: no program is run
    unasked.

    0 to 1, higher is better, Wilson interval. Cost: three runs of the program.

    >>> columns = {"repeat_verdict": ["same", "output"], "repeat_note": ["", "'0.1', then '0.7'"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = Determinism().value(Determinism().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, "'0.1', then '0.7'")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic robustness.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("repeat_verdict", "repeat_note")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic robustness"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged() + Product({"silent": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the verdicts."""
        limited = pc.fill_null(pc.equal(batch["repeat_verdict"], "limit"), False)
        decided = batch.filter(pc.invert(limited))
        verdicts, notes = decided["repeat_verdict"].to_pylist(), decided["repeat_note"]
        codes = np.array([_CODES[verdict] for verdict in verdicts], np.int64)
        state = judged(decided, codes, _FAULTS, lambda at: notes[at].as_py() or "", "no program")
        silent = Ratio(verdicts.count("silent"), len(verdicts) - verdicts.count(None))
        return skipped_as(state + Product({"silent": silent}), "ended by a limit", batch.num_rows - decided.num_rows)

    def value(self, state: Product) -> Value:
        """The share that is deterministic."""
        parts = {"silent": state["silent"].share()} if state["silent"].n else {}
        return valid_share(state, "every record has no program, or one that ended by a limit", parts)
