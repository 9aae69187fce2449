"""What is shown of two texts is what holds their first difference."""

from hypothesis import given
from hypothesis import strategies as st

from engine.excerpt import COMPARED, SHOWN, Excerpt, beside, excerpt

words = st.lists(st.sampled_from(["a", "word", "longer", "x" * 90, "猫", "\n"]), max_size=400).map(" ".join)


@given(words, words, words)
def test_the_first_difference_is_shown_from_the_same_character_of_both(common, left, right):
    texts = common + left, common + right
    shown = beside(*map(excerpt, texts))
    assert shown[0].start == shown[1].start
    for one, text in zip(shown, texts, strict=True):
        assert one.text == text[one.start : one.stop]
        assert one.characters == len(text)
        assert len(one.text) <= SHOWN
    if texts[0] != texts[1]:
        assert shown[0].text != shown[1].text


def test_texts_that_differ_early_or_not_at_all_are_shown_from_their_beginning():
    long = "word " * 1_000
    for left, right in ((long, long), ("x" + long, "y" + long), (long, ""), (long[:300] + "x" + long, long)):
        assert beside(excerpt(left), excerpt(right))[0].start == 0


def test_a_stretch_begins_and_ends_with_whole_words():
    same = "river " * 200
    left, _ = beside(excerpt(same + "fox " + same), excerpt(same + "wolf " + same))
    assert left.start % 6 == 0
    assert 0 < left.start <= 1_200 - 100
    assert left.text.endswith("river")


def test_what_differs_beyond_what_is_compared_is_shown_from_the_beginning():
    same = "river " * COMPARED
    left, right = beside(excerpt(same + "fox"), excerpt(same + "wolf"))
    assert left.start == right.start == 0
    assert left.characters == len(same) + 3


def test_cells_that_are_no_text():
    assert excerpt([{"role": "user"}]) == Excerpt('[{"role": "user"}]', 0, 18)
    assert str(excerpt(b"abc")) == "3 bytes"
    assert str(excerpt("x" * 25_000)).endswith("xx… [25,000 characters]")
    assert len(excerpt("x" * 25_000).text) == COMPARED
