"""Texts of like lengths through a model together, within a budget of tokens; half of them where memory runs out."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOKENS = {"cpu": 2048, "cuda": 1 << 17}
"""In a batch, padding included: on a CPU more gain nothing, a GPU wants to be filled."""
CHUNK = 512
"""Texts that are tokenised together."""
CHARACTERS_A_TOKEN = 100
"""What is beyond so many characters for each token of the window is not even tokenised."""


def batches(lengths: Sequence[int], tokens: int) -> Iterator[range]:
    """Runs of texts, the longest first, whose padded size stays within a budget of tokens; at least one text each.

    >>> list(batches([5, 3, 3, 1], 9))
    [range(0, 1), range(1, 4)]
    """
    start = 0
    for at in range(len(lengths)):
        if at > start and (at + 1 - start) * lengths[start] > tokens:
            yield range(start, at)
            start = at
    if lengths:
        yield range(start, len(lengths))


def in_batches(forward: Callable[[Any], NDArray[Any]], items: Sequence[Any], tokens: int, lock: Any) -> NDArray[Any]:
    """What a model gives for each item, in their order; an item has a length, and items of like lengths go together.

    Args:
        forward: from a list of items to an array of as many rows.
        items: at least one.
        tokens: in a batch, padding included.
        lock: held while the model runs.
    """
    order = np.argsort([-len(item) for item in items], kind="stable")
    runs = batches([len(items[at]) for at in order], tokens)
    found = np.concatenate([in_halves(forward, [items[at] for at in order[run.start : run.stop]], lock) for run in runs])
    given = np.empty_like(found)
    given[order] = found
    return given


def in_halves(forward: Callable[[Any], NDArray[Any]], items: Any, lock: Any) -> NDArray[Any]:
    """What a model gives for a batch, one thread at a time; where memory runs out, for one half after the other."""
    import torch

    try:
        with lock, torch.inference_mode():
            return forward(items)
    except torch.OutOfMemoryError:
        if len(items) == 1:
            raise
        half = len(items) // 2
        return np.concatenate([in_halves(forward, part, lock) for part in (items[:half], items[half:])])


def padded(rows: Sequence[Sequence[int]], filler: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(n, longest) the rows filled up on the right, and (n, longest) 1 where there is something.

    >>> padded([[7, 8], [9]])[0].tolist(), padded([[7, 8], [9]])[1].tolist()
    ([[7, 8], [9, 0]], [[1, 1], [1, 0]])
    """
    longest = max(map(len, rows))
    filled = np.full((len(rows), longest), filler, np.int64)
    mask = np.zeros((len(rows), longest), np.int64)
    for at, row in enumerate(rows):
        filled[at, : len(row)], mask[at, : len(row)] = row, 1
    return filled, mask
