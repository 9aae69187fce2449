import random

import numpy as np
import pytest

from benchmarks import exact_jaccard
from benchmarks.exact_jaccard import Quality, quality, removed_rows
from benchmarks.near_corpus import NearCorpus


def brute(texts: list[str | None], threshold: float, n: int) -> list[int]:
    """Every pair by Python sets, groups by flooding."""
    sets = []
    for text in texts:
        words = (text or "").split()
        sets.append({tuple(words[i : i + n]) for i in range(len(words) - n + 1)} or {tuple(words)})
    rows = [row for row, text in enumerate(texts) if text is not None]
    seen: set[int] = set()
    removed = []
    for row in rows:
        if row in seen:
            continue
        queue = [row]
        seen.add(row)
        while queue:
            a = sets[queue.pop()]
            for other in rows:
                if other not in seen and len(a & sets[other]) / len(a | sets[other]) >= threshold:
                    seen.add(other)
                    removed.append(other)
                    queue.append(other)
    return sorted(removed)


def edited_texts(seed: int, count: int) -> list[str | None]:
    """Few words, many repeats: chains of edits, shorts, blanks and nulls."""
    rng = random.Random(seed)
    texts: list[str | None] = [None, "", " \n", None, "a b", "a b a", "a\tb"]
    while len(texts) < count:
        words = (rng.choice([text for text in texts if text]) if rng.random() < 0.7 else "").split()
        words = words or rng.choices("abcdefghijklmnop", k=rng.randint(1, 40))
        if rng.random() < 0.6:
            words[rng.randrange(len(words))] = rng.choice("xyz")
        texts.append(" ".join(words))
    return texts


@pytest.mark.parametrize(("seed", "threshold", "n"), [(0, 0.8, 5), (1, 0.8, 2), (2, 0.5, 3), (3, 1.0, 1), (4, 0.9, 4)])
def test_equals_brute_force(seed: int, threshold: float, n: int) -> None:
    texts = edited_texts(seed, 250)
    expected = brute(texts, threshold, n)
    assert removed_rows(texts, threshold, n).tolist() == expected
    assert 20 < len(expected) < 240


def test_parts_of_the_shingles_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = edited_texts(5, 250)
    monkeypatch.setattr(exact_jaccard, "PART", 128)
    assert removed_rows(texts, 0.7, 3).tolist() == brute(texts, 0.7, 3)


def test_equals_brute_force_on_the_corpus() -> None:
    texts = NearCorpus(seed=3).texts(0, 400).to_pylist()
    expected = brute(texts, 0.8, 5)
    assert removed_rows(texts).tolist() == expected
    assert len(expected) > 40


def test_the_threshold_is_included() -> None:
    four_of_five = ["a b c d", "a b c d e"]  # of single words: 4 shared, 5 in all
    assert removed_rows(four_of_five, 0.8, 1).tolist() == [1]
    assert removed_rows(four_of_five, 0.81, 1).tolist() == []


def test_short_texts_equal_only_the_same_words() -> None:
    assert removed_rows(["a b", "a b c", "a  b", "b a", "", "\n", None, None]).tolist() == [2, 5]


def test_many_words_of_a_large_vocabulary_do_not_collide() -> None:
    texts = [" ".join(f"w{i}" for i in range(at, at + 60)) for at in range(0, 6_000_000, 3_000)]
    assert removed_rows(texts, 0.1, 8).tolist() == []


def test_nothing_and_one() -> None:
    assert removed_rows([]).tolist() == []
    assert removed_rows(["a"]).tolist() == []


def test_quality_of_nothing() -> None:
    nothing = np.array([], np.int64)
    assert quality(nothing, nothing) == Quality(1.0, 1.0)
    assert quality(nothing, np.array([1])) == Quality(0.0, 1.0)
