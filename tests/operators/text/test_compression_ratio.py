import gzip

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from operators.text.compression_ratio import CompressionRatio, ratio


def measure(texts, **parameters):
    columns = {"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())}
    metric = CompressionRatio(**parameters)
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


def random_texts(n, seed=1, words=2000, length=60):
    random = np.random.default_rng(seed)
    lexicon = np.array(["".join(chr(97 + c) for c in random.integers(0, 26, 6)) for _ in range(words)])
    return [" ".join(random.choice(lexicon, length)) for _ in range(n)]


def test_it_is_what_can_be_restored():
    """The bytes are those of a frame that zstd reads back."""
    texts = [text.encode() for text in random_texts(50)]
    joined = b"\n".join(texts)
    frame = zstandard.ZstdCompressor(level=9).compress(joined)
    assert zstandard.ZstdDecompressor().decompress(frame) == joined
    assert ratio(texts) == pytest.approx(len(joined) / len(frame), rel=0.05)


def test_gzip_orders_sets_the_same():
    """Within gzip's window of 32 kB both see the same repeats."""
    sets = [random_texts(40, words=words) for words in (20, 200, 2000)]
    ours = [measure(texts).value for texts in sets]
    theirs = [len("\n".join(texts)) / len(gzip.compress("\n".join(texts).encode(), 9)) for texts in sets]
    assert sorted(ours, reverse=True) == ours
    assert sorted(theirs, reverse=True) == theirs


def test_a_template_among_texts_is_seen_and_not_within_them():
    plain = random_texts(300, length=20)
    framed = [f"As a large language model I have to say this before I answer: {text}" for text in plain]
    assert measure(framed).value > 1.2 * measure(plain).value
    assert measure(framed).value > 2 * measure(framed).parts["alone"].value


def test_copies_count_once_and_blanks_do_not():
    texts = random_texts(30)
    once, more = measure(texts), measure([*texts, *texts, None, " "])
    assert (more.value, more.n) == (once.value, 30)
    assert more.skipped == {"no text": 1, "blank": 1}


def test_the_interval_of_a_sample_holds_other_samples():
    texts = random_texts(4000, words=5000)
    value = measure(texts[:2000], size=200)
    others = [ratio([text.encode() for text in texts[at : at + 200]]) for at in range(2000, 4000, 200)]
    assert value.estimator == "sample"
    assert value.low < np.mean(others) < value.high
