"""Numbers of graphs beside those of real graphs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Quantiles, Tally
from engine.value import Bars, Value
from operators.kernels.graph_numbers import STATISTICS, numbers
from operators.kernels.side_distances import bounded, kolmogorov_smirnov
from operators.semistructured._graphs import measured

_MOST_NODES = 1 << 24


@dataclass(frozen=True)
class GraphStatistics(Comparison[Product]):
    """How far numbers of the subject's graphs are from the reference's: the largest of eight Kolmogorov-Smirnov distances.

    Per graph, without loops, parallel edges and directions: nodes, edges, density ``2m / (n (n - 1))``, mean degree,
    assortativity (the correlation of degrees at the ends of edges), average clustering coefficient, the largest component's
    share of the nodes, and its diameter (the longest shortest way; only for graphs of up to ``diameter_nodes``). For each the
    distance is ``max |F_subject(x) - F_reference(x)|``; these are the parts. The value is the largest, not the mean: graphs
    that differ plainly in one respect are told apart. A number that does not exist (the assortativity of a regular graph,
    the density of a single node) is left out of its distance. Skipped: null, graphs that are not well formed or have no node.

    0 to 1, lower is better. Distributions are kept in buckets of 0.4 % relative width: the distance can only come out
    lower, by at most the share of graphs in one bucket. Intervals by the Dvoretzky-Kiefer-Wolfowitz bound (the value's for
    all eight together), graphs taken as independent. Cost: m**1.5 operations for triangles and n * m for the diameter.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(*texts):
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), "graph": texts})
    ...     columns = GraphStructure().open()(batch)
    ...     return GraphStatistics().fold(batch.append_column("graph_structure", columns["graph_structure"]))
    >>> value = GraphStatistics().compare(side("0 1\\n1 2", "0 1\\n1 2\\n2 0"), side("0 1\\n1 2", "0 1\\n1 2\\n0 2"))
    >>> value.value, sorted(value.parts)[:3]
    (0.0, ['assortativity', 'average clustering', 'density'])

    Source: You et al. 2018 (GraphRNN), section 4.3; Newman 2002 (assortativity); Massart 1990 (the constant of the bound).
    """

    diameter_nodes: Annotated[int, Field(ge=0, le=10_000)] = 500

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    unit: ClassVar[str] = "largest Kolmogorov-Smirnov distance of eight"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "You et al. 2018; Newman 2002"

    def zero(self) -> Product:
        """No graphs."""
        return Product({**{name: Quantiles() for name in STATISTICS}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The distributions of the numbers."""
        graphs, kept, skipped = measured(batch, _MOST_NODES)
        found = numbers(graphs, kept, self.diameter_nodes)
        columns = {name: Quantiles.of(column[~np.isnan(column)]) for name, column in zip(STATISTICS, found.T, strict=True)}
        return Product({**columns, "skipped": skipped})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The largest of the distances."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if state["nodes"].n == 0:
                return Value.missing(f"the {side} has no graph to measure", skipped)
        distances = {name: kolmogorov_smirnov(subject[name], reference[name]) for name in STATISTICS}
        parts = {name: _part(subject[name], reference[name], distance) for name, distance in distances.items()}
        found = {name: distance for name, distance in distances.items() if distance is not None}
        worst = max(found, key=lambda name: found[name])
        return bounded(subject[worst], reference[worst], found[worst], len(STATISTICS)).with_(
            reason=f"the largest is that of the {worst}",
            skipped=skipped,
            parts=parts,
            plot=Bars(tuple(found), tuple(found.values()), "Kolmogorov-Smirnov distance"),
        )


def _part(subject: Quantiles, reference: Quantiles, distance: float | None) -> Value:
    if distance is None:
        return Value.missing("it exists for no graph of one of the sides")
    return bounded(subject, reference, distance)
