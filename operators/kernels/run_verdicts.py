"""Verdicts about programs that were run, from the columns that say how they ended."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from engine.state import Product
from operators.kernels.first_fault import SKIPPED, VALID, judged

ENDS = ("exception", "exit", "timeout", "memory", "output", "disk", "killed", "tampered")
"""How a run can end before its end, as `engine.sandbox.worker.Block` says it."""


def judged_runs(batch: pa.RecordBatch, column: str, faults: Sequence[str], skip: str) -> Product:
    """The state of the records with a run: valid where it ``passed``. The error column is named like ``column``."""
    statuses = batch[column].to_pylist()
    errors = batch[column.replace("status", "error")].to_pylist()
    code: dict[str | None, int] = {"passed": VALID, None: SKIPPED, **{fault: at + 1 for at, fault in enumerate(faults)}}
    codes = np.fromiter((code[status] for status in statuses), np.int64, len(statuses))

    def note(row: int) -> str:
        return ": ".join(filter(None, (statuses[row].replace("_", " "), errors[row])))

    return judged(batch, codes, faults, note, skip)
