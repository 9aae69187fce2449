"""What a model learns of which nodes are joined, tested on real graphs."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Bars, Value
from operators.kernels.graphs import Graph, Graphs
from operators.kernels.hashing import hash_array, mix
from operators.kernels.roc import area, roc
from operators.semistructured._graphs import measured
from operators.semistructured._taught import Described, halves, scores

_TRIES, _WIDTH, _LEAST = 32, 8, 20
_COMMON = 0
"""The column with the number of common neighbours."""


@dataclass(frozen=True)
class EdgePrediction(Comparison[Product]):
    """The area under the ROC curve of a model that tells joined nodes of real graphs from others, trained on the subject's.

    Train on synthetic, test on real. For each drawn edge another pair is drawn, with one end the same and the other a node
    that is not joined to it. A pair is described, each of both without one of its edges (the one that joins them, if one does),
    by its common neighbours (their number, Jaccard's share, and weighted as Adamic and Adar and as resource allocation do),
    both degrees, the least first, their product, and whether the labels are the same. The model (100 extremely randomised
    trees, a fixed seed) is tested on half of the reference's pairs, by hash. The value is how probably an edge has a higher
    score than another pair. Parts: ``real``, that of the same model trained on the reference's other half; ``common
    neighbours``, that of their number alone, which needs no training.

    0 to 1, higher is better, 0.5 is chance; interval of Hanley and McNeil, pairs taken as independent. None with fewer than
    20 edges on a side or half of one. Directions are left out. Skipped: null, graphs that are not well formed, have no
    node, more than ``max_nodes``, or no pair of either kind; of more than ``size`` edges of distinct graphs a side those
    with the smallest hash are used. Cost: 50 us and the degrees of both ends for each drawn pair, and some seconds of
    training.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(sizes):
    ...     texts = [str([[u + k, v + k] for k in (0, n) for u in range(n) for v in range(u)]) for n in sizes]  # two cliques
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), "graph": texts})
    ...     batch = batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"])
    ...     return EdgePrediction().fold(batch)
    >>> EdgePrediction().compare(side(range(4, 9)), side(range(5, 10))).value
    1.0

    Source: Liben-Nowell and Kleinberg 2007 (The link-prediction problem); Esteban et al. 2017 (train on synthetic, test on
    real); The LLM Data Auditor (arXiv 2601.17717), semi-structured utility.
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 5000
    max_nodes: Annotated[int, Field(ge=1, le=1 << 24)] = 100_000

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "area under the ROC curve"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Liben-Nowell and Kleinberg 2007"

    def zero(self) -> Product:
        """No pairs."""
        return Product({"pairs": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw edges, beside each another pair, and describe both."""
        graphs, kept, skipped = measured(batch, self.max_nodes)
        structures = hash_array(batch["graph_structure"].take(pa.array(graphs.rows[kept])))[:, 0]
        edges = [_edges(graphs[at]) for at in kept.tolist()]
        of = np.repeat(np.arange(len(kept)), [len(some) for some in edges])
        pairs = np.concatenate([*edges, np.empty((0, 2), np.int64)])
        keys = mix(structures[of] + mix((pairs[:, 0] << 32 | pairs[:, 1]).astype(np.uint64)))
        useless = sum(not len(some) for some in edges)
        sample = Sample.of(keys, _Descriptions(graphs, kept[of], pairs, keys), self.size)
        return Product({"pairs": sample, "skipped": skipped + Tally({"no pair to tell apart": useless} if useless else {})})

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = (_read(side["pairs"]) for side in (subject, reference))
        for side, (pairs, _, _), least in (("subject", mine, _LEAST), ("reference", theirs, 2 * _LEAST)):
            if len(pairs) < least:
                return Value.missing(
                    f"the {side} has {len(pairs)} edges beside pairs that are not joined, fewer than {least}", skipped
                )
        test, other = (_paired(some) for some in halves(theirs))
        value = _area(scores(_paired(mine), test[0])[1][:, 1], test)
        parts = {"real": _area(scores(other, test[0])[1][:, 1], test)}
        parts["common neighbours"] = _area(test[0][:, _COMMON], test)
        bars = Bars(
            ("subject", *parts),
            (value.value or 0.0, *(part.value or 0.0 for part in parts.values())),
            "area under the ROC curve",
        )
        return value.with_(skipped=skipped, parts=parts, plot=bars)


def _edges(graph: Graph) -> NDArray[np.int64]:
    """(m, 2) the edges, first an end that is not joined to all nodes; those without such an end are left out."""
    degree = np.diff(graph.starts)
    owner, near = np.repeat(np.arange(len(degree)), degree), graph.near.astype(np.int64)
    once = owner < near
    pairs = np.stack([owner[once], near[once]], 1)
    room = degree[pairs] < len(degree) - 1
    turned = np.where(room[:, :1], pairs, pairs[:, ::-1])
    kept: NDArray[np.int64] = turned[room.any(axis=1)]
    return kept


def stranger(graph: Graph, node: int, key: int) -> tuple[int, int]:
    """A node that is not joined to this one, as not all are, and one of its neighbours, -1 where it has none.

    They are drawn by a key, in the same way everywhere.
    """
    n = len(graph.starts) - 1
    joined = {node, *_near(graph, node)}
    drawn = mix(np.uint64(key) + np.arange(_TRIES, dtype=np.uint64))
    tried = (drawn % np.uint64(n)).tolist()
    other: int = next(one for one in (*tried, *range(tried[0], n), *range(tried[0])) if one not in joined)
    around = _near(graph, other)
    return other, around[int(drawn[0] >> np.uint64(32)) % len(around)] if around else -1


def _near(graph: Graph, node: int) -> list[int]:
    found: list[int] = graph.near[graph.starts[node] : graph.starts[node + 1]].tolist()
    return found


def pair_features(graph: Graph, u: int, v: int, without: tuple[int, int]) -> list[float]:
    """What is known of two nodes when the edges from each of them to one of its neighbours are not there.

    If only the edge between the two were left out, edges would be told by degrees alone in a graph where all are equal.

    >>> near = np.array([1, 2, 0, 2, 0, 1], np.int32)
    >>> triangle = Graph(np.array([0, 2, 4, 6]), near, np.full(6, 3, np.uint8), np.zeros(3, np.int64))
    >>> [round(one, 3) for one in pair_features(triangle, 0, 1, (1, 0))]
    [1.0, 1.0, 1.443, 0.5, 1.0, 1.0, 1.0, 1.0]
    """
    ours, theirs = ({*_near(graph, at)} - {gone} for at, gone in zip((u, v), without, strict=True))
    common = np.array(sorted(ours & theirs), np.int64)
    degrees = graph.starts[common + 1] - graph.starts[common]
    ends = sorted(map(len, (ours, theirs)))
    return [
        float(len(common)),
        len(common) / max(1, len(ours | theirs)),
        float((1 / np.log(np.maximum(degrees, 2))).sum()),
        float((1 / degrees).sum()),
        float(ends[0]),
        float(ends[1]),
        float(ends[0] * ends[1]),
        float(graph.colours[u] == graph.colours[v]),
    ]


class _Descriptions:
    """Two pairs of nodes as texts, made only for those that are drawn."""

    def __init__(self, graphs: Graphs, of: NDArray[np.int64], pairs: NDArray[np.int64], keys: NDArray[np.uint64]) -> None:
        self._graphs, self._of, self._pairs, self._keys = graphs, of, pairs, keys

    def __getitem__(self, at: int) -> str:
        graph, (u, v) = self._graphs[int(self._of[at])], self._pairs[at].tolist()
        other, gone = stranger(graph, u, int(self._keys[at]))
        return orjson.dumps([pair_features(graph, u, v, (v, u)), pair_features(graph, u, other, (v, gone))]).decode()


def _read(sample: Sample) -> Described:
    """(edges, 2, 8) features of an edge and of another pair, a dummy for the class, and counts."""
    read: list[Any] = [orjson.loads(text) for _, _, text in sample.entries]
    counts = np.array([count for _, count, _ in sample.entries], np.int64)
    return np.array(read, np.float64).reshape(-1, 2, _WIDTH), np.zeros(len(read)), counts


def _paired(edges: Described) -> Described:
    """Each edge and the pair beside it as two things of two classes."""
    features, _, counts = edges
    classes = np.repeat([1, 0], len(features))
    return np.concatenate([features[:, 0], features[:, 1]]), classes, np.tile(counts, 2)


def _area(found: NDArray[np.float64], pairs: Described) -> Value:
    """How probably an edge has a higher score than another pair."""
    _, bins = np.unique(-found, return_inverse=True)
    sides = [np.bincount(bins, pairs[2] * (pairs[1] == one), int(bins.max()) + 1).astype(np.int64) for one in (1, 0)]
    return area(roc(*sides)).with_(estimator="sample")
