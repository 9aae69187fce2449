"""A small model of a knowledge graph, and the ranks that it gives to true triples."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Triples = NDArray[np.int64]
"""(n, 3) numbers of heads, relations and tails."""

_BATCH, _LEAST_BATCH, _BATCHES = 512, 16, 16
_RATE, _TINY = 0.1, 1e-10
_ELEMENTS = 1 << 24


@dataclass(frozen=True)
class Trained:
    """Embeddings: (entities, d) and (2 * relations, d), the second half for asking for heads. What was not seen is at 0."""

    entities: NDArray[np.float32]
    relations: NDArray[np.float32]

    def scores(self, known: NDArray[np.int64], relation: NDArray[np.int64]) -> NDArray[Any]:
        """(n, entities) how well each entity answers each question."""
        scores: NDArray[Any] = (self.entities[known] * self.relations[relation]) @ self.entities.T
        return scores


def questions(triples: Triples, relations: int) -> Triples:
    """Each triple as two questions, (head, relation, ?) and (tail, relation + relations, ?), with their answers."""
    back = np.stack([triples[:, 2], triples[:, 1] + relations, triples[:, 0]], axis=1)
    return np.concatenate([triples, back])


def train(triples: Triples, entities: int, relations: int, d: int, epochs: int, seed: int = 0) -> Trained:
    """DistMult (Yang et al. 2015) with reciprocal relations, so that direction counts; cross-entropy over all, Adagrad."""
    random = np.random.default_rng(seed)
    asked = questions(triples, relations)
    node, link = (random.normal(scale=0.1, size=(size, d)).astype(np.float32) for size in (entities, 2 * relations))
    node[np.setdiff1d(np.arange(entities), triples[:, [0, 2]])] = 0
    link[np.setdiff1d(np.arange(2 * relations), asked[:, 1])] = 0
    seen = node.any(axis=1)
    paces = [np.full_like(one, _TINY) for one in (node, link)]
    size = min(max(_LEAST_BATCH, len(asked) // _BATCHES), _BATCH, max(1, _ELEMENTS // max(1, entities)))
    for _ in range(epochs):
        order = random.permutation(len(asked))
        for start in range(0, len(asked), size):
            _step(node, link, paces, asked[order[start : start + size]], seen)
    return Trained(node, link)


def _step(node: Any, link: Any, paces: Any, batch: Triples, seen: Any) -> None:
    known, relation, answer = batch.T
    query = node[known] * link[relation]
    scores = query @ node.T
    scores[:, ~seen] = -np.inf
    scores -= scores.max(axis=1, keepdims=True)
    error = np.exp(scores)
    error /= error.sum(axis=1, keepdims=True)
    error[np.arange(len(batch)), answer] -= 1
    error /= len(batch)
    of_query = error @ node
    of_node, of_link = error.T @ query, np.zeros_like(link)
    np.add.at(of_node, known, of_query * link[relation])
    np.add.at(of_link, relation, of_query * node[known])
    for values, gradient, pace in ((node, of_node, paces[0]), (link, of_link, paces[1])):
        pace += gradient * gradient
        values -= _RATE * gradient / np.sqrt(pace)


def frequency(triples: Triples, entities: int, relations: int) -> NDArray[np.float32]:
    """(2 * relations, entities) how often each entity answers each relation: the baseline that knows no heads."""
    counts = np.zeros((2 * relations, entities), np.float32)
    asked = questions(triples, relations)
    np.add.at(counts, (asked[:, 1], asked[:, 2]), 1)
    return counts


def ranks(model: Any, asked: Triples, true: Triples, entities: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The filtered, realistic ranks of the answers: other true answers are left out, of equal scores the mean rank is taken.

    Beside them how many candidates each question had left.

    Args:
        model: from known entities and relations (n,) to (n, entities) scores.
        asked: questions with their answers.
        true: all questions with answers known to be true, those asked among them.
        entities: how many there are.

    >>> scores = lambda known, relation: np.array([[3.0, 2.0, 2.0, 9.0]])
    >>> found, candidates = ranks(scores, np.array([[0, 0, 1]]), np.array([[0, 0, 1], [0, 0, 3]]), 4)
    >>> found.tolist(), candidates.tolist()
    ([2.5], [3])
    """
    order = np.lexsort((true[:, 1], true[:, 0]))
    true = true[order]
    keys = true[:, 0] << 32 | true[:, 1]
    out, left, size = np.empty(len(asked)), np.empty(len(asked), np.int64), max(1, _ELEMENTS // max(1, entities))
    for start in range(0, len(asked), size):
        known, relation, answer = asked[start : start + size].T
        scores = model(known, relation).astype(np.float64)
        rows = np.arange(len(known))
        own = scores[rows, answer].copy()
        low, high = (np.searchsorted(keys, known << 32 | relation, side) for side in ("left", "right"))
        others = np.repeat(rows, high - low)
        places = np.concatenate([np.arange(a, b) for a, b in zip(low, high, strict=True)] or [np.empty(0, np.int64)])
        scores[others, true[places.astype(np.int64), 2]] = -np.inf
        scores[rows, answer] = -np.inf
        better, equal = (scores > own[:, None]).sum(axis=1), (scores == own[:, None]).sum(axis=1)
        out[start : start + size] = 1 + better + equal / 2
        left[start : start + size] = 1 + np.isfinite(scores).sum(axis=1)
    return out, left


def chance(candidates: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean reciprocal rank of an answer that is anywhere among so many candidates.

    >>> chance(np.array([1, 2, 4])).tolist()
    [1.0, 0.75, 0.5208333333333333]
    """
    harmonic = np.cumsum(1 / np.arange(1, int(candidates.max(initial=1)) + 1))
    expected: NDArray[np.float64] = harmonic[candidates - 1] / candidates
    return expected
