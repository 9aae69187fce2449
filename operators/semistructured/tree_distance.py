"""How far the structure of documents is from the nearest real document's."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.state.sample import estimate
from engine.value import Bars, Value
from operators.kernels.hashing import hash_array
from operators.kernels.tree_distance import Tree, distance, tree, work
from operators.semistructured._documents import Documents, sampled_of, skipped_of
from operators.semistructured._rewriting import Number, parsed

_MOST_NODES, _MOST_WORK = 256, 1024
_LARGE = "too large to be compared"


@dataclass(frozen=True)
class TreeDistance(Documents, Comparison[Product]):
    """The mean distance of the documents' structure from that of the nearest document of the reference.

    A document is a tree of its values, each with its key (an element of an array has none) and its kind: null, boolean, number,
    string, object or array; keys are in the order of their names, so that their order in the text changes nothing. What
    strings and numbers say does not count. ``d`` is how many nodes must be added, taken out or renamed to make one tree of
    another, and the distance of trees of ``n`` and ``m`` nodes is ``2 d / (n + m + d)``: 0 for equal ones, 1 for nothing in
    common. The value is the mean over ``documents`` distinct documents of the subject, drawn by hash, each with its copies,
    of the least distance to as many of the reference. It sees where keys stand, which shares of paths
    (`semistructured.path_distribution`) do not. Parts: ``real``, the same of one half of the reference's sample from the other;
    ``equal``, the share of documents with a structure that the reference's sample has too.

    0 to 1, lower is better; interval: that of a mean over a sample. Skipped: null, documents that are not strict JSON, those of
    more than 262,144 values, of more than 8 kB (``too long to be sampled``), and drawn ones ``too large to be compared``: of
    more than 256 values, or so deep and wide that a comparison takes over a million steps. Cost: that of
    `semistructured.path_distribution`, shared with it, and at the end documents**2 comparisons, a second for 64 documents of 50
    values, 10 s at most.

    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "json": list(texts)}
    ...     return TreeDistance().fold(pa.RecordBatch.from_pydict(columns))
    >>> real = side('{"a": 1, "b": [2, 3]}', '{"a": 1}')
    >>> TreeDistance().compare(side('{"b": [7], "a": 0}'), real).value  # one step of 4 + 5 nodes
    0.2

    Source: Zhang and Shasha 1989 (Simple fast algorithms for the editing distance between trees); Li and Zhang 2011 (A metric
    normalization of tree edit distance).
    """

    documents: Annotated[int, Field(ge=2, le=1024)] = 64

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "normalised tree edit distance"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Zhang and Shasha 1989; Li and Zhang 2011"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The mean of the least distances."""
        skipped = dict(skipped_of(subject))
        if subject["seen"]["too long"]:
            skipped["too long to be sampled"] = subject["seen"]["too long"]
        mine, counts, large, complete = self._trees(subject)
        theirs, _, _, whole = self._trees(reference)
        if large:
            skipped[_LARGE] = large
        for side, trees in (("subject", mine), ("reference", theirs)):
            if not trees:
                return Value.missing(f"no record of the {side} has a JSON document that can be compared", skipped)
        nearest = least(mine, theirs)
        value = estimate(nearest, counts, complete and whole, 1.0)
        halves = theirs[::2], theirs[1::2]
        real = Value.missing("the reference has one document alone")
        if halves[1]:
            real = estimate(least(*halves), np.ones(len(halves[0]), np.int64), False, 1.0)
        parts = {"real": real, "equal": estimate((nearest == 0).astype(np.float64), counts, complete and whole, 1.0)}
        bars = Bars(("subject", "real"), (value.value or 0.0, real.value or 0.0), "distance from the nearest real document")
        return value.with_(skipped=skipped, parts=parts, plot=bars)

    def _trees(self, state: Product) -> tuple[list[Tree], NDArray[np.int64], int, bool]:
        """The first documents of a sample as trees, their copies, how many records are too large, and whether that is all."""
        texts, counts, complete = sampled_of(state)
        trees = [tree_of(parsed(text)) for text in texts[: self.documents]]
        fits = np.array([len(one.labels) <= _MOST_NODES and work(one) <= _MOST_WORK for one in trees], bool)
        kept = counts[: self.documents]
        large = int(kept[~fits].sum())
        small = [one for one, fit in zip(trees, fits, strict=True) if fit]
        return small, kept[fits], large, complete and len(texts) <= self.documents


def least(mine: list[Tree], theirs: list[Tree]) -> NDArray[np.float64]:
    """(n,) the normalised distance of each tree from the nearest of others."""
    found = np.empty(len(mine))
    for at, one in enumerate(mine):
        edits = np.array([distance(one, other) for other in theirs])
        sizes = len(one.labels) + np.array([len(other.labels) for other in theirs])
        found[at] = (2 * edits / (sizes + edits)).min()
    return found


def tree_of(value: Any) -> Tree:
    """The tree of a document's value.

    >>> one, other = (tree_of(parsed(text)) for text in ('{"a": 1, "b": null}', '{"b": null, "a": 2.5}'))
    >>> one.leftmost.tolist(), bool((one.labels == other.labels).all())
    ([0, 1, 0], True)
    """
    names: list[str] = []
    leftmost: list[int] = []

    def walk(node: Any, key: str) -> int:
        """The number of the first leaf of a node, after all below it are there."""
        children = (
            [(f"{name}:", node[name]) for name in sorted(node)]
            if isinstance(node, dict)
            else [("[]", item) for item in node]
            if isinstance(node, list)
            else []
        )
        firsts = [walk(child, name) for name, child in children]
        leftmost.append(firsts[0] if firsts else len(names))
        names.append(key + ("number" if isinstance(node, Number) else type(node).__name__))
        return leftmost[-1]

    walk(value, "$")
    labels = hash_array(pa.array(names, pa.string()))[:, 0]
    return tree(labels.tolist(), leftmost)
