"""Programs that run to their end."""

from dataclasses import dataclass
from typing import ClassVar

from operators.symbolic._ran import Ran


@dataclass(frozen=True)
class ExecutionSuccess(Ran):
    """The share of programs that run to their end without an exception, within their limits.

    ``passed / programs``, by `operators.features.program_run`: alone, as Python, in a sandbox; its parameters (limits,
    packages) stand under ``[features.program_run]``. Skipped: null. Parts are the shares by how they ended otherwise:
    ``exception``, ``exit`` (by ``sys.exit`` with another code than 0, or past the interpreter), ``timeout``, ``memory``,
    ``output``, ``disk``, ``killed`` (by a signal), ``tampered``. It is measured where the plan names it: no program of a
    dataset is run unasked. A program that waits for input finds none.

    0 to 1, higher is better, Wilson interval. Cost: 2 ms and what the program takes.

    >>> import pyarrow as pa
    >>> columns = {"run_status": ["passed", "exception"], "run_error": ["", "NameError: name 'x' is not defined"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = ExecutionSuccess().value(ExecutionSuccess().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, "exception: NameError: name 'x' is not defined")

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity; Chen et al. 2021 (arXiv 2107.03374), section 2.3.
    """

    reads: ClassVar[tuple[str, ...]] = ("run_status", "run_error")
    source: ClassVar[str] = "arXiv 2601.17717, symbolic validity"
    skip: ClassVar[str] = "no program"
