import numpy as np
import pyarrow as pa
import pytest
import textstat

from operators.features.words import Words
from operators.text.readability import Readability

WORDS = "a to we the dog ran home answer question remarkable understanding extraordinarily data".split()


def measure(texts):
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    batch = batch.append_column("words", Words().open()(batch)["words"])
    return Readability().value(Readability().fold(batch))


def prose(seed):
    """Sentences whose words and ends nobody can count differently."""
    random = np.random.default_rng(seed)
    spoken = (" ".join(random.choice(WORDS, random.integers(4, 25))) for _ in range(random.integers(1, 9)))
    return " ".join(f"{sentence.capitalize()}." for sentence in spoken)


def index(text):
    """By textstat's counts; its own index counts punctuation marks as characters of words."""
    return 4.71 * textstat.avg_letter_per_word(text) + 0.5 * textstat.words_per_sentence(text) - 21.43


@pytest.mark.parametrize("seed", range(30))
def test_counts_are_textstats(seed):
    value, text = measure([prose(seed)]), prose(seed)
    letters, words = textstat.avg_letter_per_word(text), textstat.words_per_sentence(text)
    assert value.value == pytest.approx(index(text), rel=0.005, abs=1e-6)
    assert value.parts["coleman_liau_index"].value == pytest.approx(5.88 * letters - 29.6 / words - 15.8, rel=0.005, abs=1e-6)
    assert value.value <= textstat.automated_readability_index(text)
    assert value.parts["coleman_liau_index"].value == pytest.approx(textstat.coleman_liau_index(text), abs=0.1 * letters)


def test_by_hand():
    value = measure(["It is so. We go, too!"])  # 13 characters, 6 words, 2 sentences
    assert value.value == pytest.approx(4.71 * 13 / 6 + 0.5 * 3 - 21.43, rel=0.005)
    assert value.parts["coleman_liau_index"].value == pytest.approx(5.88 * 13 / 6 - 29.6 / 3 - 15.8, rel=0.005)
    assert value.parts["words_per_sentence"].value == pytest.approx(3, rel=0.005)
    assert value.parts["characters_per_word"].value == pytest.approx(13 / 6, rel=0.005)
    assert value.evidence[0].note == "6 words of 2.2 in 2 sentences"


def test_the_median_over_texts_and_its_interval():
    texts = [prose(seed) for seed in range(400)]
    value = measure([*texts, "word " * 100_000])  # one wall of words moves no median
    expected = [index(text) for text in texts]
    assert value.value == pytest.approx(np.median(expected), rel=0.01)
    shares = [np.mean(np.array(expected) < bound) for bound in (value.low, value.high)]
    assert shares == pytest.approx([0.45, 0.55], abs=0.01)
    assert value.evidence[0].record == 400


def test_longer_words_and_longer_sentences_are_harder():
    easy, words, sentences = (
        "We saw a dog. It ran home.",
        "Scholars observed animals. Everybody departed hurriedly.",
        "We saw a dog and it ran home.",
    )
    assert measure([easy]).value < measure([words]).value
    assert measure([easy]).value < measure([sentences]).value


def test_what_is_no_prose():
    value = measure([None, "", " \n", "...!?", "One word."])
    assert (value.n, value.skipped) == (1, {"no text": 1, "no word": 3})
    assert measure([None, "..."]).reason == "no record has a text with a word"
