"""Whether the discrepancy of graphs grows with the share of edges that are rewired."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Curve, Value
from operators.semistructured._graph_rewriting import SampledGraphs, document, rewired, written
from operators.semistructured.graph_mmd import GraphMmd
from operators.semistructured.response_curve import SHARES, spearman

_MOST_NODES = 300
_STATISTICS = ("degree", "clustering", "spectrum")


@dataclass(frozen=True)
class GraphResponseCurve(SampledGraphs):
    """Spearman's correlation of the share of rewired edges with the discrepancy that `semistructured.graph_mmd` finds.

    ``size`` distinct graphs, drawn by hash, are compared with themselves after 0, 1, 2, 5, 10, 20 and 50 % of their edges were
    led between other nodes, by the graph's hash, so that what changes at one share changes at all greater ones. 1: every step
    is noticed; less: on this data the discrepancy is blind to small changes, or saturated by them. The value is that of the
    whole discrepancy, the biased one of the mean kernel, since the unbiased one of two samples that share their graphs is not
    0 on average; parts are those of each statistic, and the discrepancy at each share. Graphs that are random already change
    nothing when they are rewired: then it says nothing.

    -1 to 1, higher is better; a point as interval: nothing is estimated beyond the sample. Skipped: null, graphs that do not
    hold together, have no edge or more than 300 nodes, and texts of more than 16 kB (``too long to be sampled``). Cost: at the
    end the spectra of seven times the sample, some 5 s for graphs of 100 nodes.

    >>> import pyarrow as pa
    >>> texts = [str([[v, v // k] for v in range(1, n)]) for n in range(40, 60) for k in (2, 3, 4)]  # trees
    >>> GraphResponseCurve().value(GraphResponseCurve().fold(pa.RecordBatch.from_pydict({"graph": texts}))).value
    1.0

    Source: O'Bray et al. 2022 (Evaluation Metrics for Graph Generative Models), section 4.
    """

    size: Annotated[int, Field(ge=8, le=1024)] = 128

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "Spearman's rank correlation"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "O'Bray et al. 2022"

    def value(self, state: Product) -> Value:
        """The correlation of rewiring and discrepancy."""
        kept, complete, skipped = self.drawn(state)
        usable = [(seed, read) for seed, _, read in kept if read.nodes <= _MOST_NODES and len(read.ends)]
        if len(usable) < len(kept):
            skipped["without an edge, or more than 300 nodes"] = len(kept) - len(usable)
        if len(usable) < 2:
            return Value.missing("fewer than two records have a graph that can be rewired", skipped)
        metric = GraphMmd(size=self.size, max_nodes=_MOST_NODES)
        sides = [
            metric.fold(self.batch([written(document(rewired(read, share, seed))) for seed, read in usable]))
            for share in SHARES
        ]
        found = [metric.compare(side, sides[0]).parts for side in sides]
        curves = {name: np.array([parts[f"{name}, biased"].value or 0.0 for parts in found]) for name in _STATISTICS}
        whole = sum(curves.values(), np.zeros(1)) / len(curves)
        correlations = {name: spearman(np.array(SHARES), curve) for name, curve in {"": whole, **curves}.items()}
        if correlations[""] is None:
            return Value.missing("the discrepancy stays the same", skipped)
        n = len(usable)
        parts = {
            name: Value.missing("it stays the same") if one is None else Value.exact(one, n)
            for name, one in correlations.items()
            if name
        }
        parts |= {f"{share:.0%} rewired": Value.exact(v, n) for share, v in zip(SHARES, whole.tolist(), strict=True)}
        plot = Curve(SHARES, tuple(whole.tolist()), "share of edges rewired", "squared discrepancy, biased")
        estimator = "exact" if complete else "sample"
        return Value.exact(correlations[""], n).with_(skipped=skipped, parts=parts, estimator=estimator, plot=plot)
