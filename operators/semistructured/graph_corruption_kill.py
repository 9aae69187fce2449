"""How many faults, put into graphs, are noticed."""

import random
from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Bars, Value
from operators.kernels.first_fault import VALID
from operators.semistructured._graph_rewriting import OTHERWISE, SampledGraphs, graph_faults
from operators.semistructured.graph_wellformed import GraphWellformed, Property


@dataclass(frozen=True)
class GraphCorruptionKill(SampledGraphs):
    """The share of faults put into graphs that `semistructured.graph_wellformed` notices.

    ``noticed / made``. Into each of ``size`` distinct graphs, drawn by hash and written as node-link JSON, one fault of each
    kind is put, where it is drawn by the graph's hash: the last brace dropped, the text cut short, an edge to a node that is
    not there, an id given twice, an edge from a node to itself, an edge given twice, an edge with one end, an end that is a
    list. Where a document says of itself that it is a multigraph an edge given twice is no fault: so it says how much of a
    check the data allows. ``require``, ``self_loops`` and
    ``parallel_edges`` are those of `semistructured.graph_wellformed`. Parts: the share for each kind of fault, and ``false
    alarms``: of what is found in the same graphs written otherwise (`semistructured.graph_invariance`). Graphs in which
    something is found as they are do not count there, nor have faults put in. Skipped: null, graphs that do not hold together,
    and texts of more than 16 kB (``too long to be sampled``).

    0 to 1, higher is better, Wilson interval over faults. Cost: at the end some 2 ms a sampled graph of 60 edges.

    >>> import pyarrow as pa
    >>> batch = pa.RecordBatch.from_pydict({"graph": ["a b\\nb c", "0 1"]})
    >>> value = GraphCorruptionKill().value(GraphCorruptionKill().fold(batch))
    >>> value.value, value.n, value.parts["false alarms"].value
    (1.0, 16, 0.0)

    Source: DeMillo et al. 1978 (mutation testing); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    self_loops: bool = False
    parallel_edges: bool = False
    require: tuple[Property, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "share of faults"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "DeMillo et al. 1978"

    def value(self, state: Product) -> Value:
        """The share of faults that are noticed."""
        kept, complete, skipped = self.drawn(state)
        clean = [one for one, bad in zip(kept, self._noticed([text for _, text, _ in kept]), strict=True) if not bad]
        if not clean:
            return Value.missing("no record has a graph in which nothing is found", skipped)
        made: dict[str, list[str]] = defaultdict(list)
        for seed, _, read in clean:
            for kind, text in graph_faults(read, seed):
                made[kind].append(text)
        spared = [write(read, random.Random(seed)) for seed, _, read in clean for write in OTHERWISE.values()]  # noqa: S311
        kinds = {kind: Ratio(int(self._noticed(texts).sum()), len(texts)) for kind, texts in sorted(made.items())}
        alarms = Ratio(int(self._noticed(spared).sum()), len(spared))
        parts = {kind: ratio.share() for kind, ratio in kinds.items()} | {"false alarms": alarms.share()}
        bars = {kind: ratio.hits / ratio.n for kind, ratio in kinds.items()}
        plot = Bars(tuple(bars), tuple(bars.values()), "share of faults noticed")
        estimator = "exact" if complete else "sample"
        return sum(kinds.values(), Ratio()).share().with_(skipped=skipped, parts=parts, estimator=estimator, plot=plot)

    def _noticed(self, texts: list[str]) -> NDArray[np.bool_]:
        """In which graphs something is found."""
        checks = GraphWellformed(self.self_loops, self.parallel_edges, self.require)
        found: NDArray[np.bool_] = checks.codes(self.batch(texts))[0] != VALID
        return found
