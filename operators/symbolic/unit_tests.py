"""Programs that pass their tests."""

from dataclasses import dataclass
from typing import ClassVar

from operators.symbolic._ran import ENDS, Ran


@dataclass(frozen=True)
class UnitTests(Ran):
    """The share of programs that pass the tests beside them.

    ``passed / programs with tests``, by `operators.features.test_run`; its parameters (limits, packages) stand under
    ``[features.test_run]``. Skipped: records without a program or without tests. Parts are the shares by how they ended
    otherwise; ``program_`` before it: the program itself failed before its tests began; ``no_call``: the tests define a check
    that nothing calls, so nothing was tested. It is measured where the plan names it: no program is run unasked.

    0 to 1, higher is better, Wilson interval. Cost: 2 ms and what the program takes.

    >>> import pyarrow as pa
    >>> columns = {"test_status": ["passed", "exception"], "test_error": ["", "AssertionError: "]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = UnitTests().value(UnitTests().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'exception: AssertionError: ')

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2; Austin et al. 2021 (arXiv 2108.07732), section 2.
    """

    reads: ClassVar[tuple[str, ...]] = ("test_status", "test_error")
    source: ClassVar[str] = "arXiv 2107.03374, section 2"
    faults: ClassVar[tuple[str, ...]] = (*ENDS, *(f"program_{end}" for end in ENDS), "no_call")
    skip: ClassVar[str] = "no program or no tests"
