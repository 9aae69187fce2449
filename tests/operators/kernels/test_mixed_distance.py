"""Nearest rows against plain numpy, over columns of one kind and of several, across the borders of blocks."""

import numpy as np
import pytest

from operators.kernels.mixed_distance import NOMINAL, NOTHING, ORDERED, nearest, nearest_by, nearest_without_each

TIME = 2
SORTS = ([ORDERED], [NOMINAL], [TIME], [NOTHING], [ORDERED, NOMINAL, NOTHING], [ORDERED, TIME])


def rows(draw, n, sorts):
    kinds = np.stack([draw.choice(sort, n) for sort in sorts], 1).astype(np.uint8)
    numbers = np.round(draw.normal(size=kinds.shape), draw.integers(0, 3))
    return np.where(kinds == NOMINAL, draw.integers(0, 3, kinds.shape), numbers) * (kinds != NOTHING), kinds


def cells(values, kinds, base, base_kinds):
    """(n, m, d) the distance of every cell to every other of its column, from the definition."""
    x, y, a, b = values[:, None], base[None], kinds[:, None], base_kinds[None]
    same = np.where(a == NOMINAL, (x != y).astype(float), np.minimum(1.0, np.abs(x - y)))
    return np.where(a != b, 1.0, np.where(a == NOTHING, 0.0, same))


@pytest.mark.parametrize("seed", range(8))
def test_nearest_rows_are_those_of_plain_numpy(seed):
    draw = np.random.default_rng(seed)
    sorts = [SORTS[at] for at in draw.integers(0, len(SORTS), 5)]
    looking, base = rows(draw, 30, sorts), rows(draw, int(draw.choice([1, 3, 2048, 2300])), sorts)
    counts = draw.integers(1, 4, len(base[0]))
    apart = cells(*looking, *base)
    far = np.round(apart.mean(2), 12)
    k = 3
    found, at = nearest(*looking, *base, counts, k)
    expected = [
        np.pad(np.sort(np.repeat(one, counts))[:k], (0, max(0, k - counts.sum())), constant_values=np.inf) for one in far
    ]
    assert found == pytest.approx(np.stack(expected))
    assert at.tolist() == far.argmin(1).tolist()

    draws, salts = (draw.integers(0, 1 << 62, n).astype(np.uint64) for n in (len(base[0]), 30))
    chances = draws[None] ^ salts[:, None]

    def chosen(columns):
        total = np.round(apart[:, :, columns].sum(2), 9)
        return np.where(total == total.min(1)[:, None], chances, np.iinfo(np.uint64).max).argmin(1).tolist()

    assert nearest_by(*looking, *base, np.array([0, 3]), draws, salts).tolist() == chosen([0, 3])
    left_out = np.array([4, 1])
    found = nearest_without_each(*looking, *base, left_out, draws, salts)
    for place, out in enumerate(left_out.tolist()):
        assert found[:, place].tolist() == chosen([c for c in range(5) if c != out])
