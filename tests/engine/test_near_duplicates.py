"""Near-duplicates through whole audits, against brute force over Python sets."""

import shutil
from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from engine import exchange, routing
from engine.audit import audit, load
from engine.job import column_file
from engine.local import Local
from engine.store import Store
from operators.near import groups, verify
from tests.engine.corpora import write_parquet, write_plan

RELATION = "relations.near_groups"
VOCABULARY = [f"w{at}" for at in range(300)]


def corpus(n=500, seed=0):
    """Texts of 0 to 60 words; a third are an earlier one with some words changed, some are equal, some are very short."""
    rng = np.random.default_rng(seed)
    made = ["", "  ", "one", "one two", "two one", "One two", "日本語の文章です", "日本語の文章です。"]
    while len(made) < n:
        draw = rng.random()
        words = made[int(rng.integers(0, len(made)))].split() if draw < 0.45 else []
        if draw < 0.1 or not words:
            words = list(rng.choice(VOCABULARY, int(rng.integers(1, 60)))) if draw >= 0.1 or not words else words
        else:
            for at in rng.integers(0, len(words), int(rng.integers(0, 3))):
                words[at] = str(rng.choice(VOCABULARY))
        made.append(" ".join(words))
    return made


def shingles(text, size):
    """The set of word n-grams; characters of scripts without spaces are words; short texts are one shingle."""
    words = "".join(f" {c} " if "\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff" else c for c in text).split()
    return {tuple(words[at : at + size]) for at in range(max(1, len(words) - size + 1))}


def similar(a, b):
    return len(a & b) / len(a | b)


def expected_groups(texts, threshold=0.8, size=5):
    sets = [shingles(text, size) for text in texts]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(texts)))
    graph.add_edges_from((a, b) for a, b in combinations(range(len(texts)), 2) if similar(sets[a], sets[b]) >= threshold)
    labels = {}
    for part in nx.connected_components(graph):
        labels |= dict.fromkeys(part, min(part))
    return [labels[at] for at in range(len(texts))]


def columns(out):
    """The laid columns in the order of the records, ids turned into positions."""
    store = Store(str(out))
    files = [name for name in store.names(f"columns/{RELATION}") if name.endswith(".arrow")]
    tables = [pa.ipc.open_file(store.open(column_file(RELATION, unit))).read_all() for unit in range(len(files))]
    rows = pa.concat_tables(tables).to_pylist()
    at = {row["_id"]: position for position, row in enumerate(rows)}
    return [{**row, "group": at.get(row["group_id"]), "neighbor": at.get(row["neighbor_id"])} for row in rows]


METRIC = '[metrics."corpus.near_duplicates"]\n'


def run(tmp_path, texts, settings="", shards=3, workers=2, name="out", extra="", reference=None, unit_bytes=4000):
    folder = tmp_path / f"data-{name}"
    plan = write_plan(
        tmp_path / f"{name}.toml",
        write_parquet(folder, texts, shards=shards),
        reference,
        f"{METRIC}{extra}\n[relations.near_groups]\n{settings}",
        unit_bytes,
    )
    report = audit(load(plan), Local(workers), str(tmp_path / name))
    return report, columns(tmp_path / name)


@pytest.mark.parametrize(("size", "threshold"), [(5, 0.8), (3, 0.6), (1, 0.9)])
def test_groups_are_those_of_brute_force(tmp_path, monkeypatch, size, threshold):
    monkeypatch.setattr(verify, "SAMPLE", 0)  # what is clear from signatures is decided by them
    texts = corpus()
    expected = expected_groups(texts, threshold, size)
    report, rows = run(tmp_path, texts, f"size = {size}\nthreshold = {threshold}\npermutations = 512\n")
    assert [row["group"] for row in rows] == expected
    assert [row["keep"] for row in rows] == [group == at for at, group in enumerate(expected)]
    assert [row["group_size"] for row in rows] == [expected.count(group) for group in expected]
    found = report.result("corpus.near_duplicates").value
    assert found.value == pytest.approx(1 - len(set(expected)) / len(texts))
    assert found.parts["precision of accepted pairs"].value == 1.0
    sets = [shingles(text, size) for text in texts]
    for at, row in enumerate(rows):
        if row["similarity"] is not None:
            assert row["similarity"] == pytest.approx(
                similar(sets[at], sets[row["neighbor"]]), abs=0.12 if threshold > 0.8 else 0.2
            )


def test_short_texts_are_near_only_to_the_same_words(tmp_path):
    texts = ["a b", "a  b", "b a", "a b c", "A b", "", " \n", "a b c d e", "a b c d e f", "日本", "日本", "日本語"]
    _, rows = run(tmp_path, texts, shards=1)
    assert [row["group"] for row in rows] == [0, 0, 2, 3, 4, 5, 5, 7, 8, 9, 9, 11]


def test_differences_that_are_ignored_do_not_count(tmp_path):
    texts = ["The cat, sat on a mat", "the CAT sat - on a mat!", "the cat sat on one mat"]
    _, rows = run(tmp_path, texts, 'ignore = ["case", "punctuation"]\n', shards=1)
    assert [row["group"] for row in rows] == [0, 0, 2]


@pytest.mark.parametrize(("keep", "kept"), [("first", 0), ("longest", 2)])
def test_the_keeper_is_chosen(tmp_path, keep, kept):
    base = " ".join(VOCABULARY[:60])
    texts = [base, base.replace("w59", "w"), f"{base} w61", "another text of its own"]
    _, rows = run(tmp_path, texts, f'keep = "{keep}"\n', shards=2)
    assert [row["keep"] for row in rows] == [at in (kept, 3) for at in range(4)]
    assert [row["group"] for row in rows] == [0, 0, 0, 3]


