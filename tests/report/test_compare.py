"""Marks on two excerpts: nothing of the texts is lost, and only what differs is marked."""

from hypothesis import given
from hypothesis import strategies as st

from engine.excerpt import SHOWN, Excerpt
from engine.report.compare import runs, unified

texts = st.text(max_size=60) | st.lists(st.sampled_from(["a", "b", "fox", ",", "猫", " ", "\n", "  "]), max_size=60).map(
    "".join
)


def whole(text):
    return Excerpt(text, 0, len(text))


@given(texts, texts)
def test_the_runs_are_the_texts(left, right):
    found = runs(whole(left), whole(right))
    assert "".join(run.left for run in found) == left
    assert "".join(run.right for run in found) == right
    for run in found:
        if run.same:
            assert run.left.split() == run.right.split() or "".join(run.left.split()) == "".join(run.right.split())
        else:
            assert run.left != run.right
            assert run.left == run.left.strip()


@given(texts)
def test_equal_texts_have_no_difference(text):
    assert all(run.same for run in runs(whole(text), whole(text)))
    assert all(sign == " " for sign, _ in unified(whole(text), whole(text)))


def different(left, right):
    return [(run.left, run.right) for run in runs(left, right) if not run.same]


def test_what_is_added_removed_and_replaced_by_hand():
    left, right = whole("the quick brown fox, it jumps"), whole("the brown wolf, it then jumps")
    assert different(left, right) == [("quick", ""), ("fox", "wolf"), ("", "then")]


def test_the_end_of_a_text_is_no_difference_where_the_other_was_cut():
    cut, rest = Excerpt("one two", 0, 100), whole("one two three")
    assert different(cut, rest) == different(rest, cut) == []
    assert different(whole("one two"), rest) == [("", "three")]
    assert different(rest, whole("one two")) == [("three", "")]
    assert different(Excerpt("one six", 0, 100), rest) == [("six", "two three")]


def test_scripts_without_spaces_are_compared_by_characters():
    assert different(whole("这是一个中文句子"), whole("这是两个中文句子")) == [("一", "两")]


def test_no_more_is_compared_than_is_shown():
    found = runs(whole("a " * 500_000), whole("b " * 500_000))
    assert sum(len(run.left) for run in found) == SHOWN
    assert len(list(unified(whole("a " * 500_000), whole("b " * 500_000)))) == 2


def test_lines_of_a_unified_difference_are_single_and_long_runs_shortened():
    same = "word\n" * 90
    lines = list(unified(whole(same + "fox"), whole(same + "wolf")))
    assert [sign for sign, _ in lines] == [" ", "-", "+"]
    assert "\n" not in "".join(text for _, text in lines)
    assert len(lines[0][1]) < 150
