import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from engine.audit import audit
from engine.local import Local
from engine.plan import load
from operators.features.words import Words
from operators.text.gopher_quality import GopherQuality
from operators.text.resampling_stability import ResamplingStability, _distinct, _factors
from operators.text.self_bleu import SelfBleu

LEXICON = "the be to of and that have with data model record report number answer question place people".split()


def drawn(n, seed=5):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(LEXICON, random.integers(20, 120))) + "." for _ in range(n)]


def batch_of(texts, shards=None, languages=None):
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())})
    languages = pa.array(languages or ["en"] * len(texts), pa.string())
    batch = batch.append_column("words", Words().open()(batch)["words"]).append_column("language_detected", languages)
    return batch.append_column("_shard", pa.array(shards or ["a"] * len(texts)))


def measure(texts, shards=None, languages=None, **parameters):
    metric = ResamplingStability(**parameters)
    return metric.value(metric.fold(batch_of(texts, shards, languages)))


def half_width(part):
    return (part.high - part.low) / 2


def test_a_mean_has_its_analytic_interval():
    """With 64 halves a standard deviation is known to within 9 % (one of its own)."""
    texts = drawn(3000)
    found = measure(texts, halves=64).parts["characters"]
    lengths = np.array(list(map(len, texts)))
    assert found.value == pytest.approx(lengths.mean())
    analytic = stats.norm.ppf(0.975) * lengths.std(ddof=1) / math.sqrt(len(texts))
    assert half_width(found) == pytest.approx(analytic, rel=0.25)


def test_a_share_has_its_analytic_interval():
    texts = drawn(3000)
    found = measure(texts, halves=64).parts["gopher_quality"]
    metric = GopherQuality()
    share = metric.value(metric.fold(batch_of(texts)))
    assert found.value == share.value
    assert 0.2 < share.value < 0.8
    assert half_width(found) == pytest.approx(half_width(share), rel=0.25)


@pytest.mark.parametrize("name", ["characters", "words", "gopher_quality", "distinct_2"])
def test_a_bootstrap_says_the_same(name):
    """Drawing texts twice lowers distinct_2, but hardly changes how far it spreads."""
    texts = drawn(400)
    batch, random = batch_of(texts), np.random.default_rng(1)
    spans = [np.frombuffer(words.values.field("hash").to_numpy().tobytes(), np.uint64) for words in batch["words"]]
    passes = GopherQuality().signals(batch).rejected_by < 0
    of = {"characters": np.array(list(map(len, texts))), "words": np.array(list(map(len, spans))), "gopher_quality": passes}
    repeats = []
    for _ in range(300):
        at = random.integers(0, len(texts), len(texts))
        if name == "distinct_2":
            once, copies = np.unique(at, return_counts=True)
            chosen = [spans[i] for i in once]
            repeats.append(_distinct(np.cumsum([0, *map(len, chosen)]), np.concatenate(chosen), copies))
        else:
            repeats.append(of[name][at].mean())
    found = measure(texts, halves=64).parts[name]
    assert half_width(found) == pytest.approx(1.96 * np.std(repeats), rel=0.25)


def test_the_worst_is_the_value_and_means_count_relative():
    value = measure(drawn(300))
    widths = {name: half_width(part) for name, part in value.parts.items() if name != "without_a_shard"}
    for name in ("characters", "words"):
        widths[name] /= value.parts[name].value
    worst = max(widths, key=widths.get)
    assert value.value == pytest.approx(widths[worst], rel=0.02), "but for intervals cut at 0 and 1"
    assert worst.replace("_", " ") in value.reason
    assert value.low < value.value < value.high


def test_four_times_the_records_halve_the_interval():
    small, large = (measure(drawn(n), halves=64).parts["words"] for n in (500, 8000))
    assert half_width(small) / half_width(large) == pytest.approx(4, rel=0.35)


