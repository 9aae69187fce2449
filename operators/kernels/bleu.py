"""BLEU of every text against all others at once, in time linear in their words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.kernels.ngrams import ngram_hashes

_ORDERS = (1, 2, 3, 4)
_EPSILON = 0.1
"""What smoothing method 1 of Chen and Cherry (2014) puts in place of no match."""


def self_bleu(offsets: NDArray[np.int64], words: NDArray[np.uint64], copies: NDArray[Any] | None = None) -> NDArray[np.float64]:
    """(n,) BLEU-4 of each word sequence with all others as references, smoothing method 1.

    Equal to ``nltk.translate.bleu_score.sentence_bleu`` with ``SmoothingFunction().method1``. A reference's clipped count of an
    n-gram is the greatest among the other texts: the greatest of all, or the second greatest for the text that has
    the greatest. So nothing is compared pair by pair.

    Args:
        offsets: (n + 1,) where each sequence starts; at least two sequences, or one with copies.
        words: hashes of the words.
        copies: how often each sequence occurs; one that occurs twice has itself as a reference.

    >>> self_bleu(np.array([0, 4, 8]), np.array([1, 2, 3, 4, 1, 2, 3, 4], np.uint64)).tolist()
    [1.0, 1.0]
    """
    repeated = np.zeros(len(offsets) - 1, np.bool_) if copies is None else copies > 1
    logs, matched_words = np.zeros(len(repeated)), np.zeros(len(repeated), np.int64)
    for n in _ORDERS:
        bounds, hashes = ngram_hashes(offsets, words, n)
        matches = _clipped_matches(bounds, hashes, repeated)
        logs += np.log(np.where(matches > 0, matches, _EPSILON) / np.maximum(np.diff(bounds), 1)) / len(_ORDERS)
        matched_words = matches if n == 1 else matched_words
    score = np.exp(logs + _log_brevity(np.diff(offsets), repeated))
    return np.where(matched_words > 0, np.minimum(score, 1.0), 0.0)


def _clipped_matches(bounds: NDArray[np.int64], hashes: NDArray[np.uint64], repeated: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Per text how many of its n-grams the others have, each counted at most as often as in one of them."""
    texts = np.repeat(np.arange(len(repeated)), np.diff(bounds))
    order = np.lexsort((texts, hashes))
    texts, hashes = texts[order], hashes[order]
    changes = (hashes[1:] != hashes[:-1]) | (texts[1:] != texts[:-1])
    starts = np.flatnonzero(np.r_[np.ones(min(1, len(hashes)), np.bool_), changes])
    counts, texts, hashes = np.diff(np.r_[starts, len(hashes)]), texts[starts], hashes[starts]
    order = np.lexsort((-counts, hashes))
    counts, texts, hashes = counts[order], texts[order], hashes[order]
    leads = np.r_[np.ones(min(1, len(hashes)), np.bool_), hashes[1:] != hashes[:-1]]
    group = np.cumsum(leads) - 1
    first = np.flatnonzero(leads)
    alone = np.diff(np.r_[first, len(hashes)]) == 1
    second = np.where(alone, 0, counts[np.minimum(first + 1, len(counts) - 1)]) if len(counts) else counts
    elsewhere = np.where(leads, second[group], counts[first][group])
    clipped = np.where(repeated[texts], counts, np.minimum(counts, elsewhere))
    return np.bincount(texts, weights=clipped, minlength=len(repeated)).astype(np.int64)


def _log_brevity(lengths: NDArray[np.int64], repeated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The logarithm of BLEU's brevity penalty, with the other text nearest in length (the shorter of two) as reference."""
    order = np.argsort(lengths, kind="stable")
    ranked = lengths[order].astype(np.float64)
    shorter, longer = np.r_[-np.inf, ranked[:-1]], np.r_[ranked[1:], np.inf]
    nearest = np.empty(len(lengths))
    nearest[order] = np.where(ranked - shorter <= longer - ranked, shorter, longer)
    nearest = np.where(repeated, lengths, nearest)
    return np.minimum(0.0, 1.0 - nearest / np.maximum(lengths, 1))
