"""Benchmarks in every format, what is wrong with them, and texts held against them."""

import gzip
import json
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import catalog
from engine.errors import PlanError
from operators.features.benchmark_match import BenchmarkMatch

QUESTION = "Ann has 3 red apples and gives one of them to each of her two brothers; how many are left?"
SHORT = "What is the capital of France, please?"
ROWS = [{"q": QUESTION, "n": 1, "more": ["one", "two"]}, {"q": SHORT, "n": 2, "more": []}, {"q": "Paris", "n": 3, "more": None}]


def found(feature, texts):
    batch = pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
    return feature.open()(batch)


def hits(feature, texts):
    lists = found(feature, texts)["benchmark_hits"].to_pylist()
    return [None if row is None else [(hit["item"], hit["words"], hit["whole"]) for hit in row] for row in lists]


def written(folder, name):
    path, lines = folder / name, "\n".join(map(json.dumps, ROWS))
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(lines.encode()))
    elif name == "array.json":
        path.write_text(json.dumps(ROWS, indent=1))
    elif name.endswith("sv"):
        sep = "\t" if name.endswith("tsv") else ","
        path.write_text(f"q{sep}n\n" + "".join(f'"{row["q"]}"{sep}{row["n"]}\n' for row in ROWS))
    else:
        path.write_text(f"\ufeff{lines}\n\n")
    return str(path)


@pytest.mark.parametrize("name", ["a.jsonl", "lines.json", "array.json", "a.jsonl.gz", "a.parquet", "a.csv", "a.tsv"])
def test_every_format_gives_the_same(tmp_path, name):
    feature = BenchmarkMatch({"b": written(tmp_path, name)}, ("q",))
    assert feature.obstacle() is None
    assert hits(feature, [f"x {QUESTION} y", SHORT, "Paris", None, "Ann has 3 red apples"]) == [
        [(0, 20, True)],
        [(1, 7, True)],
        [(2, 1, True)],
        None,
        [],
    ]


def test_all_strings_make_up_an_item_where_no_columns_are_named(tmp_path):
    feature = BenchmarkMatch({"b": written(tmp_path, "a.jsonl")})
    (row,) = found(feature, [QUESTION])["benchmark_hits"].to_pylist()
    assert [(hit["words"], hit["of"], hit["whole"], hit["shared"]) for hit in row] == [
        (20, 22, False, "ann has 3 red apples and gives one of them to each of her two brothers how many are left")
    ]


def test_a_glob_is_one_benchmark_and_columns_are_by_benchmark(tmp_path):
    for name in ("1.jsonl", "2.jsonl"):
        written(tmp_path, name)
    feature = BenchmarkMatch({"a": str(tmp_path / "*.jsonl"), "b": written(tmp_path, "x.csv")}, {"b": ("q",)})
    sizes = json.loads(found(feature, ["x"])["benchmark_sizes"].dictionary[0].as_py())
    assert [(size["name"], size["items"]) for size in sizes] == [("a", 6), ("b", 3)]
    (row,) = found(feature, [QUESTION])["benchmark_hits"].to_pylist()
    assert [(hit["benchmark"], hit["item"]) for hit in row] == [(0, 0), (0, 3), (1, 0)]


