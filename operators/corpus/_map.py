"""A map of a corpus: a sample of its embeddings in the plane."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from engine.state import VectorSample
from engine.value import Colouring, Scatter
from operators.kernels.kmeans import assigned, topics
from operators.kernels.projection import plane

MAPPED = 1000
"""Records on the map."""
_COARSE = 8
"""Clusters of the map; the page has as many colours."""
_NAMED = _COARSE - 1
_BEGINNING = 48


def corpus_map(sample: VectorSample, vectors: NDArray[np.float32]) -> Scatter:
    """The labelled vectors in the plane, coloured by a few coarse clusters, by shard, and by whether others are equal."""
    n = len(sample.labels)
    at, variance = plane(vectors)
    shown = [one.tolist() for one in at[:n].T.round(4)]
    colourings = {"cluster": _coarse(sample, vectors)}
    names = Counter(shard for shard, _ in sample.labels)
    if len(names) > 1:
        common = [name for name, _ in sorted(names.items(), key=lambda item: (-item[1], item[0]))]
        place = {name: number for number, name in enumerate(common)}
        where = np.array([place[shard] for shard, _ in sample.labels])
        colourings["shard"] = _coloured(where, [name.rsplit("/", 1)[-1] for name in common[:_NAMED]], "other shards")
    if (sample.counts[:n] > 1).any():
        copied = (sample.counts[:n] > 1).astype(np.int64)
        colourings["copies"] = _coloured(copied, ["one record", "several records with the same embedding"], "")
    titles = tuple(text or f"record {record}" for (_, text), record in zip(sample.labels, sample.ids.tolist(), strict=False))
    first, second = (f"{share:.0%} of the variance" for share in variance)
    return Scatter(tuple(shown[0]), tuple(shown[1]), titles, colourings, first, second)


def _coarse(sample: VectorSample, vectors: NDArray[np.float32]) -> Colouring:
    """A few clusters, the largest first, each named by the labelled record nearest its middle."""
    n = len(sample.labels)
    centres = topics(vectors, min(_COARSE, len(vectors)))
    cluster = assigned(vectors, centres)
    shares = np.bincount(cluster, sample.counts, len(centres)) / sample.records
    order = np.argsort(-shares, kind="stable")
    cosine = np.einsum("ij,ij->i", vectors[:n], centres[cluster[:n]])
    legend = []
    for one in order.tolist():
        own = np.flatnonzero(cluster[:n] == one)
        text = sample.labels[own[cosine[own].argmax()]][1] if len(own) else ""
        legend.append(f"{shares[one]:.1%} {' '.join(text.split())[:_BEGINNING]}")
    return Colouring(tuple(np.argsort(order)[cluster[:n]].tolist()), tuple(legend))


def _coloured(groups: NDArray[np.int64], legend: list[str], rest: str) -> Colouring:
    """The first groups by name, all others as one."""
    beyond = len(legend)
    more = bool(len(groups)) and int(groups.max()) >= beyond
    return Colouring(tuple(np.minimum(groups, beyond).tolist()), tuple([*legend, rest] if more else legend))
