"""Records of agents as batches with the features that their metrics read."""

import json

import pyarrow as pa

from engine import catalog
from engine.graph import resolve_names
from engine.schema import FAULT, ID, SCHEMAS, Modality, Side
from engine.stream import with_features

KINDS = {column.name: column.type for column in SCHEMAS[Modality.AGENT]}


def batch_of(name, parameters=None, **columns):
    """The batch that a metric's fold gets for columns of an agent's records; what is no text is written as JSON."""
    size = len(next(iter(columns.values())))
    arrays = {ID: pa.array(range(size), pa.int64()), FAULT: pa.nulls(size, pa.string())}
    for column, values in columns.items():
        arrays[column] = pa.array([_written(value, KINDS[column]) for value in values], KINDS[column])
    batch = pa.RecordBatch.from_pydict(arrays)
    named = parameters or {}
    features = {n: catalog.feature(n, named.get(n)) for n, cls in catalog.features().items() if not cls.unasked or n in named}
    graph = resolve_names([name], dict.fromkeys(Side, tuple(columns)), Modality.AGENT, features=features)
    assert not graph.missing, graph.missing
    step = graph.passes[0]
    batch, broken = with_features(batch, step, {feature: features[feature].open() for feature in step.features})
    assert not broken, broken
    metric = catalog.metric_class(name)
    there = [column for column in metric.may_read if column in batch.schema.names]
    return batch.select(list(dict.fromkeys([ID, FAULT, *metric.reads, *there])))


def measured(name, metric=None, features=None, **columns):
    """The value of a metric over columns."""
    metric = metric or catalog.metric(name)
    return metric.value(metric.zero() + metric.fold(batch_of(name, features, **columns)))


def _written(value, kind):
    return value if value is None or isinstance(value, str) or kind != pa.string() else json.dumps(value)


def call(name="search", arguments=None, id_="a"):
    """A call as OpenAI's messages have it."""
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments or {})}}


def asks(*calls):
    """The assistant's message that makes calls."""
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def gives(content="3 hits", id_="a"):
    """A tool's answer."""
    return {"role": "tool", "tool_call_id": id_, "content": content}


def says(role, content):
    """A message."""
    return {"role": role, "content": content}
