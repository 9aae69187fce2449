"""How much a classifier that learnt from graphs loses when a few edges of real ones are others."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Z95, Curve, Value
from operators.features.graph_structure import GraphStructure
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.graph_text import GraphFault, GraphRead, read_graph
from operators.kernels.graphs import graphs_of
from operators.kernels.hashing import hash_array
from operators.semistructured._graph_rewriting import document, rewired, written
from operators.semistructured._taught import Described, balanced, halves, scores, untaught
from operators.semistructured.graph_classification import described, matrix

_SAMPLED_BYTES = 1 << 14
_SHARES = (0.0, 0.05, 0.1, 0.2)
_SHARE, _LEAST = 0.1, 5

_Graph = tuple[int, str, GraphRead]
"""A seed, a label and a graph."""


@dataclass(frozen=True)
class EdgeFlipDrop(Comparison[Product]):
    """The balanced accuracy on real graphs that a classifier trained on the subject's loses when 10 % of their edges change.

    The classifier is that of `semistructured.graph_classification`. It is tested on half of the reference's graphs as they
    are, and with 5, 10 and 20 % of their edges led between other nodes, by the graph's hash, so that what changes at one
    share changes at all greater ones. The value is ``accuracy as they are - accuracy with 10 % changed``: what the data
    teaches is the more brittle, the greater it is. The changes are random: an adversary who looks for the worst ones does
    more. Parts: the accuracy at each share, and ``real``, the loss of the same classifier trained on the reference's other
    half.

    -1 to 1, lower is better; normal interval over the tested graphs, each beside itself. Skipped: null, graphs that do not hold
    together, without a label or a node, and texts of more than 16 kB; of more than ``size`` distinct graphs a side those with
    the smallest hash are used. Cost: at the end some 3 ms a sampled graph of 60 edges, and some seconds of training.

    Args:
        size: graphs a side.
        directed: whether edges have a direction where the text does not say, as of [features.graph_structure].

    >>> def side(sizes):
    ...     texts = [str([[at * way, at + 1] for at in range(size)]) for size in sizes for way in (0, 1)]  # stars and paths
    ...     labels = ["star", "path"] * len(sizes)
    ...     return EdgeFlipDrop().fold(pa.RecordBatch.from_pydict({"graph": texts, "label": labels}))
    >>> value = EdgeFlipDrop().compare(side(range(10, 20)), side(range(12, 24)))
    >>> value.value, value.parts["0% of edges changed"].value
    (0.0, 1.0)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness; Zügner et al. 2018 (Nettack), whose random
    baseline this is.
    """

    size: Annotated[int, Field(ge=16, le=1 << 16)] = 1000
    directed: bool = False

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("graph", "label")
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "balanced accuracy lost"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Zügner et al. 2018"

    def zero(self) -> Product:
        """No graphs."""
        return Product({"graphs": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw graphs with their labels."""
        there, labelled = valid_mask(batch["graph"]), valid_mask(batch["label"])
        long = np.diff(strings(batch["graph"]).offsets) > _SAMPLED_BYTES
        reasons = {"no graph": ~there, "no label": there & ~labelled, "too long to be sampled": there & labelled & long}
        rows = pa.array(np.flatnonzero(there & labelled & ~long))
        columns = [batch[name].take(rows) for name in ("graph", "label")]
        hashes = hash_array(pa.StructArray.from_arrays(columns, ["graph", "label"]))[:, 0]
        counts = {reason: int(np.count_nonzero(mask)) for reason, mask in reasons.items()}
        tally = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"graphs": Sample.of(hashes, _Pairs(*columns), self.size), "skipped": tally})

    def compare(self, subject: Product, reference: Product) -> Value:
        """What is lost."""
        skipped = dict(subject["skipped"].nonzero())
        sides, odd = zip(*(self._read(state["graphs"]) for state in (subject, reference)), strict=True)
        if odd[0]:
            skipped["no graph that is well formed, or no node"] = odd[0]
        mine, theirs = (self._described(side, 0.0) for side in sides)
        test, other = halves(theirs)
        if obstacle := untaught(mine, test, other, _LEAST):
            return Value.missing(obstacle, skipped)
        changed = [halves(self._described(sides[1], share))[0] for share in _SHARES]
        right, real = (_right(train, changed) for train in (mine, other))
        at = _SHARES.index(_SHARE)
        levels = [balanced(row, test) for row in right]
        parts = {f"{share:.0%} of edges changed": level for share, level in zip(_SHARES, levels, strict=True)}
        parts["real"] = _lost(real[0], real[at], test)
        plot = Curve(_SHARES, tuple(level.value or 0.0 for level in levels), "share of edges changed", "balanced accuracy")
        return _lost(right[0], right[at], test).with_(skipped=skipped, parts=parts, plot=plot)

    def _read(self, sample: Sample) -> tuple[list[_Graph], int]:
        """The graphs that hold together, and how many records have none."""
        kept, odd = [], 0
        for seed, count, text in sample.entries:
            label, graph = orjson.loads(text)
            try:
                read = read_graph(graph, self.directed)
            except GraphFault:
                read = None
            if read is None or read.repeated or read.dangling or not read.nodes:
                odd += count
            else:
                kept.append((seed, label, read))
        return kept, odd

    def _described(self, graphs: list[_Graph], share: float) -> Described:
        """Features and classes of graphs with a share of their edges changed; every graph counts once."""
        texts = [written(document(rewired(read, share, seed))) for seed, _, read in graphs]
        batch = pa.RecordBatch.from_pydict({"graph": pa.array(texts, pa.string())})
        found = graphs_of(GraphStructure(directed=self.directed).open()(batch)["graph_structure"])
        features = matrix([described(found, at) for at in range(len(found.rows))])
        return features, np.array([label for _, label, _ in graphs], object), np.ones(len(graphs), np.int64)


class _Pairs:
    """Labels and graphs as JSON lists, made only for those that are drawn."""

    def __init__(self, graphs: pa.Array, labels: pa.Array) -> None:
        self._graphs, self._labels = graphs, labels

    def __getitem__(self, at: int) -> str:
        return orjson.dumps([self._labels[int(at)].as_py(), self._graphs[int(at)].as_py()]).decode()


def _right(train: Described, tests: list[Described]) -> list[NDArray[np.bool_]]:
    """Which graphs are told right, at each share."""
    names, probable = scores(train, np.concatenate([features for features, *_ in tests]))
    told = names[probable.argmax(axis=1)].reshape(len(tests), -1)
    return [row == classes.astype(str) for row, (_, classes, _) in zip(told, tests, strict=True)]


def _lost(before: NDArray[np.bool_], after: NDArray[np.bool_], test: Described) -> Value:
    """The mean over classes of what is lost, each graph beside itself."""
    classes = test[1].astype(str)
    means, variance = [], 0.0
    for one in np.unique(classes):
        lost = before[classes == one].astype(np.float64) - after[classes == one]
        means.append(float(lost.mean()))
        variance += float(lost.var()) / len(lost)
    value, half = float(np.mean(means)), Z95 * float(np.sqrt(variance)) / len(means)
    return Value(value, len(classes), max(-1.0, value - half), min(1.0, value + half), estimator="sample")
