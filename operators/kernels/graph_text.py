"""Graphs as people write them, as numbered nodes and pairs of these."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

PROPERTIES = ("connected", "acyclic", "tree", "bipartite", "planar", "multigraph")
"""What a document may declare of its graph, as a truth value at its top or under ``graph``."""

_NODES, _EDGES = ("nodes", "vertices"), ("links", "edges")
_IDS, _LABELS = ("id", "name", "key"), ("label", "type")
_FROM, _TO = ("source", "from", "src", "u"), ("target", "to", "dst", "v")
_HEADERS = {("source", "target"), ("from", "to"), ("src", "dst"), ("u", "v")}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LONGEST_NAME = 1000
KINDS: Mapping[str, tuple[type, ...]] = {
    "any": (str, int, float, bool, list, dict),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}
"""What an attribute may be; null is none of them."""


class GraphFault(ValueError):
    """Why a text is no graph: ``status`` is one of syntax, shape and too_large."""

    def __init__(self, status: str, said: str) -> None:
        super().__init__(said)
        self.status = status


@dataclass(frozen=True)
class GraphRead:
    """A graph with its nodes numbered in order.

    Args:
        nodes: how many.
        directed: whether (0, 1) is another edge than (1, 0).
        ends: (2 * edges,) the two ends of each edge, one after the other; edges with an end that is no node are left out.
        labels: of the nodes, or none.
        repeated: how many nodes have an id that another has.
        dangling: how many edges have an end that is no node.
        claims: what the document declares (`PROPERTIES`).
        faulty_nodes, faulty_edges: how many lack an attribute that they must have, or have one of another kind.
    """

    nodes: int
    directed: bool
    ends: NDArray[np.int32]
    labels: tuple[str, ...] = ()
    repeated: int = 0
    dangling: int = 0
    claims: Mapping[str, bool] = field(default_factory=dict)
    faulty_nodes: int = 0
    faulty_edges: int = 0


@dataclass(frozen=True)
class Attribute:
    """What nodes or edges must have.

    >>> Attribute.of("age: integer"), Attribute.of("name?")
    (Attribute(name='age', kind='integer', needed=True), Attribute(name='name', kind='any', needed=False))
    """

    name: str
    kind: str = "any"
    needed: bool = True

    @classmethod
    def of(cls, text: str) -> "Attribute":
        """As it is written: ``name: kind``, ``name`` alone for any kind, ``name?`` where it may be absent.

        Raises:
            ValueError: for another kind than those of `KINDS`.
        """
        name, _, kind = (part.strip() for part in text.partition(":"))
        if (kind or "any") not in KINDS or not name.rstrip("?"):
            raise ValueError(f"{text!r} is no attribute: write it like age: integer; kinds are {', '.join(KINDS)}")
        return cls(name.rstrip("?"), kind or "any", not name.endswith("?"))

    def holds(self, thing: Any) -> bool:
        """Whether a node or an edge has it as it should."""
        if not isinstance(thing, dict) or self.name not in thing:
            return not self.needed
        value = thing[self.name]
        return isinstance(value, KINDS[self.kind]) and (not isinstance(value, bool) or bool in KINDS[self.kind])


Attributes = tuple[Attribute, ...]


def read_graph(
    text: str,
    directed: bool = False,
    most_nodes: int = 1 << 20,
    most_edges: int = 1 << 22,
    attributes: tuple[Attributes, Attributes] = ((), ()),
) -> GraphRead:
    """The graph of a text: node-link JSON, adjacency JSON, a JSON list of pairs, or lines of two nodes.

    Node-link is what NetworkX writes: ``nodes`` (objects with an ``id``, plain ids, or how many there are), ``links`` or
    ``edges`` (objects with ``source`` and ``target``, or pairs), ``directed`` and ``multigraph``. Without ``nodes`` the
    ends of the edges are the nodes. In place of links it may have ``adjacency``: for each node the objects of its neighbours.
    ``attributes`` are those that the objects of nodes and edges must have; a node or edge that is no object has none. Ids are
    texts or numbers, and "1" is not 1. Lines may have a weight or ``{}`` after the nodes, and comments (``#``, ``%``). A list
    or lines without a word on direction are undirected; where they have every edge both ways, each counts once.

    Raises:
        GraphFault: for anything else, or more than the most.

    >>> read_graph('{"nodes": [{"id": "a"}, {"id": "b"}], "links": [{"source": "b", "target": "a"}]}').ends.tolist()
    [1, 0]
    >>> read_graph("0 1\\n1 0\\n1 2 0.5").nodes, read_graph("[[0, 1], [1, 0]]").ends.tolist()
    (3, [0, 1])
    """
    limits = most_nodes, most_edges
    if text[:64].lstrip()[:1] not in ("{", "["):
        return _of_pairs(*_lines(text), directed, limits)
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise GraphFault("syntax", str(error).split(":")[0][:80]) from error
    if isinstance(document, list):
        return _of_pairs(*_ends(document, limits[1]), directed, limits)
    read = _node_link(document, directed, limits)
    if not any(attributes):
        return read
    things: list[list[Any]] = [
        next((document[name] for name in names if isinstance(document.get(name), list)), []) for names in (_NODES, _EDGES)
    ]
    if "adjacency" in document:
        things[1] = [edge for near in document["adjacency"] for edge in near]
    faulty = [
        sum(not all(one.holds(thing) for one in some) for thing in of) for some, of in zip(attributes, things, strict=True)
    ]
    return replace(read, faulty_nodes=faulty[0], faulty_edges=faulty[1])


def _node_link(document: dict[str, Any], directed: bool, limits: tuple[int, int]) -> GraphRead:
    edges = next((document[name] for name in _EDGES if name in document), None)
    nodes = next((document[name] for name in _NODES if name in document), None)
    if edges is None and isinstance(document.get("adjacency"), list):
        return _adjacency(document, nodes, document["adjacency"], directed, limits)
    if not isinstance(edges, list):
        raise GraphFault("shape", "it has no list of links or edges, nor adjacency")
    directed, claims = _said(document, directed)
    sources, targets = _ends(edges, limits[1])
    if nodes is None:
        own = list(dict.fromkeys(_interleaved(sources, targets)))
        return _numbered(own, (), sources, targets, directed, limits, claims)
    ids, labels = _nodes(nodes, document.get("labels"), limits[0])
    return _numbered(ids, labels, sources, targets, directed, limits, claims)


def _said(document: dict[str, Any], directed: bool) -> tuple[bool, dict[str, bool]]:
    """Whether it is directed, and what the document declares."""
    described = document.get("graph") if isinstance(document.get("graph"), dict) else {}
    said = {**(described or {}), **document}
    claims = {name: said[name] for name in PROPERTIES if isinstance(said.get(name), bool)}
    return bool(said["directed"]) if isinstance(said.get("directed"), bool) else directed, claims


def _adjacency(document: dict[str, Any], nodes: Any, near: list[Any], directed: bool, limits: tuple[int, int]) -> GraphRead:
    """What NetworkX's adjacency_data writes; an undirected edge stands with both of its nodes, and counts once."""
    directed, claims = _said(document, directed)
    ids, labels = _nodes(nodes, None, limits[0])
    if len(near) != len(ids) or not all(isinstance(some, list) for some in near):
        raise GraphFault("shape", "adjacency is not a list for each node")
    if sum(map(len, near)) > 2 * limits[1]:
        raise GraphFault("too_large", f"{sum(map(len, near)):,} neighbours")
    flat = [one for some in near for one in some]
    targets = _under(flat, _IDS) if all(isinstance(one, dict) for one in flat) else flat
    read = _numbered(ids, labels, [ids[at] for at, some in enumerate(near) for _ in some], targets, directed, limits, claims)
    return read if directed else replace(read, ends=_once(read.ends, claims.get("multigraph", False)))


def _once(ends: NDArray[np.int32], many: bool) -> NDArray[np.int32]:
    """The edges, each once where all of them stand both ways; else as they are."""
    pairs = ends.reshape(-1, 2).astype(np.int64)
    there, back = np.sort(pairs[:, 0] << 32 | pairs[:, 1]), np.sort(pairs[:, 1] << 32 | pairs[:, 0])
    twice = len(there) > 1 and np.array_equal(there, back) and (many or len(np.unique(there)) == len(there))
    return (pairs[pairs[:, 0] <= pairs[:, 1]] if twice else pairs).astype(np.int32).ravel()


def _nodes(nodes: Any, labels: Any, most: int) -> tuple[Sequence[Any], tuple[str, ...]]:
    if isinstance(nodes, int) and not isinstance(nodes, bool):
        if not 0 <= nodes <= most:
            raise GraphFault("too_large" if nodes > most else "shape", f"{nodes} nodes")
        return range(nodes), _node_labels(labels, nodes)
    if not isinstance(nodes, list):
        raise GraphFault("shape", "nodes is neither a list nor a number")
    if len(nodes) > most:
        raise GraphFault("too_large", f"{len(nodes):,} nodes")
    if not all(isinstance(node, dict) for node in nodes):
        return nodes, _node_labels(labels, len(nodes))
    ids, found = _under(nodes, _IDS), _under(nodes, _LABELS)
    return ids, tuple(map(str, found)) if any(label is not None for label in found) else ()


def _node_labels(labels: Any, nodes: int) -> tuple[str, ...]:
    if labels is None:
        return ()
    if not isinstance(labels, list) or len(labels) != nodes:
        raise GraphFault("shape", "labels is not a list with one label a node")
    return tuple(map(str, labels))


def _ends(edges: list[Any], most: int) -> tuple[list[Any], list[Any]]:
    if len(edges) > most:
        raise GraphFault("too_large", f"{len(edges):,} edges")
    kinds = set(map(type, edges))
    if kinds <= {list} and min(map(len, edges), default=2) >= 2:
        return [edge[0] for edge in edges], [edge[1] for edge in edges]
    if kinds != {dict}:
        raise GraphFault("shape", "an edge is neither a pair nor an object")
    return _under(edges, _FROM), _under(edges, _TO)


def _under(things: list[dict[str, Any]], names: Sequence[str]) -> list[Any]:
    """What each object has under the first of some names that it has; None where it has none of them."""
    usual = [thing.get(names[0]) for thing in things]
    if None not in usual:
        return usual
    return [next((thing[name] for name in names if name in thing), None) for thing in things]


def _lines(text: str) -> tuple[list[Any], list[Any]]:
    sources: list[Any] = []
    targets: list[Any] = []
    for line in text.splitlines():
        cells = line.replace(",", " ").split() if "{" not in line else line.partition("{")[0].split()
        if not cells or cells[0][0] in "#%":
            continue
        if len(cells) < 2 or not all(map(_NUMBER.fullmatch, cells[2:])):
            raise GraphFault("syntax", "a line is not two nodes and a weight")
        if sources or (cells[0].lower(), cells[1].lower()) not in _HEADERS:
            sources.append(cells[0])
            targets.append(cells[1])
    if not sources:
        raise GraphFault("syntax", "there is no edge")
    return sources, targets


def _interleaved(sources: list[Any], targets: list[Any]) -> list[Any]:
    both = [end for pair in zip(sources, targets, strict=True) for end in pair]
    _refuse_odd(both)
    return both


def _of_pairs(sources: list[Any], targets: list[Any], directed: bool, limits: tuple[int, int]) -> GraphRead:
    if len(sources) > limits[1]:
        raise GraphFault("too_large", f"{len(sources):,} edges")
    ids = list(dict.fromkeys(_interleaved(sources, targets)))
    read = _numbered(ids, (), sources, targets, directed, limits, {})
    return read if directed else GraphRead(read.nodes, False, _once(read.ends, False))


def _refuse_odd(ids: Sequence[Any]) -> None:
    kinds = set(map(type, ids))
    if not kinds <= {str, int, float} or (
        str in kinds and max(len(one) for one in ids if isinstance(one, str)) > _LONGEST_NAME
    ):
        raise GraphFault("shape", "a node's id is neither a short text nor a number")


def _numbered(
    ids: Sequence[Any],
    labels: tuple[str, ...],
    sources: list[Any],
    targets: list[Any],
    directed: bool,
    limits: tuple[int, int],
    claims: Mapping[str, bool],
) -> GraphRead:
    if len(ids) > limits[0]:
        raise GraphFault("too_large", f"{len(ids):,} nodes")
    if not isinstance(ids, range):
        _refuse_odd(ids)
    _refuse_odd(sources)
    _refuse_odd(targets)
    if isinstance(ids, range) and set(map(type, sources)) | set(map(type, targets)) <= {int}:
        distinct, pairs = len(ids), _within(len(ids), sources, targets)
    else:
        number = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))  # the first of those with one id
        distinct, pairs = (
            len(number),
            np.array([[number.get(one, -1) for one in side] for side in (sources, targets)], np.int32),
        )
    there = (pairs >= 0).all(axis=0)
    ends = np.ascontiguousarray(pairs[:, there].T).ravel()
    return GraphRead(len(ids), directed, ends, labels, len(ids) - distinct, int(np.count_nonzero(~there)), claims)


def _within(nodes: int, sources: list[int], targets: list[int]) -> NDArray[np.int32]:
    """The ends as they are, -1 for those that are no node's number."""
    try:
        ends = np.array([sources, targets], np.int64)
    except OverflowError:
        ends = np.array([[min(one, nodes) for one in side] for side in (sources, targets)], np.int64)
    return np.where((ends >= 0) & (ends < nodes), ends, -1).astype(np.int32)
