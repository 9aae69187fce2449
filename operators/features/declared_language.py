"""The language of a program where the dataset has a column for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.kernels.code_languages import language_of


@dataclass(frozen=True)
class DeclaredLanguage(Feature):
    """``code_language``: ``language`` in one spelling; where it is blank, the tag of the fence that ``code`` begins with."""

    reads: ClassVar[tuple[str, ...]] = ("code", "language")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"code_language": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    pairs = zip(batch["code"].to_pylist(), batch["language"].to_pylist(), strict=True)
    found = [None if code is None else language_of(code, declared) for code, declared in pairs]
    return {"code_language": pa.array(found, pa.string())}
