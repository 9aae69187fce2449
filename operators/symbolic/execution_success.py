"""Programs that run to their end."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.first_fault import nothing_judged, valid_share
from operators.kernels.run_verdicts import ENDS, judged_runs


@dataclass(frozen=True)
class ExecutionSuccess(Metric[Product]):
    """The share of programs that run to their end without an exception, within their limits.

    ``passed / programs``, by `operators.features.program_run`: alone, as Python, in a sandbox; its parameters (limits,
    packages) stand under ``[features.program_run]``. Skipped: null. Parts are the shares by how they ended otherwise:
    ``exception``, ``exit`` (by ``sys.exit`` with another code than 0, or past the interpreter), ``timeout``, ``memory``,
    ``output``, ``disk``, ``killed`` (by a signal), ``tampered``. It is measured where the plan names it: no program of a
    dataset is run unasked. A program that waits for input finds none.

    0 to 1, higher is better, Wilson interval. Cost: 2 ms and what the program takes.

    >>> columns = {"run_status": ["passed", "exception"], "run_error": ["", "NameError: name 'x' is not defined"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = ExecutionSuccess().value(ExecutionSuccess().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, "exception: NameError: name 'x' is not defined")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity; Chen et al. 2021 (arXiv 2107.03374), section 2.3.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("run_status", "run_error")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic validity"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count how the runs ended."""
        return judged_runs(batch, "run_status", ENDS, "no program")

    def value(self, state: Product) -> Value:
        """The share that passed."""
        return valid_share(state, "no record has a program to run")
