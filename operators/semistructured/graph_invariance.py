"""Whether graphs are judged alike however their nodes are numbered and named."""

import random
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Value
from operators.kernels.canonical_graph import canonical
from operators.kernels.graph_numbers import numbers
from operators.kernels.graphs import graphs_of
from operators.semistructured._graph_rewriting import OTHERWISE, SampledGraphs
from operators.semistructured.graph_wellformed import GraphWellformed

_STEPS, _DIAMETER_NODES = 100_000, 500


@dataclass(frozen=True)
class GraphInvariance(SampledGraphs):
    """The share of rewritten graphs that come to the same verdict, canonical form and numbers as they were.

    Each of ``size`` distinct graphs, drawn by hash, is written in four other ways that mean the same, as node-link JSON: its
    nodes and edges in another order, with the ends of undirected edges exchanged; its nodes under other names; its keys in
    reverse; white space between all tokens. The verdict is that of `semistructured.graph_wellformed`, the canonical form that
    of `semistructured.vun`, and the numbers are the eight of `semistructured.graph_statistics`, to the last bit. Parts: the
    share for each way; and ``undecided``, the share of graphs whose canonical form 100,000 steps do not find, which are
    compared by their colour refinement.

    Less than 1 means that numbers about this data depend on who wrote it down. Skipped: null, graphs that do not hold
    together, and texts of more than 16 kB (``too long to be sampled``).

    0 to 1, higher is better, Wilson interval over pairs of graph and way. Cost: at the end some 2 ms a sampled graph of 60
    edges.

    >>> texts = ["a b\\nb c", '{"nodes": 3, "edges": [[0, 1]]}', "[[0, 1], [1, 2], [2, 0]]"]
    >>> value = GraphInvariance().value(GraphInvariance().fold(pa.RecordBatch.from_pydict({"graph": texts})))
    >>> value.value, value.n, sorted(value.parts)
    (1.0, 12, ['key order', 'node names', 'node order', 'undecided', 'white space'])

    Source: Chen et al. 1998 (metamorphic testing); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "share of rewritten graphs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Chen et al. 1998"

    def value(self, state: Product) -> Value:
        """The share of rewritten graphs that are judged alike."""
        kept, complete, skipped = self.drawn(state)
        if not kept:
            return Value.missing("no record has a graph that can be judged", skipped)
        before, decided = profiles(self.batch([text for _, text, _ in kept]))
        ways = {}
        for way, write in OTHERWISE.items():
            texts = [write(read, random.Random(seed)) for seed, _, read in kept]  # noqa: S311
            after, found = profiles(self.batch(texts))
            alike = (before == after).all(axis=1) & (decided == found)
            ways[way] = Ratio(int(alike.sum()), len(alike))
        parts = {way: ratio.share() for way, ratio in ways.items()}
        parts["undecided"] = Ratio(int(np.count_nonzero(~decided)), len(decided)).share()
        whole = sum(ways.values(), Ratio()).share()
        return whole.with_(skipped=skipped, parts=parts, estimator="exact" if complete else "sample")


def profiles(batch: pa.RecordBatch) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """(n, 2 + 8) what each graph comes to, as bits: its verdict, its form and its numbers; and whether the form was found."""
    codes, _ = GraphWellformed().codes(batch)
    graphs = graphs_of(batch["graph_structure"])
    found = np.zeros((len(batch), 10), np.uint64)
    found[:, 0] = codes.view(np.uint64)
    decided = np.zeros(len(batch), np.bool_)
    found[graphs.rows, 2:] = numbers(graphs, np.arange(len(graphs.rows)), _DIAMETER_NODES).view(np.uint64)
    for at, row in enumerate(graphs.rows.tolist()):
        graph = graphs[at]
        digest, code, decided[row] = canonical(*graph, False, _STEPS)
        found[row, 1] = code if decided[row] else digest
    return found, decided
