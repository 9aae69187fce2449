"""Whether a program does the same every time it is run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns
from engine.sandbox import Limits, Sandbox
from engine.sandbox.worker import Block
from operators.features._sandboxed import Sandboxed
from operators.kernels.fences import unfenced

_TIMEZONES = ("UTC", "XXX-14", "XXX+12")
"""Between two of them it is another day, whatever the time."""

_DECIDED = ("passed", "exception", "exit")
_SHOWN = 60


@dataclass(frozen=True)
class RepeatRun(Sandboxed):
    """``repeat_verdict``: whether every run of ``code`` is as the first one; ``repeat_note``: how another differs.

    Each run is in an interpreter of its own with another PYTHONHASHSEED, another folder, other addresses and another local
    time (UTC, fourteen hours ahead, twelve behind), while UTC moves on by itself alone. The verdict is same; silent, where also
    nothing is put out; output or end, for the first that differs: what is put out, or how it ends; limit, where a run ends by
    one, which it may not the next time. Rows without a program have none. Cost: 2 ms and what the program takes, each run.

    Args:
        runs: of each program.
    """

    runs: Annotated[int, Field(ge=2, le=20)] = 3

    reads: ClassVar[tuple[str, ...]] = ("code",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"repeat_verdict": pa.string(), "repeat_note": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandboxes."""
        sandboxes = [self._nth(at) for at in range(self.runs)]
        limits = self.limits()
        return lambda batch: self._columns(sandboxes, limits, batch["code"])

    def _nth(self, at: int) -> Sandbox:
        timezone = _TIMEZONES[at % len(_TIMEZONES)]
        return Sandbox(at, f"run{at}", timezone, packages=self.packages, unsandboxed=self.allow_unsandboxed)

    def _columns(self, sandboxes: Sequence[Sandbox], limits: Limits, programs: pa.Array) -> Columns:
        found = [(None, None) if code is None else _judged(sandboxes, limits, unfenced(code)) for code in programs.to_pylist()]
        return {name: pa.array([pair[at] for pair in found], pa.string()) for at, name in enumerate(self.writes)}


def _judged(sandboxes: Sequence[Sandbox], limits: Limits, program: str) -> tuple[str, str]:
    first = sandboxes[0].run([program], limits).blocks[-1]
    for sandbox in sandboxes[1:]:
        other = sandbox.run([program], limits).blocks[-1]
        if first.status not in _DECIDED or other.status not in _DECIDED:
            return "limit", f"ended by {first.status if first.status not in _DECIDED else other.status}"
        if (first.status, first.error) != (other.status, other.error):
            return "end", f"{_end(first)}, then {_end(other)}"
        if first.output != other.output:
            return "output", "{!r}, then {!r}".format(*_apart(first.output, other.output))
    return "same" if first.output else "silent", ""


def _end(block: Block) -> str:
    return block.error[:_SHOWN] or block.status


def _apart(one: str, other: str) -> tuple[str, str]:
    """The first lines that differ."""
    lines, others = one.splitlines(), other.splitlines()
    at = next(
        (at for at, pair in enumerate(zip(lines, others, strict=False)) if pair[0] != pair[1]), min(len(lines), len(others))
    )
    return "".join(lines[at : at + 1])[:_SHOWN], "".join(others[at : at + 1])[:_SHOWN]
