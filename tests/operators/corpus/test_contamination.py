"""Contamination counted by hand, beside the janitor's n-grams, and on real benchmarks."""

import json
import string
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local
from operators.corpus.contamination import Contamination
from operators.features.benchmark_match import BenchmarkMatch

DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "symbolic"
REAL = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the checkout")
GSM8K, HUMANEVAL = str(DATA / "gsm8k/test.jsonl"), str(DATA / "humaneval/HumanEval.jsonl.gz")
JANITOR = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)


def measured(folder, texts, benchmarks, workers=1, out="out", **settings):
    pq.write_table(pa.table({"text": pa.array(texts, pa.string())}), folder / "texts.parquet", row_group_size=500)
    feature = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    tables = "".join(f"{name} = {json.dumps(str(path))}\n" for name, path in benchmarks.items())
    plan = folder / f"{out}.toml"
    plan.write_text(
        '[subject]\npath = "texts.parquet"\nmodality = "text"\n[metrics."corpus.contamination"]\n'
        f"[features.benchmark_match]\n{feature}[features.benchmark_match.benchmarks]\n{tables}"
    )
    return audit(load(plan), Local(workers), str(folder / out)).result("corpus.contamination").value


def grams(text, n=13):
    """The janitor's, of texts without the punctuation and symbols that are not ASCII, which it knows nothing of."""
    return janitor("".join(one for one in text if one.isascii() or unicodedata.category(one)[0] not in "PSC"), n)


def janitor(text, n=13):
    words = text.translate(JANITOR).split()
    return {tuple(words[at : at + n]) for at in range(len(words) - n + 1)}


def held(items, of):
    """The items that hold each n-gram."""
    by_gram = {}
    for at, item in enumerate(items):
        for gram in of(item):
            by_gram.setdefault(gram, set()).add(at)
    return by_gram


def rows(name):
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def found(texts, benchmarks, **settings):
    batch = pa.RecordBatch.from_pydict({"_id": np.arange(len(texts)), "content_text": pa.array(texts, pa.large_string())})
    columns = BenchmarkMatch(benchmarks, **settings).open()(batch)
    for name, column in columns.items():
        batch = batch.append_column(name, column)
    return Contamination().value(Contamination().fold(batch)), columns["benchmark_hits"].to_pylist()


def test_both_directions_by_hand(tmp_path):
    items = [" ".join(f"{name}{at}" for at in range(20)) for name in "abcde"]
    (tmp_path / "one.jsonl").write_text("\n".join(json.dumps({"q": item}) for item in items[:4]))
    (tmp_path / "two.jsonl").write_text(json.dumps({"q": items[4]}))
    (tmp_path / "three.jsonl").write_text(json.dumps({"q": "never " * 20}))
    thirteen, twelve = " ".join(items[1].split()[4:17]), " ".join(items[2].split()[:12])
    texts = [f"so {items[0]}", items[0].upper(), f"{thirteen} x {items[4]}", twelve, None, "", "else"]
    benchmarks = {name: tmp_path / f"{name}.jsonl" for name in ("one", "two", "three")}
    value = measured(tmp_path, texts, benchmarks)
    assert (value.value, value.n, value.skipped) == (3 / 6, 6, {"no text": 1})
    assert {name: (part.value, part.n) for name, part in value.parts.items()} == {
        "with all of an item": (3 / 6, 6),
        "one": (3 / 6, 6),
        "one: share of its items found": (2 / 4, 4),
        "two": (1 / 6, 6),
        "two: share of its items found": (1.0, 1),
        "three": (0.0, 6),
        "three: share of its items found": (0.0, 1),
    }
    assert [(one.record, one.score) for one in value.evidence] == [(0, 20), (1, 20), (2, 20)]
    assert value.evidence[0].note.startswith("one, item 0: 20 of its 20 words, from word 1 on: a0 a1 a2")
    assert value.evidence[2].note.startswith("two, item 0: 20 of its 20 words, from word 14 on: e0")
    assert value.plot.values == (3 / 6, 1 / 6, 0.0)
    assert measured(tmp_path, texts, benchmarks, workers=3, out="again") == value


