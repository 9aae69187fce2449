from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.state import CellsBy, decode, encode

PAIRS = st.lists(st.tuples(st.integers(0, 12), st.integers(-2, 9)), max_size=60)


def of(pairs, keys=4, cells=3):
    key, cell = (np.array([pair[at] for pair in pairs]) for at in (0, 1))
    return CellsBy.of(key.astype(np.uint64), cell.astype(np.int64), keys, cells)


@settings(max_examples=200, deadline=None)
@given(PAIRS, st.randoms(use_true_random=False), st.integers(0, 60), st.integers(0, 60))
def test_no_cut_or_order_changes_it_and_what_is_kept_is_exact(pairs, random, a, b):
    whole, (a, b) = of(pairs), sorted((a, b))
    shuffled = random.sample(pairs, len(pairs))
    pieces = of(shuffled[b:]) + (of(shuffled[:a]) + of(shuffled[a:b])) + of([])
    assert encode(pieces) == encode(whole) == encode(decode(encode(whole)))
    counts = Counter(pairs)
    kept = dict(zip(zip(whole.key.tolist(), whole.cell.tolist(), strict=True), whole.count.tolist(), strict=True))
    assert kept.items() <= counts.items()
    keys = sorted({key for key, _ in pairs})
    assert whole.known.tolist() == keys[:4]
    assert whole.dropped == (len(keys) > 4)
    for key in keys[:4]:
        cells = {cell for other, cell in counts if other == key}
        mine = {cell for other, cell in kept if other == key}
        assert len(mine) == min(3, len(cells))
        assert (key in whole.crowded.tolist()) == (len(cells) > 3)
        assert 0 in mine or 0 not in cells
    assert sum(whole.totals().tolist()) == sum(kept.values())
