"""Tables as the folds get them, and values of comparisons of them."""

import pyarrow as pa

from engine.schema import KIND


def batch(columns, types=None, first=0):
    """A batch of a table's columns, with the plan's kinds of some of them."""
    arrays = {name: column if isinstance(column, pa.Array) else pa.array(column) for name, column in columns.items()}
    kinds = types or {}
    fields = [pa.field(n, a.type, metadata={KIND: kinds[n]} if n in kinds else None) for n, a in arrays.items()]
    rows = pa.StructArray.from_arrays([*arrays.values()], fields=fields)
    ids = pa.array(range(first, first + len(rows)), pa.int64())
    return pa.RecordBatch.from_arrays([ids, pa.nulls(len(rows), pa.string()), rows], ["_id", "_fault", "row"])


def compared(metric, subject, reference, types=None):
    """The value of a comparison of two tables given as columns."""
    return metric.compare(metric.fold(batch(subject, types)), metric.fold(batch(reference, types)))
