"""What a relation is: columns that need the whole corpus (groups of equals, nearest neighbours).

A relation is three pure functions around one exchange: ``emit`` turns a batch into keyed rows, the engine brings rows whose key
lands in the same partition together (whatever side, shard or node they come from), ``group`` turns a partition into columns by
record id, and the engine lays those beside each unit, row by row. Metrics then fold them like any other column.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

KEY, SIDE = "_key", "_side"


class Relation(ABC):
    """Per-record columns that depend on other records."""

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[Mapping[str, pa.DataType]]

    @abstractmethod
    def emit(self, batch: pa.RecordBatch) -> pa.Table:
        """Rows to exchange: ``_key`` (uint64, well mixed: its leading bits choose the partition), ``_id`` (int64), and
        whatever ``group`` needs. A record with nothing to compare is left out and gets nulls.
        """

    @abstractmethod
    def group(self, rows: pa.Table) -> pa.Table:
        """One partition: the emitted columns and ``_side`` (int8: the position in `engine.schema.Side`), in any order.

        Returns ``_id`` of subject records and the columns of ``writes``.
        """
