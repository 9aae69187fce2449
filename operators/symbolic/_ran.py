"""What metrics of programs that were run share: the verdicts are columns, and a program is valid where it passed."""

from abc import ABC
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, valid_share

ENDS = ("exception", "exit", "timeout", "memory", "output", "disk", "killed", "tampered")
"""How a run can end before its end, as `engine.sandbox.worker.Block` says it."""


@dataclass(frozen=True)
class Ran(Metric[Product], ABC):
    """The share of programs whose run passed. ``reads`` are the columns of the status and of the error.

    Class variables:
        faults: the statuses besides ``passed``.
        skip: what a record lacks that has no status.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    faults: ClassVar[tuple[str, ...]] = ENDS
    skip: ClassVar[str]

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count how the runs ended."""
        statuses, errors = (batch[column].to_pylist() for column in self.reads)
        code: dict[str | None, int] = {"passed": VALID, None: SKIPPED}
        code |= {fault: at + 1 for at, fault in enumerate(self.faults)}
        codes = np.fromiter((code[status] for status in statuses), np.int64, len(statuses))

        def note(row: int) -> str:
            return ": ".join(filter(None, (statuses[row].replace("_", " "), errors[row])))

        return judged(batch, codes, self.faults, note, self.skip)

    def value(self, state: Product) -> Value:
        """The share that passed."""
        return valid_share(state, f"every record has {self.skip}")
