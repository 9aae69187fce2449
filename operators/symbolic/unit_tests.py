"""Programs that pass their tests."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.first_fault import nothing_judged, valid_share
from operators.kernels.run_verdicts import ENDS, judged_runs

_FAULTS = (*ENDS, *(f"program_{end}" for end in ENDS), "no_call")


@dataclass(frozen=True)
class UnitTests(Metric[Product]):
    """The share of programs that pass the tests beside them.

    ``passed / programs with tests``, by `operators.features.test_run`; its parameters (limits, packages) stand under
    ``[features.test_run]``. Skipped: records without a program or without tests. Parts are the shares by how they ended
    otherwise; ``program_`` before it: the program itself failed before its tests began; ``no_call``: the tests define a check
    that nothing calls, so nothing was tested. It is measured where the plan names it: no program is run unasked.

    0 to 1, higher is better, Wilson interval. Cost: 2 ms and what the program takes.

    >>> columns = {"test_status": ["passed", "exception"], "test_error": ["", "AssertionError: "]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = UnitTests().value(UnitTests().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'exception: AssertionError: ')

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2; Austin et al. 2021 (arXiv 2108.07732), section 2.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("test_status", "test_error")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2107.03374, section 2"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count how the runs ended."""
        return judged_runs(batch, "test_status", _FAULTS, "no program or no tests")

    def value(self, state: Product) -> Value:
        """The share that passed."""
        return valid_share(state, "no record has a program and tests")
