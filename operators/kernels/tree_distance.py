"""How many nodes must be added, taken out or renamed to make one ordered tree of another."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray


class Tree(NamedTuple):
    """An ordered tree, its nodes in postorder.

    Args:
        labels: of the nodes.
        leftmost: for each node the first leaf below it, itself where it is one.
        keyroots: the root, and the nodes with a sibling to the left, in order.
    """

    labels: NDArray[np.uint64]
    leftmost: NDArray[np.int64]
    keyroots: NDArray[np.int64]


def tree(labels: list[int], leftmost: list[int]) -> Tree:
    """A tree of its nodes in postorder."""
    lefts = np.array(leftmost, np.int64)
    last = {left: at for at, left in enumerate(leftmost)}  # the highest node of each leftmost leaf
    return Tree(np.array(labels, np.uint64), lefts, np.array(sorted(last.values()), np.int64))


def work(one: Tree) -> int:
    """What a tree adds to the cost of a distance, which is the product of both trees' (Zhang and Shasha 1989, lemma 7).

    >>> work(tree([1, 2, 9], [0, 1, 0]))
    4
    """
    return int((one.keyroots - one.leftmost[one.keyroots] + 1).sum())


def distance(one: Tree, other: Tree) -> int:
    """The edit distance of two trees, each step at cost 1 (Zhang and Shasha 1989).

    >>> a, b = tree([1, 2, 9], [0, 1, 0]), tree([1, 9], [0, 0])  # 9 over 1 and 2; 9 over 1
    >>> distance(a, b), distance(a, a), distance(a, tree([3, 2, 9], [0, 1, 0]))
    (1, 0, 1)
    """
    return int(_distance(*one, *other))


@nb.njit(nogil=True, cache=True)
def _distance(labels: Any, left: Any, roots: Any, others: Any, other_left: Any, other_roots: Any) -> Any:
    n, m = labels.size, others.size
    whole = np.zeros((n, m), np.int64)
    forest = np.zeros((n + 1, m + 1), np.int64)
    for i in roots:
        for j in other_roots:
            a, b = left[i], other_left[j]
            forest[a, b] = 0
            for x in range(a, i + 1):
                forest[x + 1, b] = forest[x, b] + 1
            for y in range(b, j + 1):
                forest[a, y + 1] = forest[a, y] + 1
            for x in range(a, i + 1):
                for y in range(b, j + 1):
                    least = min(forest[x, y + 1], forest[x + 1, y]) + 1
                    if left[x] == a and other_left[y] == b:
                        least = min(least, forest[x, y] + (labels[x] != others[y]))
                        whole[x, y] = least
                    else:
                        least = min(least, forest[left[x], other_left[y]] + whole[x, y])
                    forest[x + 1, y + 1] = least
    return whole[n - 1, m - 1]
