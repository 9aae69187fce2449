"""How far two distributions are apart: Jensen-Shannon divergence of counts, Kolmogorov-Smirnov distance of sketches."""

import math

import numpy as np
from numpy.typing import NDArray

from engine.state import Counts, Quantiles
from engine.value import Z95, Value
from operators.kernels import divergence

_REPLICATES = 8


def jensen_shannon(subject: Counts, reference: Counts, things: str, nothing: str) -> Value:
    """The divergence in bits, 0 to 1, with a normal interval by the delta method over things taken as independent.

    Args:
        subject, reference: counts by hash; cells of merged hashes make the value a lower bound.
        things: what is counted ("words"), for the reason then given.
        nothing: the reason where one of the sides has none, with ``{side}`` in it.

    >>> a, b = (Counts.of(np.array(hashes, np.uint64)) for hashes in ([1, 2], [1, 3]))
    >>> jensen_shannon(a, b, "words", "no word on the side of the {side}").value
    0.5
    """
    for side, counts in (("subject", subject), ("reference", reference)):
        if counts.total == 0:
            return Value.missing(nothing.format(side=side))
    a, b = _aligned(subject, reference)
    bits = min(subject.bits, reference.bits)
    merged = None if bits == 64 else f"a lower bound: {things} are merged into {len(a)} cells of {bits} hash bits"
    return divergence.divergence(a, b).with_(reason=merged, estimator="exact" if bits == 64 else "sketch")


def same_source(subject: Counts, reference: Counts, seed: int) -> Value:
    """The mean divergence of random halves of the pooled counts; both sides must have some.

    Each thing goes to a side by a coin as biased as the sides are large: the permutation null, at any size. Samples drawn
    from the pooled shares instead would lack what neither corpus happened to hold, and so be too alike.
    """
    size = subject.total, reference.total
    pooled, random = np.sum(_aligned(subject, reference), axis=0), np.random.default_rng(seed)
    splits = [random.binomial(pooled, size[0] / sum(size)) for _ in range(_REPLICATES)]
    draws = [divergence.jensen_shannon(split, pooled - split) for split in splits]
    half = Z95 * float(np.std(draws, ddof=1)) / math.sqrt(_REPLICATES)
    mean = float(np.mean(draws))
    return Value(mean, n=size[0], low=max(0.0, mean - half), high=min(1.0, mean + half), estimator="sample")


def kolmogorov_smirnov(subject: Quantiles, reference: Quantiles) -> float | None:
    """``max |F_subject(x) - F_reference(x)|``; None where a side has no value."""
    if subject.n == 0 or reference.n == 0:
        return None
    sides = ((subject.buckets, subject.counts), (reference.buckets, reference.counts))
    return divergence.kolmogorov_smirnov(*divergence.aligned(*sides))


def wasserstein(subject: Quantiles, reference: Quantiles) -> float:
    """The area between the two distribution functions (Wasserstein-1), in the unit of the values; both have one.

    >>> one, other = Quantiles.of(np.array([1.0, 3.0])), Quantiles.of(np.array([2.0, 6.0]))
    >>> round(wasserstein(one, other), 2)
    2.0
    """
    values = np.unique(np.concatenate([subject.values(), reference.values()]))
    shares = [np.cumsum(_at(side, values)) / side.n for side in (subject, reference)]
    return float((np.abs(shares[0] - shares[1])[:-1] * np.diff(values)).sum())


def _at(sketch: Quantiles, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many values of a sketch stand at each of some values."""
    counts = np.zeros(len(values), np.int64)
    np.add.at(counts, np.searchsorted(values, sketch.values()), sketch.counts)
    return counts


def bounded(subject: Quantiles, reference: Quantiles, distance: float, together: int = 1) -> Value:
    """A Kolmogorov-Smirnov distance with the Dvoretzky-Kiefer-Wolfowitz bound of both sides.

    ``together``: how many distances the interval must hold for at once (Bonferroni).
    """
    half = sum(math.sqrt(math.log(4 * together / 0.05) / (2 * sketch.n)) for sketch in (subject, reference))
    low, high = max(0.0, distance - half), min(1.0, distance + half)
    return Value(distance, n=subject.n, low=low, high=high, estimator="sketch")


def _aligned(subject: Counts, reference: Counts) -> list[NDArray[np.int64]]:
    """Counts of both sides over the same cells."""
    bits = min(subject.bits, reference.bits)
    return divergence.aligned(*((side.cells, side.counts) for side in (subject.at(bits), reference.at(bits))))
