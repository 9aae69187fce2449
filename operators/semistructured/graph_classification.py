"""What a classifier learns from graphs, tested on real ones."""

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
from operators.kernels.buffers import valid_mask
from operators.kernels.graph_numbers import STATISTICS, numbers
from operators.kernels.graphs import Graphs, triangles
from operators.kernels.hashing import hash_array
from operators.kernels.orbits import ORBITS, orbit_totals
from operators.semistructured._graphs import measured
from operators.semistructured._taught import Described, taught

_MOST_SUBGRAPHS = 1_000_000
_LABELS = 16


@dataclass(frozen=True)
class GraphClassification(Comparison[Product]):
    """The balanced accuracy on real graphs of a classifier that was trained on the subject's graphs.

    Train on synthetic, test on real: the classifier (100 extremely randomised trees, a fixed seed, classes weighted equally)
    sees of each graph the numbers of `semistructured.graph_statistics`, the shares of the 15 orbits of its subgraphs of up to
    four nodes (none beyond a million subgraphs) and the shares of its nodes' labels (in 16 cells by hash), and tells
    ``label``. It is tested on half of the reference's graphs, by hash. The value is the mean over the classes there of the
    share of graphs that are told right. Parts: ``real``, that of the same classifier trained on the reference's other half;
    ``chance``, one by the number of classes; ``accuracy``, the share of all graphs that are told right; ``lift``, how much of
    what real graphs teach beyond chance the subject's do.

    0 to 1, higher is better; normal interval over the tested graphs. None with fewer than five different graphs, or than
    two classes, on a side or half of one. Skipped: null, graphs that are not well formed, without a label or a node, or
    with more than ``max_nodes``; of more than ``size`` distinct graphs a side those with the smallest hash are used. Cost:
    that of `semistructured.graph_statistics`, and some seconds of training.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(sizes):
    ...     graphs = [[[at * way, at + 1] for at in range(size)] for size in sizes for way in (0, 1)]  # stars and paths
    ...     columns = {"graph": list(map(str, graphs)), "label": ["star", "path"] * len(sizes)}
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(2 * len(sizes), pa.string()), **columns})
    ...     batch = batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"])
    ...     return GraphClassification().fold(batch)
    >>> GraphClassification().compare(side(range(4, 10)), side(range(5, 12))).value
    1.0

    Source: Esteban et al. 2017 (train on synthetic, test on real); The LLM Data Auditor (arXiv 2601.17717), semi-structured
    utility; Geurts et al. 2006 (extremely randomised trees).
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 10_000
    max_nodes: Annotated[int, Field(ge=1, le=1 << 20)] = 10_000

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure", "label")
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "balanced accuracy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Esteban et al. 2017"

    def zero(self) -> Product:
        """No graphs."""
        return Product({"graphs": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw graphs, and describe them."""
        graphs, kept, skipped = measured(batch, self.max_nodes)
        labelled = valid_mask(batch["label"])[graphs.rows[kept]]
        unlabelled = int(np.count_nonzero(~labelled))
        kept = kept[labelled]
        rows = pa.array(graphs.rows[kept])
        columns = [batch[name].take(rows) for name in ("graph_structure", "label")]
        hashes = hash_array(pa.StructArray.from_arrays(columns, ["graph", "label"]))[:, 0]
        sample = Sample.of(hashes, _Descriptions(graphs, kept, columns[1]), self.size)
        return Product({"graphs": sample, "skipped": skipped + Tally({"no label": unlabelled} if unlabelled else {})})

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = (_read(side["graphs"]) for side in (subject, reference))
        return taught(mine, theirs).with_(skipped=skipped)


class _Descriptions:
    """Features and classes of some graphs as texts, made only for those that are drawn."""

    def __init__(self, graphs: Graphs, kept: NDArray[np.int64], labels: pa.Array) -> None:
        self._graphs, self._kept, self._labels = graphs, kept, labels

    def __getitem__(self, at: int) -> str:
        features = described(self._graphs, int(self._kept[at]))
        return orjson.dumps([self._labels[int(at)].as_py(), features]).decode()


def described(graphs: Graphs, at: int) -> list[float | None]:
    """The features of a graph; None where a number does not exist."""
    found = numbers(graphs, np.array([at]), 500)[0].tolist()
    return [*(None if np.isnan(one) else one for one in found), *_shares(graphs[at])]


def _shares(graph: Any) -> list[float]:
    """Of the orbits, and of the labels by cell."""
    orbits, counted = orbit_totals(graph.starts, graph.near, triangles(graph.starts, graph.near), _MOST_SUBGRAPHS)
    labels = np.bincount((graph.colours.view(np.uint64) % np.uint64(_LABELS)).astype(np.int64), minlength=_LABELS)
    parts = [orbits / max(1, int(orbits.sum())) if counted else np.zeros(ORBITS), labels / max(1, len(graph.colours))]
    return [float(share) for part in parts for share in part]


def matrix(features: list[list[float | None]]) -> NDArray[np.float64]:
    """(graphs, features) with -1 where a number does not exist."""
    width = len(STATISTICS) + ORBITS + _LABELS
    return np.array([[-1.0 if one is None else one for one in values] for values in features]).reshape(-1, width)


def _read(sample: Sample) -> Described:
    read = [orjson.loads(text) for _, _, text in sample.entries]
    features = matrix([values for _, values in read])
    counts = np.array([count for _, count, _ in sample.entries], np.int64)
    return features, np.array([label for label, _ in read], object), counts
