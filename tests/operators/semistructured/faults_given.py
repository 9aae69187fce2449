"""Documents for tests of faults and rewritings: a hundred that are alike, and a metric of a list of documents."""

import json

import pyarrow as pa

PEOPLE = [json.dumps({"id": at, "name": f"n{at}", "tags": ["a", "b"], "at": {"x": at / 7}}) for at in range(100)]


def measure(metric, documents):
    columns = {"_id": range(len(documents)), "_fault": pa.nulls(len(documents), pa.string())}
    return metric.value(metric.fold(pa.RecordBatch.from_pydict({**columns, "json": pa.array(documents, pa.string())})))
