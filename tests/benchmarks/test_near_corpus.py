from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import near_corpus
from benchmarks.near_corpus import CLUSTER_STEP, NearCorpus, vocabulary


def test_same_seed_and_size_are_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_corpus, "ROWS_A_SHARD", 200)
    for name in ("one", "two"):
        NearCorpus(7).write(tmp_path / name, 500)
    NearCorpus(8).write(tmp_path / "other", 500)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == ["00000.parquet", "00001.parquet", "00002.parquet"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (tmp_path / "one" / name).read_bytes() != (tmp_path / "other" / name).read_bytes()
    table = pq.read_table(tmp_path / "one")
    assert table["id"].to_pylist() == list(range(500))
    assert table["text"].combine_chunks().equals(NearCorpus(7).texts(0, 500))


def test_a_shard_is_reproducible_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_corpus, "ROWS_A_SHARD", 200)
    NearCorpus().write(tmp_path, 500)
    second = tmp_path / "00001.parquet"
    before = second.read_bytes()
    second.unlink()
    NearCorpus().write(tmp_path, 500)
    assert second.read_bytes() == before


def test_the_text_does_not_depend_on_the_cut() -> None:
    whole = NearCorpus(1).texts(0, 300)
    parts = [NearCorpus(1).texts(at, at + 60) for at in range(0, 300, 60)]
    assert pa.concat_arrays(parts).equals(whole)


def test_the_words_are_pinned() -> None:
    """Another machine or release writes the same corpus."""
    assert vocabulary()[:6].to_pylist() == ["botan", "sila", "goleg", "re", "ka", "du"]
    assert pc.sum(pc.binary_length(NearCorpus().texts(0, 2000))).as_py() == 4_493_002
    assert pc.sum(pc.binary_length(NearCorpus(short=True).texts(0, 2000))).as_py() == 112_527


def test_shares_lengths_and_frequencies() -> None:
    corpus = NearCorpus()
    origin = corpus.origin(0, 20_000)
    documents = np.arange(20_000)
    repeats = origin.author != documents
    assert 0.09 < repeats.mean() < 0.11
    assert 0.09 < ((origin.edited > 0) & ~repeats).mean() < 0.11
    assert (origin.author <= documents).all()
    assert (origin.base[origin.edited > 0] % CLUSTER_STEP == 0).all()
    assert 0.01 <= origin.edited[origin.edited > 0].min() < 0.012
    assert 0.098 < origin.edited.max() <= 0.10
    offsets, words = corpus.tokens(0, 5_000)
    assert 380 < np.diff(offsets).mean() < 420
    frequency = np.bincount(words) / len(words)
    assert frequency[0] / frequency[9] == pytest.approx(12.7 / 3.7, rel=0.05)
    letters = pc.sum(pc.binary_length(corpus.texts(0, 5_000))).as_py() / len(words) - 1
    assert 4.5 < letters < 5.2


def test_an_exact_duplicate_repeats_its_author() -> None:
    corpus = NearCorpus()
    origin, texts = corpus.origin(0, 2_000), corpus.texts(0, 2_000)
    assert texts.take(pa.array(origin.author)).equals(texts)
    assert len(texts.unique()) == len(np.unique(origin.author))


def test_edits_are_as_many_as_drawn() -> None:
    """Words that a version does not share with its base, in its order: about two thirds of the edits, deletions aside."""
    from difflib import SequenceMatcher

    corpus = NearCorpus()
    origin, texts = corpus.origin(0, 3_000), corpus.texts(0, 3_000).to_pylist()
    near = np.flatnonzero((origin.edited > 0) & (origin.author == np.arange(3_000)))[:40]
    drawn, counted = 0.0, 0
    for row in near.tolist():
        base, version = texts[origin.base[row]].split(), texts[row].split()
        blocks = SequenceMatcher(None, base, version, autojunk=False).get_opcodes()
        counted += sum(max(b - a, d - c) for kind, a, b, c, d in blocks if kind != "equal")
        drawn += origin.edited[row] * len(base)
    assert counted == pytest.approx(drawn, rel=0.1)


def test_short_texts() -> None:
    offsets, _ = NearCorpus(short=True).tokens(0, 5_000)
    lengths = np.bincount(np.diff(offsets))
    assert lengths[8:13].sum() > 0.99 * 5_000
    assert (lengths[8:13] > 800).all()


def test_vocabulary_is_distinct() -> None:
    assert len(vocabulary().unique()) == len(vocabulary()) == near_corpus.VOCABULARY
