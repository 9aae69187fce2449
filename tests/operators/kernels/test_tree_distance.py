"""The edit distance of trees beside its recursive definition."""

from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.tree_distance import distance, tree

TREES = st.recursive(
    st.integers(0, 2).map(lambda label: (label, ())),
    lambda inner: st.tuples(st.integers(0, 2), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)


def flat(node):
    labels, leftmost = [], []

    def walk(one):
        firsts = [walk(child) for child in one[1]]
        leftmost.append(firsts[0] if firsts else len(labels))
        labels.append(one[0])
        return leftmost[-1]

    walk(node)
    return tree(labels, leftmost)


def size(forest):
    return sum(1 + size(children) for _, children in forest)


@cache
def by_definition(one, other):
    """The distance of two forests, by what becomes of the last roots (Zhang and Shasha 1989, lemma 4)."""
    if not one or not other:
        return size(one) + size(other)
    (label, below), (name, under) = one[-1], other[-1]
    return min(
        by_definition((*one[:-1], *below), other) + 1,
        by_definition(one, (*other[:-1], *under)) + 1,
        by_definition(one[:-1], other[:-1]) + by_definition(below, under) + (label != name),
    )


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_it_is_the_definition(one, other):
    assert distance(flat(one), flat(other)) == by_definition((one,), (other,)) == distance(flat(other), flat(one))


def test_a_path_and_a_star():
    path = (0, ((0, ((0, ((0, ()),)),)),))
    star = (0, ((0, ()), (0, ()), (0, ())))
    assert distance(flat(path), flat(star)) == 4
