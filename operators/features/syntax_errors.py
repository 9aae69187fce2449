"""Where programs of any language do not parse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels.code_languages import LANGUAGES
from operators.kernels.fences import unfenced
from operators.kernels.syntax_errors import Parsers


@dataclass(frozen=True)
class SyntaxErrors(Feature):
    """``syntax_language``, ``syntax_status`` and ``syntax_place`` of ``code``, by tree-sitter's grammar of ``code_language``.

    The status is ``parsed``; ``error`` (with its line and column, the first that the tree has) or ``missing`` (a token that
    must be there); ``empty``; or what a program was not parsed for: ``no_language``, ``other_language``
    (`operators.kernels.code_languages` lists 41), ``too_long``, ``timeout`` (half a second and 20 us a byte of processor time:
    the one column here that depends on the machine), ``crash`` of the grammar's C. Programs are parsed in a process of its own
    with bounded memory, and never run. Rows without a program have none. Cost: 0.3 ms a small function, 0.5 MB/s a core.

    Args:
        strip_fence: parse a program that stands whole in one Markdown fence without it.
        max_bytes: of a program.

    Source: tree-sitter; Wagner 1998, "Practical Algorithms for Incremental Software Development Environments".
    """

    strip_fence: bool = True
    max_bytes: Annotated[int, Field(ge=1, le=1 << 20)] = 1 << 17

    reads: ClassVar[tuple[str, ...]] = ("code", "code_language")
    writes: ClassVar[Mapping[str, pa.DataType]] = {
        "syntax_language": pa.string(),
        "syntax_status": pa.string(),
        "syntax_place": pa.string(),
    }
    requires: ClassVar[tuple[str, ...]] = ("tree_sitter", "tree_sitter_language_pack")
    stores: ClassVar[bool] = True

    def identity(self) -> Mapping[str, Any]:
        """The grammars."""
        from importlib.metadata import version

        return {"grammars": version("tree-sitter-language-pack")}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """The parsing process starts with the first program."""
        parsers = Parsers()
        return lambda batch: self._columns(parsers, batch)

    def _columns(self, parsers: Parsers, batch: pa.RecordBatch) -> Columns:
        codes, languages = batch["code"].to_pylist(), batch["code_language"].to_pylist()
        pairs = zip(codes, languages, strict=True)
        found = [(None, None) if code is None else self._parsed(parsers, code, language) for code, language in pairs]
        return {
            "syntax_language": pa.array(languages, pa.string()),
            "syntax_status": pa.array([status for status, _ in found], pa.string()),
            "syntax_place": pa.array([place for _, place in found], pa.string()),
        }

    def _parsed(self, parsers: Parsers, code: str, language: str | None) -> tuple[str, str]:
        if language not in LANGUAGES:
            return ("other_language" if language else "no_language"), ""
        if len(code.encode(errors="replace")) > self.max_bytes:
            return "too_long", ""
        program = unfenced(code) if self.strip_fence else code
        return parsers(language, program) if program.strip() else ("empty", "")
