"""Graphs written in other ways, with faults put in, and rewired, all by their own hash; and a sample of graphs for that."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import FAULT, ID
from engine.state import Product, Sample, Tally
from operators.features.graph_structure import GraphStructure
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.graph_text import GraphFault, GraphRead, read_graph
from operators.kernels.hashing import hash_array
from operators.semistructured._rewriting import BENIGN, parsed

_SAMPLED_BYTES = 1 << 14


@dataclass(frozen=True)
class SampledGraphs(Metric[Product]):
    """Folds graphs into a sample of their texts.

    Args:
        size: distinct graphs that are drawn, by hash.
        directed: whether edges have a direction where the text does not say, as of [features.graph_structure].
    """

    size: Annotated[int, Field(ge=8, le=4096)] = 256
    directed: bool = False

    reads: ClassVar[tuple[str, ...]] = ("graph",)

    @property
    def shares(self) -> str:
        """One state, whichever of them are measured."""
        return f"semistructured.sampled graphs, {self.size}"

    def zero(self) -> Product:
        """No graphs."""
        return Product({"sample": Sample(self.size), "seen": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw graphs."""
        texts, there = strings(batch["graph"]), valid_mask(batch["graph"])
        long = there & (np.diff(texts.offsets) > _SAMPLED_BYTES)
        rows = pa.array(np.flatnonzero(there & ~long))
        counts = {"no graph": int(np.count_nonzero(~there)), "too long to be sampled": int(np.count_nonzero(long))}
        sample = Sample.of(hash_array(batch["graph"])[rows.to_numpy(), 0], batch["graph"].take(rows), self.size)
        return Product({"sample": sample, "seen": Tally({reason: n for reason, n in counts.items() if n})})

    def drawn(self, state: Product) -> tuple[list[tuple[int, str, GraphRead]], bool, dict[str, int]]:
        """The sampled graphs that hold together, with their seeds, whether all are there, and what is skipped."""
        kept, skipped = [], dict(state["seen"].nonzero())
        for seed, count, text in state["sample"].entries:
            try:
                read = read_graph(text, self.directed)
            except GraphFault:
                read = None
            if read is None or read.repeated or read.dangling or not read.nodes:
                skipped["no graph that is well formed"] = skipped.get("no graph that is well formed", 0) + count
            else:
                kept.append((seed, text, read))
        complete = len(state["sample"].entries) < self.size and not state["seen"]["too long to be sampled"]
        return kept, complete, skipped

    def batch(self, texts: list[str]) -> pa.RecordBatch:
        """A batch of graphs with their structure."""
        ids, faults = pa.array(range(len(texts)), pa.int64()), pa.nulls(len(texts), pa.string())
        batch = pa.RecordBatch.from_pydict({ID: ids, FAULT: faults, "graph": pa.array(texts, pa.string())})
        for name, column in GraphStructure(directed=self.directed).open()(batch).items():
            batch = batch.append_column(name, column)
        return batch


def document(read: GraphRead) -> dict[str, Any]:
    """A graph as node-link JSON's objects, its nodes named by their numbers."""
    nodes: list[dict[str, Any]] = [{"id": at} for at in range(read.nodes)]
    for node, label in zip(nodes, read.labels, strict=False):
        node["label"] = label
    links = [{"source": u, "target": v} for u, v in read.ends.reshape(-1, 2).tolist()]
    return {"directed": read.directed, **read.claims, "nodes": nodes, "links": links}


def written(described: Any) -> str:
    """A graph's objects as text."""
    return orjson.dumps(described).decode()


def renumbered(read: GraphRead, draw: random.Random) -> GraphRead:
    """The graph with its nodes and edges in another order, and the ends of undirected edges the other way round."""
    order = draw.sample(range(read.nodes), read.nodes)
    number = np.empty(read.nodes, np.int32)
    number[order] = np.arange(read.nodes)
    pairs = number[read.ends.reshape(-1, 2)]
    pairs = pairs[draw.sample(range(len(pairs)), len(pairs))]
    ends = (pairs if read.directed else pairs[:, ::-1]).ravel()
    return replace(read, ends=ends, labels=tuple(read.labels[old] for old in order) if read.labels else ())


def _renamed(read: GraphRead, draw: random.Random) -> str:
    names = [f"n{at}" for at in draw.sample(range(read.nodes), read.nodes)]
    found = document(read)
    found["nodes"] = [{**node, "id": name} for node, name in zip(found["nodes"], names, strict=True)]
    found["links"] = [{"source": names[edge["source"]], "target": names[edge["target"]]} for edge in found["links"]]
    return written(found)


OTHERWISE: Mapping[str, Callable[[GraphRead, random.Random], str]] = {
    "node order": lambda read, draw: written(document(renumbered(read, draw))),
    "node names": _renamed,
    "key order": lambda read, draw: BENIGN["key order"](parsed(written(document(read)))),  # noqa: ARG005
    "white space": lambda read, draw: BENIGN["white space"](parsed(written(document(read)))),  # noqa: ARG005
}
"""Ways to write the same graph."""


def graph_faults(read: GraphRead, seed: int) -> Iterator[tuple[str, str]]:
    """A graph with one fault of each kind that can be made in it, where it is drawn by the seed.

    >>> read = read_graph("a b")
    >>> [kind for kind, _ in graph_faults(read, 1)][:4]
    ['dropped brace', 'truncated', 'dangling edge', 'repeated id']
    """
    draw = random.Random(seed)  # noqa: S311  (where a fault is put is no secret)
    good = document(read)
    text, nodes, links = written(good), good["nodes"], good["links"]
    yield "dropped brace", text[:-1]
    yield "truncated", text[: draw.randrange(1, len(text))]
    some = draw.randrange(read.nodes)
    yield "dangling edge", written({**good, "links": [*links, {"source": some, "target": read.nodes + 7}]})
    yield "repeated id", written({**good, "nodes": [*nodes, dict(nodes[some])]})
    yield "self-loop", written({**good, "links": [*links, {"source": some, "target": some}]})
    if links:
        at = draw.randrange(len(links))
        yield "parallel edge", written({**good, "links": [*links, dict(links[at])]})
        lost = {"source": links[at]["source"]}
        yield "missing end", written({**good, "links": [*links[:at], lost, *links[at + 1 :]]})
        odd = {**links[at], "target": [links[at]["target"]]}
        yield "wrong type", written({**good, "links": [*links[:at], odd, *links[at + 1 :]]})


def rewired(read: GraphRead, share: float, seed: int) -> GraphRead:
    """The graph with a share of its edges led between other nodes; which are, are among those of a larger share.

    Loops and parallel edges are left out. Where there is no room for another edge it stays.
    """
    draw = random.Random(seed)  # noqa: S311
    pairs = dict.fromkeys(
        (u, v) if read.directed else (min(u, v), max(u, v)) for u, v in read.ends.reshape(-1, 2).tolist() if u != v
    )
    there, order = set(pairs), draw.sample(list(pairs), len(pairs))
    for at in range(round(share * len(order))):
        for _ in range(32):
            u, v = draw.randrange(read.nodes), draw.randrange(read.nodes)
            pair = (u, v) if read.directed else (min(u, v), max(u, v))
            if u != v and pair not in there:
                there -= {order[at]}
                there.add(pair)
                break
    return replace(read, ends=np.array(sorted(there), np.int32).ravel())
