"""How a program's tests fare against mutants of the program."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns
from engine.sandbox import Sandbox
from operators.features._sandboxed import Sandboxed
from operators.features.test_run import as_program
from operators.kernels.fences import unfenced
from operators.kernels.mutants import Mutant, mutants

VERDICT = pa.struct([("operator", pa.string()), ("end", pa.string())])
_SLOWER = 3
"""A mutant that takes this many times as long as the program, and a second more, is stopped."""


@dataclass(frozen=True)
class MutantRun(Sandboxed):
    """``mutant_verdicts``: how the run of each mutant of ``code`` ended; ``mutant_survivor``: one that passed.

    Up to ``mutants`` mutants of each program that passes its ``tests`` (`operators.kernels.mutants`, which says how it changes
    and which are drawn), each run as `operators.features.test_run` runs a program. ``mutant_skip`` says why a program has
    none: no code or tests, fails its tests, or no mutant. A mutant is stopped after three times the program's own time and a
    second. Cost: 3 ms a mutant, more than a second for one that never ends.

    Args:
        mutants: the most of one program.

    Source: DeMillo, Lipton and Sayward 1978, "Hints on Test Data Selection".
    """

    mutants: Annotated[int, Field(ge=1, le=1000)] = 20

    reads: ClassVar[tuple[str, ...]] = ("code", "tests")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "mutant_verdicts": pa.list_(VERDICT),
        "mutant_survivor": pa.string(),
        "mutant_skip": pa.string(),
    }

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandbox."""
        sandbox = self.sandbox()
        return lambda batch: self._columns(sandbox, batch)

    def _columns(self, sandbox: Sandbox, batch: pa.RecordBatch) -> Columns:
        pairs = zip(batch["code"].to_pylist(), batch["tests"].to_pylist(), strict=True)
        ended = [self._ended(sandbox, code, tests) for code, tests in pairs]
        return {name: pa.array([each[at] for each in ended], kind) for at, (name, kind) in enumerate(self.writes.items())}

    def _ended(
        self, sandbox: Sandbox, code: str | None, tests: str | None
    ) -> tuple[list[dict[str, str]] | None, str | None, str | None]:
        judge = as_program(tests) if code is not None and tests else None
        if code is None or judge is None:
            return None, None, "no program or no tests"
        program = unfenced(code)
        started = time.monotonic()
        if sandbox.run([program, judge], self.limits(), judge=True).status != "passed":
            return None, None, "fails its tests"
        patience = min(self.cpu_seconds, 1 + math.floor(_SLOWER * (time.monotonic() - started)))
        limits = replace(self.limits(), cpu_seconds=patience, wall_seconds=10.0 * patience)
        drawn = mutants(program, self.mutants)
        ends = [sandbox.run([mutant.code, judge], limits, judge=True).status for mutant in drawn]
        return (*_verdicts(drawn, ends), None) if drawn else (None, None, "no mutant")


def _verdicts(drawn: list[Mutant], ends: list[str]) -> tuple[list[dict[str, str]], str | None]:
    survivor = next((mutant.change for mutant, end in zip(drawn, ends, strict=True) if end == "passed"), None)
    return [{"operator": mutant.operator, "end": end} for mutant, end in zip(drawn, ends, strict=True)], survivor