def test_without_benchmarks_it_says_what_to_do(tmp_path):
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "texts.parquet")
    plan = tmp_path / "plan.toml"
    subject = '[subject]\npath = "texts.parquet"\nmodality = "text"\n[metrics."text.distinct_n"]\n'
    plan.write_text(f'{subject}[metrics."corpus.contamination"]\n')
    result = audit(load(plan), Local(1), str(tmp_path / "out")).result("corpus.contamination")
    assert "needs benchmarks: give [features.benchmark_match] benchmarks" in result.reason
    plan.write_text(
        f'{subject}[features.benchmark_match]\nbenchmarks = {{ a = "none.jsonl" }}\n[metrics."corpus.contamination"]\n'
    )
    result = audit(load(plan), Local(1), str(tmp_path / "other")).result("corpus.contamination")
    assert result.reason == "there is no benchmark at none.jsonl: give a file, a glob or a URL"


def test_a_benchmark_that_cannot_be_found_is_counted(tmp_path):
    (tmp_path / "b.jsonl").write_text(
        "\n".join(json.dumps({"q": f"{'say it again ' * 8}{at}"}) for at in range(12)) + '\n{"q": 1}'
    )
    value = measured(tmp_path, ["say it again " * 9], {"b": tmp_path / "b.jsonl"})
    assert value.value == 0
    assert value.parts["b: n-grams too common to count"].value == 3
    assert value.parts["b: items that cannot be found"].value == 1
    assert measured(tmp_path, ["say it again " * 9], {"b": tmp_path / "b.jsonl"}, out="more", common=12).value == 1


@REAL
def test_every_verbatim_copy_in_clean_data_is_found(tmp_path):
    train = [f"{row['question']}\n{row['answer']}" for row in rows("gsm8k/train.jsonl")]
    items = [row["question"] for row in rows("gsm8k/test.jsonl")]
    texts = [f"{train[2 * at]}\n{item}\n{train[2 * at + 1]}" for at, item in enumerate(items)] + train[len(items) * 2 :]
    value = measured(tmp_path, texts, {"gsm8k": GSM8K}, columns=["question"])
    assert value.parts["gsm8k: share of its items found"].value == 1
    wanted = set.union(*(grams(item) for item in items))
    short = [item for item in items if len(item.translate(JANITOR).split()) < 13]
    truth = sum(not wanted.isdisjoint(grams(text)) for text in texts)
    assert truth <= value.value * len(texts) <= truth + len(short) * 2
    assert len(items) <= truth <= len(items) + 20


@REAL
def test_on_real_texts_it_is_the_janitor(tmp_path):
    """Against HumanEval, of texts that were never meant to hold it and of its rephrasings."""
    programs = [row["text"] for name in ("python", "js", "c") for row in rows(f"contamination/humaneval_{name}.jsonl")]
    mbpp = [f"{row['text']}\n{row['code']}" for row in rows("mbpp/mbpp.jsonl")]
    items = [row["text"] for row in rows("contamination/HumanEval.jsonl")]
    _, hits = found(programs + mbpp, {"humaneval": str(DATA / "contamination/HumanEval.jsonl")}, common=164)
    ours, theirs = held(items, grams), held(items, janitor)
    other = []
    for text, row in zip(programs + mbpp, hits, strict=True):
        met = {hit["item"] for hit in row}
        assert met == set().union(*(ours.get(gram, ()) for gram in grams(text)))
        other += met ^ set().union(*(theirs.get(gram, ()) for gram in janitor(text)))
    assert other == [132]  # its examples have arrows (➞), words to the janitor, as "->" is none


@REAL
def test_what_rephrasing_hides_and_what_is_clean():
    columns = {"gsm8k": ("question",), "humaneval": ("prompt", "canonical_solution")}
    benchmarks = {"gsm8k": GSM8K, "humaneval": HUMANEVAL}
    rephrased, _ = found([row["text"] for row in rows("contamination/rephrase_gsm8k.jsonl")], benchmarks, columns=columns)
    assert rephrased.value == 0
    mbpp = [f"{row['text']}\n{row['code']}" for row in rows("mbpp/mbpp.jsonl")]
    clean, _ = found(mbpp, benchmarks, columns=columns)
    assert clean.value * clean.n <= 2
