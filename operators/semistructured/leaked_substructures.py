"""Surroundings of nodes that come from real graphs."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import HoldoutComparison
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, Tally
from engine.value import Value
from operators.kernels.ego_nets import ego_codes
from operators.semistructured._graphs import measured
from operators.semistructured._leaked import leaked

_MOST_STEPS = 100_000
_LARGEST = 256


@dataclass(frozen=True)
class LeakedSubstructures(HoldoutComparison[Product]):
    """The share of the reference's different surroundings of nodes that the subject repeats.

    The surroundings of a node are the nodes within ``radius`` steps of it and all edges between these, with labels and
    directions; two are the same where they are isomorphic and it stands at the same place. Only those of ``least`` to 256 nodes
    count: small ones are everywhere. The value is ``different surroundings in reference and subject / different ones
    in the reference``. Parts: ``holdout``, the same share of the holdout's, graphs that the generator never saw: what graphs of
    the kind have in common; and ``excess``, how much more of the reference there is than that, which is what leaked.

    0 to 1, lower is better; Wilson interval, surroundings taken as independent, though neighbours' overlap. Beyond ``size``
    different ones a side those with the smallest hashes stand for all. Skipped: null, graphs that are not well formed, with
    fewer than ``least`` or more than ``max_nodes`` nodes; the few surroundings whose canonical form 100,000 steps do not find
    are left out. Cost: about 30 us for each node of sparse graphs.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(*texts):
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), "graph": texts})
    ...     batch = batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"])
    ...     return LeakedSubstructures(radius=1, least=4).fold(batch)
    >>> star, ring = "0 1\\n0 2\\n0 3", "0 1\\n1 2\\n2 3\\n3 0\\n0 2"
    >>> value = LeakedSubstructures(radius=1, least=4).compare(side(star), side("a b\\nc b\\nb d", ring))
    >>> value.value, value.n
    (0.5, 2)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy; Zhou and Pei 2008 (neighbourhood attacks).
    """

    radius: Annotated[int, Field(ge=1, le=4)] = 2
    least: Annotated[int, Field(ge=2, le=_LARGEST)] = 8
    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 16
    max_nodes: Annotated[int, Field(ge=1, le=1 << 24)] = 100_000

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    unit: ClassVar[str] = "share of the reference's surroundings"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Zhou and Pei 2008"

    def zero(self) -> Product:
        """No surroundings."""
        return Product({"codes": Distinct(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Code the surroundings of every node."""
        graphs, kept, skipped = measured(batch, self.max_nodes, self.least)
        codes = [np.empty(0, np.uint64)]
        for at in kept.tolist():
            codes.append(ego_codes(*graphs[at], self.radius, self.least, _LARGEST, _MOST_STEPS)[0])
        return Product({"codes": Distinct.of(np.concatenate(codes), self.size), "skipped": skipped})

    def compare(self, subject: Product, reference: Product, holdout: Product | None = None) -> Value:
        """The share of the reference's, and that of the holdout's."""
        return leaked(subject, reference, holdout, f"surroundings of {self.least} nodes")
