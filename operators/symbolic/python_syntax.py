"""Python that parses."""

import ast
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import strings
from operators.kernels.fences import unfenced
from operators.kernels.first_fault import SKIPPED, judged, nothing_judged, skipped_as, valid_share

_FAULTS = ("empty", "syntax", "indentation", "unterminated", "python_2", "null_byte", "too_deep", "encoding")
_CODE = {fault: at + 1 for at, fault in enumerate(_FAULTS)}
_NESTED = ("too many nested parentheses", "too many levels of indentation", "too many statically nested blocks")


@dataclass(frozen=True)
class PythonSyntax(Metric[Product]):
    """The share of programs that this CPython's parser accepts.

    ``accepted / programs``. A program is parsed to a syntax tree and never compiled or run, so ``return`` outside a function
    passes. Blank programs fail (``empty``). With ``strip_fence`` a program that stands whole in one Markdown fence is
    parsed without it. Skipped: null, and programs over ``max_bytes``. The declared language is not looked at: select the Python
    records first. Parts are the shares with each fault: ``unterminated`` (an open bracket or string, as of cut-off
    generation), ``python_2`` (print statements), ``too_deep`` (nested beyond CPython's own limits), ``syntax`` for the rest.

    0 to 1, higher is better, Wilson interval. Cost: CPython's parser, about 5 MB/s a core, under the GIL. The grammar is
    that of the running Python: 3.12 accepts f-strings that 3.11 refuses.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "code": ["x = 1", "x = (1"]})
    >>> value = PythonSyntax().value(PythonSyntax().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'unterminated at line 1')

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity; The Python Language Reference, section 10.
    """

    strip_fence: bool = True
    max_bytes: Annotated[int, Field(ge=1, le=1 << 24)] = 1 << 20

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("code",)
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, symbolic validity"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Parse each program."""
        view = strings(batch["code"])
        large = view.valid & (np.diff(view.offsets) > self.max_bytes)
        rows = np.flatnonzero(view.valid & ~large)
        sources = [view.data[view.offsets[row] : view.offsets[row + 1]].tobytes() for row in rows]
        verdicts = _parse_all(sources, self.strip_fence)
        codes, lines = np.full(batch.num_rows, SKIPPED), np.zeros(batch.num_rows, np.int64)
        for row, (fault, line) in zip(rows, verdicts, strict=True):
            codes[row], lines[row] = _CODE.get(fault, 0), line

        def note(row: int) -> str:
            return _FAULTS[codes[row] - 1] + (f" at line {lines[row]}" if lines[row] else "")

        kept = np.flatnonzero(~large)
        state = judged(batch.take(pa.array(kept, pa.int64())), codes[kept], _FAULTS, lambda at: note(int(kept[at])))
        return skipped_as(state, f"over {self.max_bytes} bytes", int(large.sum()))

    def value(self, state: Product) -> Value:
        """The share of programs that parse."""
        return valid_share(state, "no record has a program to parse")


def _parse_all(sources: Sequence[bytes], strip_fence: bool) -> list[tuple[str, int]]:
    """The fault of each program ('' for none) and its line, 0 where there is none.

    In a thread of its own: how deep a tree CPython accepts depends on how deep the caller's stack is, and a verdict may not.
    """
    verdicts: list[tuple[str, int]] = []

    def parse() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # under an "error" filter a doubtful escape would count as a syntax error
            verdicts.extend(_fault(source, strip_fence) for source in sources)

    thread = threading.Thread(target=parse)
    thread.start()
    thread.join()
    return verdicts


def _fault(source: bytes, strip_fence: bool) -> tuple[str, int]:
    try:
        text = source.decode()
    except UnicodeDecodeError:
        return "encoding", 0
    program = unfenced(text) if strip_fence else text
    if not program.strip():
        return "empty", 0
    if "\0" in program:
        return "null_byte", program.count("\n", 0, program.index("\0")) + 1
    try:
        compile(program, "<record>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except SyntaxError as error:
        return _kind(error), error.lineno or 0
    except (MemoryError, RecursionError):  # how CPython's parser and its tree builder report nesting beyond their limits
        return "too_deep", 0
    except ValueError:
        return "syntax", 0
    return "", 0


def _kind(error: SyntaxError) -> str:
    message = error.msg or ""
    if message.startswith(_NESTED):
        return "too_deep"
    if "was never closed" in message or message.startswith(("unterminated", "unexpected EOF")):
        return "unterminated"
    if message.startswith("Missing parentheses in call to"):
        return "python_2"
    return "indentation" if isinstance(error, IndentationError) else "syntax"
