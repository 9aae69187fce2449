"""Graphs that hold together."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.masking import masked
from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, skipped_as, valid_share
from operators.kernels.graphs import IN, OUT, Graphs, components, graphs_of, has_cycle

Property = Literal["connected", "acyclic", "tree", "bipartite", "planar"]

_TOO_LARGE, _UNTOLD = "too large", "planarity not told: needs the package networkx, and up to 100,000 edges"
_CHECKED: tuple[Property, ...] = ("connected", "acyclic", "tree", "bipartite", "planar")
_ALWAYS_PLANAR, _MOST_EDGES = 9, 100_000
"""Fewer edges than K(3, 3) has are always planar; of more than the most it is not told."""
FAULTS = (
    "syntax",
    "shape",
    "repeated id",
    "dangling edge",
    "node attributes",
    "edge attributes",
    "self-loop",
    "parallel edge",
    *(f"not as declared: {name}" for name in _CHECKED),
)


@dataclass(frozen=True)
class GraphWellformed(Metric[Product]):
    """The share of graphs that hold together and are what they say that they are.

    ``well formed / graphs``. A graph is well formed where its text is a graph (else ``syntax`` or ``shape``), no two nodes have
    one id, every edge joins nodes that are there, none joins a node to itself or is there twice (unless ``self_loops``,
    ``parallel_edges`` or the document's own ``multigraph`` allow it; an undirected edge told both ways is there twice), nodes
    and edges have the attributes that they must have ([features.graph_structure] ``node_attributes``, ``edge_attributes``), and
    each property that it declares holds: ``connected`` (of a directed graph: weakly), ``acyclic`` (no directed cycle; of an
    undirected graph: no cycle), ``tree`` (both), ``bipartite`` and ``planar`` (by networkx), true or false at the document's
    top or under ``graph``. ``require`` names properties that every graph must have. Skipped: null, graphs that are too large
    to be read ([features.graph_structure]), and those whose planarity cannot be told. Parts are the shares with each fault; a
    graph counts under its first.

    0 to 1, higher is better, Wilson interval. Evidence: two graphs of each fault. Cost: reading the text, and n + m steps;
    20 us an edge where planarity is asked for.

    >>> from operators.features.graph_structure import GraphStructure
    >>> texts = ["0 1\\n1 2", '{"nodes": [1, 2], "edges": [[1, 3]]}', '{"tree": true, "edges": [[0, 1], [1, 2], [2, 0]]}']
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), "graph": texts})
    >>> for name, column in GraphStructure().open()(batch).items():
    ...     batch = batch.append_column(name, column)
    >>> value = GraphWellformed().value(GraphWellformed().fold(batch))
    >>> round(value.value, 3), sorted(value.parts)
    (0.333, ['dangling edge', 'not as declared: tree'])

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured validity; Yao et al. 2024 (LLM4GraphGen).
    """

    self_loops: bool = False
    parallel_edges: bool = False
    require: tuple[Property, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure", "graph_reading")
    unit: ClassVar[str] = "share of graphs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Yao et al. 2024 (LLM4GraphGen)"
    version: ClassVar[int] = 2

    def zero(self) -> Product:
        """No graphs."""
        return nothing_judged()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each graph."""
        codes, undecided = self.codes(batch)
        decided = undecided == ""
        notes = pc.struct_field(batch["graph_reading"], "note").filter(pa.array(decided))
        codes, kept = codes[decided], batch.filter(pa.array(decided))
        state = judged(kept, codes, FAULTS, lambda row: _note(FAULTS[codes[row] - 1], notes[row].as_py()))
        for reason in (_TOO_LARGE, _UNTOLD):
            state = skipped_as(state, reason, int(np.count_nonzero(undecided == reason)))
        return state

    def codes(self, batch: pa.RecordBatch) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """For each record `VALID`, `SKIPPED` or one plus the position of its fault in `FAULTS`; and why it is not decided."""
        codes = np.full(len(batch), SKIPPED, np.int64)
        reading = batch["graph_reading"]
        status = np.array(pc.struct_field(reading, "status").to_pylist(), object)
        codes[status == "read"] = VALID
        for at, name in enumerate(("syntax", "shape")):
            codes[status == name] = at + 1
        for at, name in enumerate(("repeated", "dangling", "faulty_nodes", "faulty_edges")):
            counts = pc.fill_null(pc.struct_field(reading, name), 0).to_numpy(zero_copy_only=False)
            codes[(codes == VALID) & (counts > 0)] = at + 3
        graphs = graphs_of(batch["graph_structure"])
        self._judge_edges(codes, graphs, reading)
        undecided = np.where(status == "too_large", _TOO_LARGE, "").astype(object)
        for name in _CHECKED:
            self._judge_property(codes, undecided, graphs, reading, name)
        return codes, undecided

    def _judge_edges(self, codes: Any, graphs: Graphs, reading: pa.Array) -> None:
        said = pc.fill_null(pc.struct_field(reading, "multigraph"), False).to_numpy(zero_copy_only=False)[graphs.rows]
        loops = (graphs.loops > 0) & (not self.self_loops)
        parallel = (graphs.parallel > 0) & ~(said | self.parallel_edges)
        codes[graphs.rows[parallel]] = FAULTS.index("parallel edge") + 1
        codes[graphs.rows[loops]] = FAULTS.index("self-loop") + 1

    def _judge_property(self, codes: Any, undecided: Any, graphs: Graphs, reading: pa.Array, name: Property) -> None:
        declared = pc.struct_field(reading, name)
        asked = valid_mask(declared)[graphs.rows] | (name in self.require)
        for at in np.flatnonzero(asked & (codes[graphs.rows] == VALID)).tolist():
            row = int(graphs.rows[at])
            wanted = True if name in self.require else declared[row].as_py()
            found = _planar(graphs, at) if name == "planar" else _holds(graphs, at, name)
            if found is None:
                codes[row], undecided[row] = SKIPPED, _UNTOLD
            elif found != wanted:
                codes[row] = FAULTS.index(f"not as declared: {name}") + 1

    def value(self, state: Product) -> Value:
        """The share of well-formed graphs."""
        return valid_share(state, "no record has a graph")


