"""The language of a program where the dataset has no column for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.kernels.code_languages import language_of


@dataclass(frozen=True)
class FenceLanguage(Feature):
    """``code_language``: the tag of the Markdown fence that ``code`` begins with; none where there is no tag."""

    reads: ClassVar[tuple[str, ...]] = ("code",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"code_language": pa.string()}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    found = [None if code is None else language_of(code) for code in batch["code"].to_pylist()]
    return {"code_language": pa.array(found, pa.string())}