def test_copies_are_one_draw():
    texts = drawn(200)
    once, often = measure(texts), measure(texts * 20)
    assert half_width(often.parts["words"]) == pytest.approx(half_width(once.parts["words"]))


def test_self_bleu_is_that_of_the_metric():
    texts = drawn(60)
    found = measure(texts).parts["self_bleu"]
    metric = SelfBleu()
    assert found.value == pytest.approx(metric.value(metric.fold(batch_of(texts))).value)
    assert found.low < found.value < found.high


def test_the_commonest_language():
    texts = drawn(200)
    part = measure(texts, languages=["en", "de", "en", "en"] * 50).parts["commonest_language"]
    assert (part.value, part.reason) == (0.75, "en")
    assert half_width(part) == pytest.approx(1.96 * math.sqrt(0.75 * 0.25 / 200), rel=0.35)


def test_without_a_shard_by_hand():
    texts = ["one", "one two three", "a b", "a b c d e f g h"]
    part = measure(texts, shards=["x", "x", "y", "z"]).parts["without_a_shard"]
    assert part.value == pytest.approx(abs((14 - 8) / 3 - 14 / 4) / (14 / 4))  # words 1, 3, 2 and 8
    assert part.reason == "words without z"


def test_without_planted_outliers_by_hand():
    texts = [*("a " * (500 + at) for at in range(10)), *(f"word {at:03d} of {at % 7} letters" for at in range(990))]
    part = measure(texts, shards=["a", "b"] * 500).parts["without_outliers"]
    words = np.array([len(text.split()) for text in texts])
    assert part.value == pytest.approx(1 - words[10:].mean() / words.mean())  # 5 words instead of 9.995
    assert part.reason == "words without the 1% of outlying length"


def test_outliers_are_the_farthest_from_the_median():
    lengths = np.random.default_rng(3).lognormal(4, 1, 5000).astype(int) + 1
    kept = np.argsort(-np.abs(lengths - np.median(lengths)), kind="stable")[50:]
    part = measure(["x" * length for length in lengths]).parts["without_outliers"]
    assert part.value == pytest.approx(abs(lengths[kept].mean() / lengths.mean() - 1), rel=0.01)
    assert part.reason.startswith("characters")


def test_texts_of_one_length_have_no_outliers():
    assert measure([f"word {at:03d}" for at in range(200)]).parts["without_outliers"].value == 0
    assert measure(drawn(99)).parts["without_outliers"].reason == "there are fewer than 100 texts"


def test_too_few_texts_have_no_interval():
    assert measure(["one text"]).value is None
    alike = measure(["the same text"] * 100)
    assert alike.value is None
    assert (alike.parts["words"].value, alike.parts["words"].low) == (3, None)
    assert measure([None, *drawn(40)]).skipped == {"no text": 1}


def test_the_interval_of_a_standard_deviation_is_chi_squares():
    for freedom in (7, 31, 63):
        exact = [math.sqrt(freedom / stats.chi2.ppf(at, freedom)) for at in (0.975, 0.025)]
        assert _factors(freedom) == pytest.approx(exact, rel=0.01)


def test_in_an_audit_of_two_shards(tmp_path):
    for name, texts in (("a", drawn(60)), ("b", [f"{text} {text}" for text in drawn(60, seed=9)])):
        pq.write_table(pa.table({"text": texts}), tmp_path / f"{name}.parquet")
    plan = f'[subject]\npath = "{tmp_path}/*.parquet"\nmodality = "text"\n[metrics."text.resampling_stability"]\n'
    (tmp_path / "audit.toml").write_text(plan)
    report = audit(load(tmp_path / "audit.toml"), Local(1), str(tmp_path / "out"))
    part = report.result("text.resampling_stability").value.parts["without_a_shard"]
    assert part.reason.startswith("gopher repetition without "), "the texts of b say everything twice"
    assert part.reason.endswith("b.parquet")
    assert part.value > 0.2