def _holds(graphs: Graphs, at: int, name: Property) -> bool:
    graph = graphs[at]
    component, bipartite = components(graph.starts, graph.near)
    parts, nodes = int(component.max(initial=-1)) + 1, len(component)
    joined = len(graph.near) // 2
    forest = joined == nodes - parts and not graphs.loops[at] and not graphs.parallel[at]
    match name:
        case "connected":
            return parts <= 1
        case "acyclic":
            if not graphs.directed[at]:
                return forest
            return not graphs.loops[at] and not has_cycle(graph.starts, graph.near, graph.kind)
        case "tree":
            return forest and parts == 1 and not (graphs.directed[at] and np.any(graph.kind == (OUT | IN)))
        case _:
            return bool(bipartite) and not graphs.loops[at]


def _planar(graphs: Graphs, at: int) -> bool | None:
    """Whether it can be drawn without crossings (loops and parallel edges do not matter); None where that is not told."""
    graph = graphs[at]
    nodes, edges = len(graph.colours), len(graph.near) // 2
    if edges < _ALWAYS_PLANAR or nodes < 5:
        return True
    if edges > 3 * nodes - 6:  # Euler's formula
        return False
    if edges > _MOST_EDGES or find_spec("networkx") is None:
        return None
    import networkx as nx

    owner = np.repeat(np.arange(nodes), np.diff(graph.starts))
    once = owner < graph.near
    return bool(nx.check_planarity(nx.Graph(zip(owner[once].tolist(), graph.near[once].tolist(), strict=True)))[0])


def _note(fault: str, note: str | None) -> str:
    return f"{fault}: {masked(note)}" if note else fault
