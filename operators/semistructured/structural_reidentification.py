"""Nodes of graphs that are known by where they stand."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.graph_anonymity import VIEWS, crowd
from operators.semistructured._graphs import measured


@dataclass(frozen=True)
class StructuralReidentification(Metric[Product]):
    """The share of nodes that fewer than ``k`` nodes of their graph look like, to one who knows their neighbours' degrees.

    Who knows how many contacts somebody has, and how many each of these has, finds the node again in a graph without names
    where few others have the same. The value is ``nodes whose own and neighbours' degrees fewer than k nodes of the graph have
    / nodes``. Parts: ``degree``, for one who knows the degree alone (a graph with 0 is k-degree anonymous); ``structure``, for
    one who knows all that colour refinement (1-WL) can tell, the most that counting in any distance can; and ``unique``, the
    share that nobody else looks like (k = 2 of the value). With ``labels`` the nodes' labels are known too. Degrees of
    directed graphs are those in, out and both ways. Skipped: null, graphs that are not well formed, with fewer than ``k``
    nodes (all of theirs would count) or more than ``max_nodes``.

    0 to 1, lower is better; Wilson interval over nodes, too narrow since the nodes of a graph are not independent.
    It is a property of the graphs and no proof of harm: of a synthetic graph, nodes stand for nobody unless it was copied
    (`semistructured.vun`, `corpus.exact_overlap`). Evidence: the graphs with the greatest shares. Cost: some rounds of
    10 (n + m) log n steps.

    >>> from operators.features.graph_structure import GraphStructure
    >>> star = "\\n".join(f"hub leaf{at}" for at in range(7))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), "graph": [star]})
    >>> batch = batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"])
    >>> StructuralReidentification().value(StructuralReidentification().fold(batch)).value  # the hub
    0.125

    Source: Hay et al. 2008 (Resisting structural re-identification); Liu and Terzi 2008 (k-degree anonymity); Zhou, Pei 2008.
    """

    k: Annotated[int, Field(ge=2, le=1000)] = 5
    labels: bool = False
    max_nodes: Annotated[int, Field(ge=1, le=1 << 24)] = 100_000

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    unit: ClassVar[str] = "share of nodes"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Hay et al. 2008; Liu and Terzi 2008"

    def zero(self) -> Product:
        """No nodes."""
        return Product({**{view: Ratio() for view in (*VIEWS, "unique")}, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the nodes that few others look like."""
        graphs, kept, skipped = measured(batch, self.max_nodes, self.k)
        few = np.zeros((len(kept), 4), np.int64)
        for row, at in enumerate(kept.tolist()):
            graph = graphs[at]
            colours = graph.colours if self.labels else np.zeros_like(graph.colours)
            copies = crowd(graph.starts, graph.near, graph.kind, colours)
            few[row] = [*(copies < self.k).sum(axis=1), (copies[1] < 2).sum()]
        sizes = np.diff(graphs.nodes)[kept]
        shares = few[:, 1] / sizes
        found = np.flatnonzero(shares > 0)
        ids = batch[ID].to_numpy()[graphs.rows[kept]][found]
        ratios = {view: Ratio(int(few[:, at].sum()), int(sizes.sum())) for at, view in enumerate((*VIEWS, "unique"))}
        worst = TopBy.of(shares[found], ids, lambda at: f"{few[found[at], 1]:,} of {sizes[found[at]]:,} nodes")
        return Product({**ratios, "skipped": skipped, "worst": worst})

    def value(self, state: Product) -> Value:
        """The share of nodes known by their neighbours' degrees."""
        skipped = state["skipped"].nonzero()
        if state["degree"].n == 0:
            return Value.missing(f"no graph has {self.k} nodes", skipped)
        shares: dict[str, Value] = {view: state[view].share() for view in (*VIEWS, "unique")}
        bars = Bars(VIEWS, tuple(shares[view].value or 0.0 for view in VIEWS), "share of nodes")
        parts = {view: shares[view] for view in ("degree", "structure", "unique")}
        return shares["neighbourhood"].with_(skipped=skipped, parts=parts, plot=bars, evidence=state["worst"].evidence())
