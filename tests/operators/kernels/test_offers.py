"""The largest so far, beside sorting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.offers import offer


@given(st.integers(1, 5), st.lists(st.lists(st.integers(-5, 5), min_size=1, max_size=8), max_size=6))
def test_pieces_give_what_sorting_all_gives(k, pieces):
    best, rows = np.full((3, k), -np.inf, np.float32), np.full((3, k), -1)
    first = 0
    for piece in pieces:
        offer(np.float32([piece, piece[::-1]]), np.array([0, 2]), first, best, rows)
        first += len(piece)
    for query, turned in ((0, False), (2, True)):
        numbers = [number for piece in pieces for number in (piece[::-1] if turned else piece)]
        order = sorted(range(len(numbers)), key=lambda at: (-numbers[at], at))[:k]
        assert rows[query][: len(order)].tolist() == order
        assert best[query][: len(order)].tolist() == [numbers[at] for at in order]
    assert (rows[1] == -1).all()
