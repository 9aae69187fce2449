"""Whether a program passes its tests."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns
from engine.sandbox import Limits, Sandbox
from operators.features._sandboxed import Sandboxed
from operators.kernels.fences import unfenced

_ENTRY_POINT = re.compile(r"\n[ \t]*\n[ \t]*([A-Za-z_]\w*)\s*\Z")


@dataclass(frozen=True)
class TestRun(Sandboxed):
    """``test_status`` and ``test_error`` of ``code`` with its ``tests``, run as Python in one sandboxed interpreter.

    The status is ``passed`` only where the last line of the tests was reached: leaving early does not pass, and objects that
    the program made up have no say in what equals a plain value (`engine.sandbox.Sandbox`). Else it is exception, exit,
    timeout, memory, output, disk, killed or tampered, with ``program_`` before it where the tests were not reached; or
    ``no_call`` where the tests define a ``check`` that nothing calls. Tests are a program, a JSON list of programs (MBPP's
    ``test_list``), or a program with a ``check`` whose last paragraph is only the name to call it with (HumanEval's ``test``
    and ``entry_point``). Rows without a program or tests have none. Cost: 2 ms and what the program takes.

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2.
    """

    __test__: ClassVar[bool] = False  # no test of pytest's

    reads: ClassVar[tuple[str, ...]] = ("code", "tests")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"test_status": pa.string(), "test_error": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Start the sandbox."""
        sandbox, limits = self.sandbox(), self.limits()
        return lambda batch: _columns(sandbox, limits, batch)


def as_program(tests: str) -> str | None:
    """Tests as one program; None where they define a check and nothing calls it.

    >>> as_program('["assert f(1) == 2", "assert f(2) == 3"]').splitlines()
    ['assert f(1) == 2', 'assert f(2) == 3']
    >>> as_program("def check(candidate):\\n    assert candidate(1)\\n\\nf").splitlines()[-1]
    'check(f)'
    """
    if tests.lstrip().startswith("["):
        try:
            parts = json.loads(tests)
        except (ValueError, RecursionError):
            parts = None
        if isinstance(parts, list) and all(isinstance(part, str) for part in parts):
            return "\n".join(parts)
    if "def check(" not in tests:
        return tests
    called = _ENTRY_POINT.sub(r"\n\ncheck(\1)\n", tests)
    return called if called.count("check(") > called.count("def check(") else None


def _columns(sandbox: Sandbox, limits: Limits, batch: pa.RecordBatch) -> Columns:
    pairs = zip(batch["code"].to_pylist(), batch["tests"].to_pylist(), strict=True)
    ended = [None if code is None or not tests else _ended(sandbox, limits, code, tests) for code, tests in pairs]
    return {
        "test_status": pa.array([end and end[0] for end in ended], pa.string()),
        "test_error": pa.array([end and end[1] for end in ended], pa.string()),
    }


def _ended(sandbox: Sandbox, limits: Limits, code: str, tests: str) -> tuple[str, str]:
    judge = as_program(tests)
    if judge is None:
        return "no_call", ""
    blocks = sandbox.run([unfenced(code), judge], limits, judge=True).blocks
    before = "" if len(blocks) == 2 else "program_"
    return before + blocks[-1].status, blocks[-1].error
