"""How a program ends when it is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns
from engine.sandbox import Limits, Sandbox
from operators.features._sandboxed import Sandboxed
from operators.kernels.fences import unfenced


@dataclass(frozen=True)
class ProgramRun(Sandboxed):
    """``run_status`` and ``run_error`` of ``code``, run alone as Python in a sandbox (`engine.sandbox.Sandbox`).

    The status is ``passed`` where the program comes to its end, or leaves by ``sys.exit`` with 0 or nothing; else exception,
    exit, timeout, memory, output, disk, killed or tampered. A program in a Markdown fence is run without it. Rows without a
    program have none. Cost: 2 ms and what the program takes.

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2.3.
    """

    reads: ClassVar[tuple[str, ...]] = ("code",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"run_status": pa.string(), "run_error": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandbox."""
        sandbox, limits = self.sandbox(), self.limits()
        return lambda batch: _columns(sandbox, limits, batch["code"])


def _columns(sandbox: Sandbox, limits: Limits, programs: pa.Array) -> Columns:
    ended = [None if code is None else _ended(sandbox, limits, code) for code in programs.to_pylist()]
    return {
        "run_status": pa.array([end and end[0] for end in ended], pa.string()),
        "run_error": pa.array([end and end[1] for end in ended], pa.string()),
    }


def _ended(sandbox: Sandbox, limits: Limits, code: str) -> tuple[str, str]:
    block = sandbox.run([unfenced(code)], limits).blocks[-1]
    left_well = block.status == "exit" and block.error in ("None", "0")
    return ("passed", "") if left_well else (block.status, block.error)
