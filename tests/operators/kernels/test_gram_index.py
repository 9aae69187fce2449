"""The scan beside a search through all n-grams of all items, in plain Python."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.buffers import strings
from operators.kernels.gram_index import gram_index, meetings
from operators.kernels.plain_words import plain_words

FEW_WORDS = st.lists(st.sampled_from(["a", "b", "c", "D,", "e"]), max_size=14).map(" ".join)


def met(texts, items, gram=4, short=2, common=10, owners=None):
    index = gram_index(said(items), np.zeros(len(items), np.int64) if owners is None else owners, gram, short, common)
    return index, list(zip(*(part.tolist() for part in meetings(said(texts), index)), strict=True))


def said(texts):
    return plain_words(strings(pa.array(texts, pa.large_string())))


def plain(text):
    return text.lower().replace(",", "").split()


def runs(a, b):
    """The longest run of words in common."""
    best, row = 0, [0] * (len(b) + 1)
    for word in a:
        row = [0, *(row[at] + 1 if word == other else 0 for at, other in enumerate(b))]
        best = max(best, *row)
    return best


def brute(text, item, gram, short):
    """The words of the longest run, where there is one that counts."""
    a, b = plain(text), plain(item)
    if len(b) < short:
        lines = [plain(line) for line in text.split("\n")] + [a]
        return len(b) if b and b in lines else 0
    run = runs(a, b)
    return run if run >= (gram if len(b) >= gram else short) else 0


@settings(max_examples=300, deadline=None)
@given(st.lists(FEW_WORDS, min_size=1, max_size=4), st.lists(FEW_WORDS, min_size=1, max_size=5))
def test_every_item_is_met_that_has_a_run_in_common_and_no_other(texts, items):
    _, found = met(texts, items)
    truth = {
        (at, one): run for at, text in enumerate(texts) for one, item in enumerate(items) if (run := brute(text, item, 4, 2))
    }
    assert {(text, item) for text, item, *_ in found} == set(truth)
    for text, item, run, at, item_at in found:
        a, b = plain(texts[text]), plain(items[item])
        assert a[at : at + run] == b[item_at : item_at + run]
        assert run <= truth[text, item]


def test_runs_of_thirteen_words_are_whole_in_longer_texts():
    rng = np.random.default_rng(0)
    words = [f"w{at}" for at in range(300)]
    items = [" ".join(rng.choice(words, rng.integers(8, 60))) for _ in range(80)]
    texts = []
    for item in items:
        split = item.split()
        start = int(rng.integers(len(split)))
        texts.append(
            " ".join([*rng.choice(words, 30), *split[start : start + int(rng.integers(5, 40))], *rng.choice(words, 30)])
        )
    _, found = met(texts, items, 13, 8)
    truth = {(i, j): run for i, text in enumerate(texts) for j, item in enumerate(items) if (run := brute(text, item, 13, 8))}
    assert {(text, item): run for text, item, run, *_ in found} == truth
    assert 20 < len(truth) < 75


def test_what_many_items_hold_is_left_out_for_their_benchmark_alone():
    items = [f"please answer with one word {at}" for at in range(5)] + ["please answer with one word x"]
    owners = np.array([0] * 5 + [1])
    index, found = met(["Please answer with one word!"], items, 5, 3, common=4, owners=owners)
    assert [item for _, item, *_ in found] == [5]
    assert (index.grams.tolist(), index.common.tolist(), index.lost.tolist()) == ([6, 2], [1, 0], [False] * 6)
    index, found = met(["Please answer with one word!"], ["please answer with one word"] * 5, 5, 3, common=4)
    assert (found, index.lost.tolist()) == ([], [True] * 5)


def test_short_items_are_found_as_a_whole_line_or_text_only():
    items = ["Paris", "the red hat", ""]
    texts = ["Paris", "in Paris", "Where?\nPARIS.\n", "the\nred hat", "the red hat was"]
    assert [(text, item) for text, item, *_ in met(texts, items, 13, 8)[1]] == [(0, 0), (2, 0), (3, 1)]


def test_words_of_the_same_hash_do_not_count():
    """A table whose words all have one hash: only the comparison of the words themselves is left."""
    items, texts = said(["one two three four"]), said(["five six seven eight", "one two three four"])
    same = [words._replace(hashes=np.full(len(words.hashes), 7, np.uint64)) for words in (items, texts)]
    index = gram_index(same[0], np.zeros(1, np.int64), 3, 2, 10)
    assert meetings(same[1], index).texts.tolist() == [1]


def test_nothing():
    assert met([], ["a b c d"])[1] == []
    assert met(["a b c d"], [])[1] == []
    assert met(["", " . "], ["", "..."])[1] == []
