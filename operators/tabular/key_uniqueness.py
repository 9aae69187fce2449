"""Keys of a table that occur once."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value


@dataclass(frozen=True)
class KeyUniqueness(Metric[Product]):
    """The share of rows whose key is there and is that of no earlier row: ``1 - (repeated + missing) / n``.

    The key is the columns that ``[relations.key_groups]`` names, or the first by name that the plan's ``types`` say is an
    id. Keys are compared as they are written; one is missing where all its columns are. A table without a key has no number;
    records without a row are skipped. Parts: the shares of rows whose key repeats an earlier one, and whose key is missing.
    Evidence: the first rows of the keys with the most rows, and rows without a key.

    0 to 1, higher is better, Wilson interval. Cost: one exchange of 33 bytes a row.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2, 3], "key_id": [0, 0, 2, 3], "key_size": [2, 2, 1, 0]})
    >>> KeyUniqueness().value(KeyUniqueness().fold(batch)).value
    0.5

    Source: SDMetrics 0.32 (https://docs.sdv.dev/sdmetrics), Diagnostic Report, Key Uniqueness.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("key_id", "key_size")
    unit: ClassVar[str] = "share of rows"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "SDMetrics 0.32, Key Uniqueness"

    def zero(self) -> Product:
        """No rows."""
        return Product({"unique": Ratio(), "missing": Ratio(), "skipped": Tally(), "top": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the rows whose key is the first of its kind."""
        rows = batch.filter(batch["key_id"].is_valid())
        ids, first, size = (rows[name].to_numpy() for name in (ID, "key_id", "key_size"))
        missing, original = size == 0, ids == first
        shown = (original & (size > 1)) | missing
        without = len(batch) - len(rows)
        return Product(
            {
                "unique": Ratio(int(np.count_nonzero(original & ~missing)), len(ids)),
                "missing": Ratio(int(np.count_nonzero(missing)), len(ids)),
                "skipped": Tally({"no row or no key column": without} if without else {}),
                "top": TopBy.of(size[shown], ids[shown], lambda at: _note(int(size[shown][at]))),
            }
        )

    def value(self, state: Product) -> Value:
        """The share, with what is wrong with the others."""
        unique, missing = state["unique"], state["missing"]
        skipped: dict[str, int] = state["skipped"].nonzero()
        if not unique.n:
            reason = (
                "the table has no key: name one in [relations.key_groups] key, or say in [subject] types which column is an id"
            )
            return Value.missing(reason, skipped)
        repeated = Ratio(unique.n - unique.hits - missing.hits, unique.n)
        share: Value = unique.share()
        parts = {"repeats an earlier key": repeated.share(), "missing": missing.share()}
        return share.with_(skipped=skipped, parts=parts, evidence=state["top"].evidence())


def _note(size: int) -> str:
    return f"{size:,} rows have this key" if size else "the key is missing"
