"""Whether a program passes its tests however it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns
from engine.sandbox import Limits, Sandbox
from operators.features._sandboxed import Sandboxed
from operators.features.test_run import as_program
from operators.kernels.fences import unfenced
from operators.kernels.rewrites import rewrites

_DECIDED = ("passed", "exception", "exit")


@dataclass(frozen=True)
class RewriteRun(Sandboxed):
    """``rewrites_kept`` and ``rewrites_broken``: the rewrites of ``code`` that leave the verdict of ``tests``, and the rest.

    Each rewrite that applies (`operators.kernels.rewrites`) is run as `operators.features.test_run` runs a program, and passes
    or not as the program itself does. A run that ends by a limit decides nothing, as it may the next time: that rewrite is in
    neither; where it is the program's own, none is in either. ``rewrites_error`` says how the first broken one ended. Rows
    without code or tests have none. Cost: six runs, 2 ms each and what the program takes.

    Source: Wang et al. 2022, "ReCode" (arXiv 2212.10264), section 3.
    """

    reads: ClassVar[tuple[str, ...]] = ("code", "tests")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "rewrites_kept": pa.list_(pa.string()),
        "rewrites_broken": pa.list_(pa.string()),
        "rewrites_error": pa.string(),
    }

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandbox."""
        sandbox, limits = self.sandbox(), self.limits()
        return lambda batch: self._columns(sandbox, limits, batch)

    def _columns(self, sandbox: Sandbox, limits: Limits, batch: pa.RecordBatch) -> Columns:
        pairs = zip(batch["code"].to_pylist(), batch["tests"].to_pylist(), strict=True)
        ended = [_ended(sandbox, limits, code, tests) for code, tests in pairs]
        return {name: pa.array([each[at] for each in ended], kind) for at, (name, kind) in enumerate(self.writes.items())}


def _ended(
    sandbox: Sandbox, limits: Limits, code: str | None, tests: str | None
) -> tuple[list[str] | None, list[str] | None, str | None]:
    judge = as_program(tests) if code is not None and tests else None
    if code is None or judge is None:
        return None, None, None
    program = unfenced(code)
    own = sandbox.run([program, judge], limits, judge=True).status
    kept: list[str] = []
    broken: list[str] = []
    error = ""
    for name, other in rewrites(program).items() if own in _DECIDED else ():
        end = sandbox.run([other, judge], limits, judge=True).blocks[-1]
        if end.status not in _DECIDED:
            continue
        (kept if (end.status == "passed") == (own == "passed") else broken).append(name)
        error = error or (f"{name}: {end.error or end.status}".rstrip(": ") if name in broken else "")
    return kept, broken, error
