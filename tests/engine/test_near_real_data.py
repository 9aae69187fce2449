"""Near-duplicates in real data beside the checkout, where it is there: against exact Jaccard, and against people's labels."""

import csv
import json
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.exact_jaccard import quality, removed_rows
from engine.audit import audit, load
from engine.job import column_file
from engine.local import Local
from engine.store import Store

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real data beside the checkout")
METRIC = '[metrics."corpus.near_duplicates"]\n'


def columns(folder, plan_text, texts=None):
    """The laid columns of an audit, in the order of the records."""
    if texts is not None:
        pq.write_table(pa.table({"text": texts}), folder / "data.parquet")
    (folder / "audit.toml").write_text(plan_text)
    audit(load(folder / "audit.toml"), Local(2), str(folder / "out"))
    store = Store(str(folder / "out"))
    files = [n for n in store.names("columns/relations.near_groups") if n.endswith(".arrow")]
    parts = [pa.ipc.open_file(store.open(column_file("relations.near_groups", at))).read_all() for at in range(len(files))]
    return pa.concat_tables(parts)


def settings(**given):
    lines = (f"{name} = {json.dumps(value)}" for name, value in given.items())
    return "\n".join(["[relations.near_groups]", *lines, ""])


SUBJECT = '[subject]\npath = "data.parquet"\nmodality = "text"\n'


def texts_of(name):
    if name == "gsm8k":
        lines = (DATA / "symbolic/gsm8k/example_model_solutions.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        return [row[key]["solution"] for row in rows for key in row if isinstance(row[key], dict) and "solution" in row[key]]
    if name == "alpaca":
        rows = json.loads((DATA / "text/alpaca_en_demo/alpaca_en_demo.json").read_text())
        return [f"{row['instruction']} {row['output']}" for row in rows]
    if name == "wikitext":
        return (DATA / "text/wikitext2/valid.txt").read_text().splitlines()
    samples = (json.loads(line) for line in (DATA / f"symbolic/codet_humaneval/{CODET}").read_text().splitlines())
    return [sample for row in samples for sample in row["samples"]][:6000]


CODET = "HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl"


@pytest.mark.parametrize("name", ["gsm8k", "alpaca", "wikitext", "codet"])
def test_removed_rows_are_those_of_exact_jaccard(name, tmp_path):
    texts = texts_of(name)
    found = columns(tmp_path, SUBJECT + METRIC, texts)
    keep = found["keep"].to_numpy().astype(bool)
    right = quality((~keep).nonzero()[0], removed_rows(texts, 0.8))
    assert right.recall >= 0.995, name
    assert right.precision >= 0.999, name


def same_group(found, pairs):
    group = found["group_id"].to_pylist()
    return [group[a] == group[b] for a, b in pairs]


def test_products_that_people_call_the_same(tmp_path):
    """Abt-Buy: descriptions of one product by two shops share few words. Likeness says next to nothing of these labels,
    and must not be taken for it: of the pairs in one group about as many are the same product as of all labelled pairs.
    """
    lines = (DATA / "text/ditto_abt_buy/test.txt").read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    texts = [side for left, right, _ in rows for side in (left, right)]
    given = settings(shingle="character", size=4, threshold=0.4, permutations=512, ignore=["case", "punctuation"])
    found = same_group(columns(tmp_path, SUBJECT + METRIC + given, texts), [(2 * at, 2 * at + 1) for at in range(len(rows))])
    labels = [label == "1" for *_, label in rows]
    hits = sum(f and label for f, label in zip(found, labels, strict=True))
    print(f"abt-buy: precision {hits / sum(found):.3f}, recall {hits / sum(labels):.3f} of {sum(labels)} pairs")
    assert hits / sum(found) < 2 * sum(labels) / len(labels)
    assert hits / sum(labels) < 0.3


def test_persons_that_were_entered_twice(tmp_path):
    """Febrl: 500 persons and an altered copy of each; the record's own number says which are the same."""
    with (DATA / "tabular/febrl/dataset1.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    names = [name for name in rows[0] if name != "rec_id"]
    table = pa.table({name: [row[name] or None for row in rows] for name in names})
    pq.write_table(table, tmp_path / "data.parquet")
    given = settings(shingle="character", size=3, threshold=0.5, permutations=256)
    found = columns(tmp_path, '[subject]\npath = "data.parquet"\nmodality = "tabular"\n' + METRIC + given)
    person = [row["rec_id"].split("-")[1] for row in rows]
    group = found["group_id"].to_pylist()
    pairs = list(combinations(range(len(rows)), 2))
    near = {pair for pair in pairs if group[pair[0]] == group[pair[1]]}
    same = {pair for pair in pairs if person[pair[0]] == person[pair[1]]}
    print(
        f"febrl: precision {len(near & same) / len(near):.3f}, recall {len(near & same) / len(same):.3f} of {len(same)} pairs"
    )
    assert len(near & same) / len(near) > 0.99
    assert len(near & same) / len(same) > 0.85


def test_rephrased_questions_are_not_near_in_words_but_their_copies_are(tmp_path):
    """A rephrased benchmark escapes word 5-grams: that is what it was made for. The benchmark itself does not."""
    rephrased = [
        json.loads(line)["text"] for line in (DATA / "symbolic/contamination/rephrase_gsm8k.jsonl").read_text().splitlines()
    ]
    questions = [json.loads(line)["question"] for line in (DATA / "symbolic/gsm8k/test.jsonl").read_text().splitlines()]
    pq.write_table(pa.table({"text": questions}), tmp_path / "reference.parquet")
    overlap = '[metrics."corpus.near_overlap"]\n[reference]\npath = "reference.parquet"\n'
    found = columns(tmp_path, SUBJECT + overlap, [*rephrased, *(f"Question: {question}" for question in questions[:300])])
    near = found["reference_similarity"].is_valid().to_pylist()
    print(
        f"rephrased gsm8k: {sum(near[: len(rephrased)])} of {len(rephrased)} near; copies: {sum(near[len(rephrased) :])} of 300"
    )
    assert sum(near[: len(rephrased)]) / len(rephrased) < 0.05
    assert sum(near[len(rephrased) :]) >= 297
