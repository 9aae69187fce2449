"""What a consumer accepts."""

import pyarrow as pa

from engine.graph import resolve_names
from engine.schema import Modality, Side
from operators.features.consumer_verdict import ConsumerVerdict
from operators.semistructured.consumer_acceptance import ConsumerAcceptance

NAME = "semistructured.consumer_acceptance"


def test_a_consumer():
    documents = ['{"a": 1}', "{}", "{", "null", None]
    batch = pa.RecordBatch.from_pydict(
        {"_id": range(5), "_fault": pa.nulls(5, pa.string()), "json": pa.array(documents, pa.string())}
    )
    batch = batch.append_column("consumer_verdict", ConsumerVerdict("json:loads").open()(batch)["consumer_verdict"])
    value = ConsumerAcceptance().value(ConsumerAcceptance().fold(batch))
    assert (value.value, value.n, value.skipped) == (0.75, 4, {"no text": 1})
    assert {cause: part.value for cause, part in value.parts.items()} == {"JSONDecodeError": 0.25}
    assert [entry.record for entry in value.evidence] == [2]
    assert ConsumerVerdict().obstacle()
    assert ConsumerVerdict("no_such_package:f").obstacle()
    assert ConsumerVerdict("json:loads").obstacle() is None


def test_a_loader_of_graphs_and_a_parser_of_lines():
    """The consumer gets what the data has, in an audit too."""
    graphs = pa.RecordBatch.from_pydict({"graph": ["0 1", "no graph", None], "log": [None, None, "5"]})
    verdicts = ConsumerVerdict("operators.kernels.graph_text:read_graph").open()(graphs)["consumer_verdict"].to_pylist()
    assert verdicts == ["accepted", "accepted", "GraphFault"]
    lines = pa.RecordBatch.from_pydict({"log": ["5", "x", None]})
    assert ConsumerVerdict("builtins:int").open()(lines)["consumer_verdict"].to_pylist() == ["accepted", "ValueError", None]
    features = {"features.consumer_verdict": ConsumerVerdict("builtins:int")}
    for column in ("json", "graph", "log", "triple"):
        graph = resolve_names([NAME], {Side.SUBJECT: (column,)}, Modality.SEMISTRUCTURED, features=features)
        assert graph.passes[0].columns == (column,)
    missing = resolve_names([NAME], {Side.SUBJECT: ("label",)}, Modality.SEMISTRUCTURED, features=features).missing
    assert missing[NAME] == "needs a column json or graph or log or triple: map it in [subject] columns"
