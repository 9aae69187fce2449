"""What a classifier learns of nodes from where they stand, tested on real graphs."""

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
from engine.value import Value
from operators.kernels.graphs import IN, OUT, Graph, Graphs, triangles
from operators.kernels.hashing import hash_array, mix
from operators.semistructured._graphs import measured
from operators.semistructured._taught import Described, taught

_LABELS, _LEAST = 16, 20


@dataclass(frozen=True)
class NodeClassification(Comparison[Product]):
    """The balanced accuracy on real graphs of a classifier of nodes that was trained on the subject's graphs.

    Train on synthetic, test on real: the classifier (100 extremely randomised trees, a fixed seed, classes weighted equally)
    tells a node's label from where it stands: its degrees, triangles and clustering, the least, mean and greatest degree of its
    neighbours, the size of its graph, and the shares of its neighbours' labels (in 16 cells by hash). Its own label is what is
    asked. It is tested on half of the reference's nodes, by hash, which may be of the graphs that the other half is of; the
    value and its parts (``real``, ``chance``, ``accuracy``, ``lift``) are those of `semistructured.graph_classification`.

    0 to 1, higher is better; normal interval over the tested nodes. None with fewer than 20 nodes, or than two classes, on
    a side or half of one. Skipped: null, graphs that are not well formed, have no node, no labels of nodes, or more than
    ``max_nodes``; of more than ``size`` nodes of distinct graphs a side those with the smallest hash are used. Cost: m**1.5
    operations for triangles, and some seconds of training.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(sizes):
    ...     stars = [{"nodes": n, "labels": ["hub", *["x"] * (n - 1)], "edges": [[0, v] for v in range(1, n)]} for n in sizes]
    ...     texts = [orjson.dumps(star).decode() for star in stars]
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), "graph": texts})
    ...     batch = batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"])
    ...     return NodeClassification().fold(batch)
    >>> NodeClassification().compare(side(range(4, 13)), side(range(5, 17))).value
    1.0

    Source: Esteban et al. 2017 (train on synthetic, test on real); The LLM Data Auditor (arXiv 2601.17717), semi-structured
    utility; Henderson et al. 2011 (structural features of nodes).
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 10_000
    max_nodes: Annotated[int, Field(ge=1, le=1 << 24)] = 100_000

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "balanced accuracy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Esteban et al. 2017"

    def zero(self) -> Product:
        """No nodes."""
        return Product({"nodes": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw nodes, and describe them."""
        graphs, kept, skipped = measured(batch, self.max_nodes)
        labelled = np.array([bool(graphs[at].colours.any()) for at in kept.tolist()], np.bool_)
        unlabelled = int(np.count_nonzero(~labelled))
        kept = kept[labelled]
        sizes = np.diff(graphs.nodes)[kept]
        of, within = np.repeat(np.arange(len(kept)), sizes), np.concatenate([np.arange(n) for n in sizes] or [sizes])
        structures = hash_array(batch["graph_structure"].take(pa.array(graphs.rows[kept])))[:, 0]
        keys = mix(structures[of] + mix(within.astype(np.uint64)))
        sample = Sample.of(keys, _Descriptions(graphs, kept[of], within), self.size)
        tally = Tally({"no labels of nodes": unlabelled} if unlabelled else {})
        return Product({"nodes": sample, "skipped": skipped + tally})

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        mine, theirs = (_read(side["nodes"]) for side in (subject, reference))
        return taught(mine, theirs, _LEAST).with_(skipped=subject["skipped"].nonzero())


class _Descriptions:
    """Labels and features of nodes as texts, made for a graph when its first node is drawn."""

    def __init__(self, graphs: Graphs, of: NDArray[np.int64], within: NDArray[np.int64]) -> None:
        self._graphs, self._of, self._within = graphs, of, within
        self._known: dict[int, NDArray[np.float64]] = {}

    def __getitem__(self, at: int) -> str:
        graph, node = int(self._of[at]), int(self._within[at])
        if graph not in self._known:
            self._known[graph] = described(self._graphs[graph])
        label = str(self._graphs[graph].colours[node])
        return orjson.dumps([label, self._known[graph][node].tolist()]).decode()


def described(graph: Graph) -> NDArray[np.float64]:
    """(nodes, 8 + 16) where each node of a graph stands, without its own label.

    >>> ends, kinds = np.array([1, 2, 0, 0], np.int32), np.full(4, 3, np.uint8)
    >>> described(Graph(np.array([0, 2, 3, 4]), ends, kinds, np.array([7, 8, 8])))[0, :8].tolist()
    [2.0, 2.0, 0.0, 0.0, 1.0, 1.0, 1.0, 3.0]
    """
    degree = np.diff(graph.starts)
    n, owner = len(degree), np.repeat(np.arange(len(degree)), degree)
    out, into = (np.bincount(owner, (graph.kind & way) > 0, n) for way in (OUT, IN))
    found = triangles(graph.starts, graph.near)
    ends = degree[graph.near]
    least, most = np.full(n, n), np.zeros(n, np.int64)
    np.minimum.at(least, owner, ends)
    np.maximum.at(most, owner, ends)
    mean = np.bincount(owner, ends, n) / np.maximum(degree, 1)
    clustering = 2 * found / np.maximum(degree * (degree - 1), 1)
    cells = (graph.colours.view(np.uint64)[graph.near] % np.uint64(_LABELS)).astype(np.int64)
    labels = np.bincount(owner * _LABELS + cells, minlength=n * _LABELS).reshape(n, _LABELS) / np.maximum(degree, 1)[:, None]
    numbers = np.stack([out, into, found, clustering, least * (degree > 0), mean, most, np.full(n, n)], 1)
    joined: NDArray[np.float64] = np.concatenate([numbers, labels], axis=1)
    return joined


def _read(sample: Sample) -> Described:
    read: list[Any] = [orjson.loads(text) for _, _, text in sample.entries]
    features = np.array([values for _, values in read], np.float64).reshape(-1, 8 + _LABELS)
    labels = np.array([label for label, _ in read], object)
    return features, labels, np.array([count for _, count, _ in sample.entries], np.int64)
