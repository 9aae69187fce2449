"""Graphs for tests: as texts, as batches, and those of ../shared."""

import json
from pathlib import Path

import networkx as nx
import pyarrow as pa

from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.read import read
from operators.features.graph_structure import GraphStructure

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "semi"


def text_of(graph):
    graph = nx.convert_node_labels_to_integers(graph)
    edges = [list(edge) for edge in graph.edges]
    labels = [graph.nodes[node].get("label") for node in graph.nodes]
    said = {"labels": labels} if any(label is not None for label in labels) else {}
    return json.dumps({"directed": graph.is_directed(), "nodes": len(graph), **said, "edges": edges})


def batch_of(texts, ids=None, feature=None, **columns):
    """A batch as folds get it; graphs may be networkx's."""
    texts = [text_of(one) if isinstance(one, nx.Graph) else one for one in texts]
    ids = range(len(texts)) if ids is None else ids
    fault = pa.nulls(len(texts), pa.string())
    batch = pa.RecordBatch.from_pydict(
        {"_id": pa.array(ids, pa.int64()), "_fault": fault, "graph": pa.array(texts, pa.string()), **columns}
    )
    for name, column in (feature or GraphStructure()).open()(batch).items():
        batch = batch.append_column(name, column)
    return batch


def relabelled(graph, random):
    nodes = list(graph.nodes)
    shuffled = nodes[:]
    random.shuffle(shuffled)
    twin = type(graph)()
    twin.add_nodes_from((new, graph.nodes[old]) for new, old in sorted(zip(shuffled, nodes, strict=True)))
    edges = [(u, v) for u, v in graph.edges]
    random.shuffle(edges)
    twin.add_edges_from((shuffled[nodes.index(u)], shuffled[nodes.index(v)]) for u, v in edges)
    return twin


def shared_graphs(folder, **fields):
    """The texts of the graphs of a folder of ../shared, and their labels."""
    dataset = Dataset(path=str(SHARED / folder), modality="semistructured", **fields)
    manifest = freeze(dataset)
    batches = [batch for unit in manifest.units for batch in read(dataset, manifest, unit, ("graph", "label"))]
    table = pa.Table.from_batches(batches)
    return table["graph"].to_pylist(), table["label"].to_pylist()


def sbm_generated():
    """DiGress's stochastic block models as texts: the file is a print of "N=..", node types and the adjacency matrix."""
    texts = []
    for block in (SHARED / "digress_generated" / "generated_samples_sbm.txt").read_text().split("N=")[1:]:
        rows = block.partition("E:")[2].strip().splitlines()
        matrix = [[int(cell) for cell in row.split()] for row in rows if row.strip()]
        edges = [[u, v] for u, row in enumerate(matrix) for v in range(u) if row[v]]
        texts.append(json.dumps({"nodes": len(matrix), "edges": edges}))
    return texts