def test_what_is_wrong_is_one_sentence(tmp_path):
    path = written(tmp_path, "a.jsonl")
    (tmp_path / "broken.jsonl").write_text('{"a": 1}\n{')
    (tmp_path / "list.jsonl").write_text("[[1]]")
    (tmp_path / "deep.jsonl").write_text("[" * 100_000)
    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "a.xyz").write_text("x")
    said = {
        "give [features.benchmark_match] benchmarks": BenchmarkMatch(),
        "there is no benchmark at": BenchmarkMatch({"b": str(tmp_path / "none.jsonl")}),
        "has no column 'quest'": BenchmarkMatch({"b": path}, ("quest",)),
        "'c', which is none": BenchmarkMatch({"b": path}, {"c": ("q",)}),
        "broken.jsonl cannot be read": BenchmarkMatch({"b": str(tmp_path / "broken.jsonl")}),
        "no JSON objects": BenchmarkMatch({"b": str(tmp_path / "list.jsonl")}),
        "deep.jsonl cannot be read": BenchmarkMatch({"b": str(tmp_path / "deep.jsonl")}),
        "a.parquet cannot be read": BenchmarkMatch({"b": str(tmp_path / "a.parquet")}),
        "none of jsonl": BenchmarkMatch({"b": str(tmp_path / "a.xyz")}),
        "nosuch://x/a.jsonl cannot be opened: Protocol not known": BenchmarkMatch({"b": "nosuch://x/a.jsonl"}),
        "short is larger": BenchmarkMatch({"b": path}, gram=5),
    }
    for part, feature in said.items():
        assert part in (feature.obstacle() or ""), part
        assert "\n" not in feature.obstacle()
    with pytest.raises(PlanError, match="parameter 'gram'"):
        catalog.feature("features.benchmark_match", {"gram": 0})


def test_its_identity_is_what_the_files_hold(tmp_path):
    feature = BenchmarkMatch({"b": written(tmp_path, "a.jsonl")})
    first = feature.identity()
    assert BenchmarkMatch({"b": written(tmp_path, "a.jsonl.gz")}).identity() == first
    (tmp_path / "a.jsonl").write_text(json.dumps(ROWS[0]))
    assert feature.identity() != first


def test_rows_do_not_depend_on_their_batch(tmp_path):
    feature = BenchmarkMatch({"b": written(tmp_path, "a.jsonl")}, ("q",))
    texts = [QUESTION, None, SHORT * 3, "Paris", "", QUESTION[5:], "x"] * 3
    assert hits(feature, texts) == [hits(feature, [text])[0] for text in texts]
    column = pa.RecordBatch.from_pydict({"content_text": pa.array(["x", *texts], pa.large_string())}).slice(1)
    sliced = feature.open()(column)["benchmark_hits"].to_pylist()
    assert sliced == found(feature, texts)["benchmark_hits"].to_pylist()


def test_more_than_a_chunk_of_text(tmp_path):
    feature = BenchmarkMatch({"b": written(tmp_path, "a.jsonl")}, ("q",))
    long = "many other words " * 300_000
    assert hits(feature, [long, None, QUESTION, f"{long} {QUESTION}", SHORT]) == [
        [],
        None,
        [(0, 20, True)],
        [(0, 20, True)],
        [(1, 7, True)],
    ]


def test_hostile_texts_cost_no_more_than_ten_times_an_ordinary_one(tmp_path):
    benchmark = tmp_path / "b.jsonl"
    items = [QUESTION, SHORT, "Paris", "a " * 500, "the " * 40, "a b " * 100]
    benchmark.write_text("\n".join(json.dumps({"q": item}) for item in items))
    run = BenchmarkMatch({"b": str(benchmark)}).open()
    ordinary = " ".join(f"word{at} {QUESTION[at % 50 :]}" for at in range(3000))[:100_000]
    hostile = [
        "a " * 50_000,
        "a" * 100_000,
        "\u200b" * 33_000,
        "the " * 25_000,
        "(" * 100_000,
        "a b " * 25_000,
        "paris\n" * 16_000,
    ]
    hostile += ["語" * 33_000, "\n" * 100_000, "Ⱥก" * 20_000, " ".join([*items] * 40)[:100_000], "e\u0301" * 33_000]

    def seconds(text):
        batch = pa.RecordBatch.from_pydict({"content_text": pa.array([text] * 5, pa.large_string())})
        best = 9.0
        for _ in range(5):
            start = time.process_time()
            run(batch)
            best = min(best, time.process_time() - start)
        return best

    seconds("x")
    most = 10 * max(seconds(ordinary), 0.002)
    assert {text[:9]: spent for text in hostile if (spent := seconds(text)) > most} == {}
