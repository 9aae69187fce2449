"""The three parts of a triple that is written in one text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from engine.feature import Columns, Feature

_PARTS = ("head", "relation", "tail")
_BAR = r"\s*\t\s*|\s+\|\s+"


@dataclass(frozen=True)
class TripleParts(Feature):
    """``head``, ``relation`` and ``tail`` of ``triple``: three texts with tabs or " | " between, or a JSON list of three.

    White space around them is no part of them. All three are null where there are not three of them.

    >>> batch = pa.RecordBatch.from_pydict({"triple": ["cuba\\ttimesinceally\\tindia", "Rome | in | Italy", '["a", "b", "c"]']})
    >>> TripleParts().open()(batch)["tail"].to_pylist()
    ['india', 'Italy', 'c']

    Source: the files of knowledge-graph benchmarks (Bordes et al. 2013); WebNLG (Gardent et al. 2017).
    """

    reads: ClassVar[tuple[str, ...]] = ("triple",)
    writes: ClassVar[Mapping[str, pa.DataType]] = dict.fromkeys(_PARTS, pa.string())

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _parts


def _parts(batch: pa.RecordBatch) -> Columns:
    texts = pc.utf8_trim_whitespace(batch["triple"])
    split = pc.split_pattern_regex(texts, _BAR, max_splits=3)
    three = pc.fill_null(pc.equal(pc.list_value_length(split), 3), False)
    plain = [pc.list_element(split.filter(three), at) for at in range(3)]
    rows = pc.indices_nonzero(three)
    listed = pc.indices_nonzero(pc.fill_null(pc.and_(pc.starts_with(texts, "["), pc.invert(three)), False))
    read = [_listed(text) for text in texts.take(listed).to_pylist()]
    columns = {}
    for at, name in enumerate(_PARTS):
        values = pa.concat_arrays([plain[at].cast(pa.string()), pa.array([one and one[at] for one in read], pa.string())])
        columns[name] = _placed(values, pa.concat_arrays([rows, listed]), len(batch))
    return columns


def _listed(text: str) -> list[str] | None:
    try:
        parts = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    three = isinstance(parts, list) and len(parts) == 3 and all(isinstance(part, str) for part in parts)
    return [part.strip() for part in parts] if three else None


def _placed(values: pa.Array, rows: pa.Array, size: int) -> pa.Array:
    """The values at their rows, nulls elsewhere."""
    order = pc.index_in(pa.array(range(size), rows.type), value_set=rows)
    return values.take(order)