def test_records_near_the_reference_are_found_and_their_equals_with_them(tmp_path):
    base = " ".join(VOCABULARY[:60])
    near = base.replace("w30", "x")
    texts = [near, "nothing of the kind", near, base]
    reference = write_parquet(tmp_path / "reference", [base, "something else"], shards=1)
    report, rows = run(tmp_path, texts, extra='[metrics."corpus.near_overlap"]\n', reference=reference, shards=2)
    likeness = similar(shingles(near, 5), shingles(base, 5))
    assert [row["reference_similarity"] for row in rows] == [
        pytest.approx(likeness),
        None,
        pytest.approx(likeness),
        pytest.approx(1.0),
    ]
    assert report.result("corpus.near_overlap").value.value == pytest.approx(3 / 4)
    assert [row["group"] for row in rows] == [0, 1, 0, 0], "a reference joins nobody, the texts themselves do"


def test_an_earlier_corpus_is_compared_without_its_data(tmp_path):
    old = corpus(200, seed=1)
    run(tmp_path, old, name="june")
    shutil.rmtree(tmp_path / "data-june")
    new = [*corpus(100, seed=2), old[50], *old[60:70]]
    plan = write_plan(tmp_path / "july.toml", write_parquet(tmp_path / "data-july", new, shards=2), extra=METRIC)
    plan.write_text(f'known = ["june"]\n{plan.read_text()}')
    report = audit(load(plan), Local(2), str(tmp_path / "july"))
    rows = columns(tmp_path / "july")
    assert all(row["known_similarity"] == 1.0 and not row["keep"] for row in rows[100:])
    sets = [shingles(text, 5) for text in old]
    for text, row in zip(new[:100], rows[:100], strict=True):
        best = max(similar(shingles(text, 5), other) for other in sets)
        if abs(best - 0.8) > 0.12:
            assert (row["known_similarity"] is not None) == (best > 0.8), (text, best)
    assert report.result("corpus.near_duplicates").value.parts["also in an earlier corpus"].value >= 11 / 111


def test_the_cut_of_the_work_and_the_number_of_workers_change_nothing(tmp_path, monkeypatch):
    texts = corpus()
    report, rows = run(tmp_path, texts, name="one", workers=1)
    same = (tmp_path / "one/report.json").read_bytes()
    monkeypatch.setattr(routing, "ROWS_A_PARTITION", 90)
    monkeypatch.setattr(routing, "ROWS_A_GROUP_PARTITION", 120)
    monkeypatch.setattr(exchange, "ROWS_A_RANGE", 60)
    monkeypatch.setattr(groups, "EDGES_AT_ONCE", 0)
    plan = load(tmp_path / "one.toml")
    audit(plan, Local(4), str(tmp_path / "many"))
    assert columns(tmp_path / "many") == rows, "small partitions, ranges, and components in rounds"
    assert (tmp_path / "many/report.json").read_bytes() == same
    other, others = run(tmp_path, texts, name="other", shards=7, unit_bytes=900)
    assert [row["group"] for row in others] == [row["group"] for row in rows]
    assert other.result("corpus.near_duplicates").value.value == report.result("corpus.near_duplicates").value.value


@pytest.mark.parametrize("kind", ["identical", "empty", "two words"])
def test_corpora_of_one_kind(tmp_path, kind):
    n = 20_000
    made = {
        "identical": [" ".join(VOCABULARY[:50])] * n,
        "empty": [""] * n,
        "two words": [f"{VOCABULARY[at % 300]} {VOCABULARY[at // 300 % 300]}" for at in range(n)],
    }[kind]
    report, _ = run(tmp_path, made, shards=4, unit_bytes=10**6)
    distinct = len({text.strip() for text in made})
    assert report.result("corpus.near_duplicates").value.value == pytest.approx(1 - distinct / n)


def test_planted_copies_are_found(tmp_path):
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(VOCABULARY, 120)) for _ in range(400)]
    report, _ = run(tmp_path, texts)
    recall = report.result("corpus.near_duplicates").value.parts["recall of planted near-duplicates"]
    assert recall.n > 80
    assert recall.value > 0.97
    assert {*recall.parts} >= {"1 % of words edited"}


def test_texts_of_one_shingle_that_share_32_bits_of_its_hash_are_not_alike(tmp_path, monkeypatch):
    monkeypatch.setattr(verify, "SAMPLE", 0)
    from operators.kernels.buffers import strings
    from operators.kernels.shingles import Shingling, shingle_values

    texts = [f"{a} {b}" for a in VOCABULARY for b in VOCABULARY] + [f"x{a} {b}" for a in VOCABULARY for b in VOCABULARY]
    values = shingle_values(strings(pa.array(texts)), Shingling())[1]
    _, first, counts = np.unique(values, return_index=True, return_counts=True)
    assert (counts > 1).any(), "among 180,000 texts some share them"
    clash = np.flatnonzero(values == values[first[counts > 1][0]])
    _, rows = run(tmp_path, [texts[at] for at in clash], shards=1)
    assert [row["group"] for row in rows] == list(range(len(clash)))


def test_texts_of_one_shingle_that_have_nothing_in_common_are_not_even_compared(tmp_path):
    texts = [f"{a} {b}" for a in VOCABULARY[:150] for b in VOCABULARY]
    report, _ = run(tmp_path, texts, shards=1, unit_bytes=10**6)
    assert report.result("corpus.near_duplicates").value.parts["pairs compared"].value < 5
