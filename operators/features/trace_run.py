"""Whether the programs of a derivation put out what it says they did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns
from engine.sandbox import Limits, Sandbox
from engine.sandbox.worker import Block
from operators.features._sandboxed import Sandboxed
from operators.kernels.outputs import error_named, same_output
from operators.kernels.traces import MAX_BLOCKS, MAX_CHARACTERS, Recorded, recorded_blocks

_SHOWN = 80


@dataclass(frozen=True)
class TraceRun(Sandboxed):
    """``trace_verdicts``: one for each recorded output of ``solution``; ``trace_note``: the first that is another.

    The programs of a derivation (`operators.kernels.traces`) are run in order in one sandboxed interpreter that shows the
    value of a last expression and goes on after an exception, as the notebooks do that such derivations were written with.
    A verdict is same; differs (`operators.kernels.outputs.same_output`); raises, no_error or other_error, where a program
    raises and none was recorded, the other way round, or another type; over_limit, where it ended by a limit or by
    `sys.exit`; no_package, where it imports what is not there; or not_run, after one of the last two. Rows without a
    recorded output, over 2^20 characters or with over 100 programs have none. Cost: 2 ms and what the programs take.

    Source: Toshniwal et al. 2024 (arXiv 2402.10176), section 2.
    """

    reads: ClassVar[tuple[str, ...]] = ("solution",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"trace_verdicts": pa.list_(pa.string()), "trace_note": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandbox."""
        sandbox, limits = self.sandbox(), self.limits()
        return lambda batch: _columns(sandbox, limits, batch["solution"])


def _columns(sandbox: Sandbox, limits: Limits, solutions: pa.Array) -> Columns:
    judged = [_judged(sandbox, limits, solution) for solution in solutions.to_pylist()]
    return {
        "trace_verdicts": pa.array([each and each[0] for each in judged], pa.list_(pa.string())),
        "trace_note": pa.array([each and each[1] for each in judged], pa.string()),
    }


def _judged(sandbox: Sandbox, limits: Limits, solution: str | None) -> tuple[list[str], str] | None:
    if solution is None or len(solution) > MAX_CHARACTERS:
        return None
    written = recorded_blocks(solution)
    if len(written) > MAX_BLOCKS or all(block.output is None for block in written):
        return None
    ran = sandbox.run([block.code for block in written], limits, values=True, go_on=True).blocks
    return verdicts(written, ran)


def verdicts(written: Sequence[Recorded], ran: Sequence[Block]) -> tuple[list[str], str]:
    """The verdict of every recorded output, and a note about the first that is not the same.

    >>> verdicts([Recorded("1 + 1", "3"), Recorded("x", None)], [Block("passed", "", "2"), Block("exception", "NameError: x")])
    (['differs'], "program 1: recorded '3', put out '2'")
    """
    found, note, lost = [], "", False
    for at, (block, end) in enumerate(zip_longest(written, ran), 1):
        verdict = "not_run" if lost or end is None else _verdict(block.output, end)
        lost |= verdict in ("over_limit", "no_package")
        if block.output is None:
            continue
        found.append(verdict)
        if not note and verdict != "same":
            said = f"recorded {block.output.strip()[-_SHOWN:]!r}"
            note = f"program {at}: {said}, {_shown(end)}" if end else f"program {at}: {said}, it was not run"
    return found, note


def _verdict(recorded: str | None, end: Block) -> str:
    if end.status not in ("passed", "exception"):
        return "over_limit"
    wanted = error_named(recorded or "")
    if end.status == "passed":
        return "no_error" if wanted else "same" if same_output(recorded or "", end.output) else "differs"
    raised = end.error.partition(":")[0]
    if raised == wanted:
        return "same"
    if raised == "ModuleNotFoundError":
        return "no_package"
    return "other_error" if wanted else "raises"


def _shown(end: Block) -> str:
    if end.status == "exception":
        return f"raises {end.error[:_SHOWN]}"
    return f"put out {end.output.strip()[-_SHOWN:]!r}" if end.status == "passed" else f"ended by {end.status}"
