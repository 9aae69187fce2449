"""Records of every modality for the laws: ordinary, odd and missing ones, drawn by hypothesis."""

import io
import json
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from PIL import Image

from engine import catalog
from engine.graph import Pass, resolve_names
from engine.metric import Fold, HoldoutComparison
from engine.schema import FAULT, ID, MESSAGES, SCHEMAS, Modality, Side
from engine.stream import with_features
from operators.kernels import vectors
from tests.laws import drives
from tests.laws.pictures import MADE, picture_column

WORDS = (
    *"the of and to a in that is with have be synthetic data model writes answer question".split(),
    *("\u00e9t\u00e9", "\u6570\u636e", "...", "#", "-", "."),
)
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)
TEXTS = st.one_of(SENTENCES, st.text(max_size=40), st.just("same text twice, the same.\nsame text twice, the same."))
JSON_TEXTS = st.one_of(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    ).map(json.dumps),
    st.sampled_from(['{"a":1,"a":2}', "[1,]", "NaN", "", "{", '{"a":01}']),
)
CODE = st.sampled_from(["x = 1\n", "def f(:\n", "", "print('hi')", "```python\nx = 1\n```", "\0", "(" * 300])
SOLUTIONS = st.sampled_from(
    [
        "2 + 3 = 5",
        "so 5\n#### 5",
        "A: 6",
        "\\boxed{5}",
        "<<48/2=24>> then 24+1=26",
        "no sums here",
        "1/3 = 0.33",
        "9*9 = 80.",
        "",
    ]
)
TRAJECTORIES = st.sampled_from(
    [
        json.dumps([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]),
        json.dumps([{"from": "human", "value": "hi"}, {"from": "function_call", "value": '{"name":"f","arguments":{}}'}]),
        json.dumps(
            [
                {"role": "user", "content": "write to ann@mail.org"},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "a", "function": {"name": "mail", "arguments": '{"to": "ann@mail.org"}'}}],
                },
                {"role": "tool", "tool_call_id": "a", "content": "Error: none"},
                {"role": "assistant", "content": "Thought: x\nAction: Finish\nAction Input: {}"},
            ]
        ),
        json.dumps({"trajectory": [{"action": "ls -F", "observation": "a"}, {"action": "rm -r a", "observation": ""}]}),
        "[]",
        "not json",
        "",
    ]
)
CALLS = st.sampled_from(['[{"f": {"a": 1}}]', "[f(a=2), g()]", '{"name": "g", "arguments": {"b": "x"}}', "[]", "no call", "{"])
TOOLS = st.sampled_from(['[{"name": "f", "parameters": {"a": {"type": "int"}}}, {"name": "mail"}]', "[]", "no tools"])
GOLDS = st.sampled_from(['[{"f": {"a": [1, 2]}}]', '["g()"]', "[]", "no call"])
LOG_LINES = st.one_of(
    st.builds(
        lambda at, level, what: f"2024-01-31 10:{at:02d}:{at:02d} {level} [worker-{at % 3}] {what} {at} of 60",
        st.integers(0, 59),
        st.sampled_from(["INFO", "ERROR", "LOUD"]),
        st.sampled_from(["read block", "user ann@mail.org left", "closed"]),
    ),
    st.sampled_from(["Jun 14 15:16:01 combo sshd[19939]: session opened for user root", "", " ", "no header here"]),
    TEXTS,
)
GRAPHS = st.one_of(
    st.builds(
        lambda size, pairs, label: json.dumps(
            {
                "nodes": size,
                "labels": [label * (at % 2) for at in range(size)],
                "edges": [[u % size, v % size] for u, v in pairs if u % size != v % size],
            }
        ),
        st.integers(1, 7),
        st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=9),
        st.sampled_from(["", "C"]),
    ),
    st.sampled_from(
        [
            "0 1\n1 2\n2 0",
            "a b\nb c 0.5",
            '{"directed": true, "acyclic": true, "nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2}]}',
            '{"nodes": [1, 1], "edges": []}',
            '{"nodes": [1, 2], "edges": [[1, 3]]}',
            '{"nodes": 0, "edges": []}',
            "[[0, 0], [0, 1], [1, 0]]",
            "[",
            "",
            "no graph at all",
        ]
    ),
)
NAMES = st.sampled_from(["ann", "bob", "eve", "anywhere", ""])
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool"]), "content": st.one_of(TEXTS, st.none())}
)
CELLS = st.sampled_from(["1", "2.5", "true", "2024-01-31", "text", "", None])


def _png(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4 + shade % 3, 5), (shade % 256, 0, 0)).save(out, "PNG")
    return out.getvalue()


IMAGES = st.one_of(st.integers(0, 4).map(_png), st.just(_png(1)[:40]), st.just(b"junk"))

STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "messages": st.lists(MESSAGE, max_size=4),
    "json": JSON_TEXTS,
    "schema": JSON_TEXTS,
    "code": CODE,
    "solution": SOLUTIONS,
    "gold": SOLUTIONS,
    "samples": st.lists(st.one_of(SOLUTIONS, st.none()), max_size=4),
    "tests": st.sampled_from(["assert x == 1", "def check(c):\n    assert c\n\nx", '["assert x == 1"]', ""]),
    "premises": st.lists(st.sampled_from(["P(a)", "∀x (P(x) → Q(x))", "("]), max_size=3),
    "conclusion": st.sampled_from(["Q(a)", "¬P(a)", "∃x Q(x)", ""]),
    "label": st.sampled_from(["True", "False", "Uncertain", "?"]),
    "template": st.sampled_from(["t1", "t2"]),
    "parsed_template": st.sampled_from(["t1", "t2", "t3", ""]),
    "log": LOG_LINES,
    "graph": GRAPHS,
    "triple": st.sampled_from(["ann\tknows\tbob", '["bob", "type", "person"]', "ann knows", ""]),
    "head": NAMES,
    "relation": st.sampled_from(["knows", "type", "likes"]),
    "tail": NAMES,
    "trajectory": TRAJECTORIES,
    "tools": TOOLS,
    "calls": CALLS,
    "agent.gold": GOLDS,
    "task": st.sampled_from(["t1", "t2", "t3"]),
    "goals": st.sampled_from(["[true, false]", "[1, 1]", "0.5", "[]", "soon"]),
    "error": st.sampled_from(["", "rate limit"]),
    "image": IMAGES,
    "video": st.binary(max_size=8),
    "captions": st.lists(st.one_of(SENTENCES, st.none()), max_size=3),
    "path": st.sampled_from(["a.png", "b/c.jpg", "clip.mp4", "readme", ""]),
    "source_uri": st.sampled_from(["https://example.org/a.png", "10.1000/182", "a disk", ""]),
    "licence": st.sampled_from(["CC-BY-4.0", "(MIT OR Apache-2.0)", "free", ""]),
    "created": st.sampled_from(["2024-02-29T10:00:00Z", "2024-02-30", "last year"]),
    "generator": st.sampled_from(["sdxl 1.0", "a model", ""]),
    "sha256": st.sampled_from(["0" * 64, "sha256:" + "A" * 64, "", "x"]),
    "reward": st.floats(0, 1),
    "dedup_rank": st.floats(0, 1),
    "row": st.fixed_dictionaries({"a": CELLS, "b": CELLS}),
    "language": st.sampled_from(["en", "fr"]),
    **drives.STRATEGIES,
}


_SHAPING = (
    "image",
    "video",
    "caption",
    "parent_id",
    "text",
    "code",
    "calls",
    "trajectory",
    "context",
    "samples",
    "solution",
    "premises",
    "conclusion",
    "label",
    "answer",
)
"""Columns whose nulls the made-up columns follow."""


def modality_of(name: str) -> Modality:
    family = name.split(".")[0]
    return Modality.TEXT if family == catalog.CORPUS else Modality(family)


def batches(name: str, max_size: int = 12) -> st.SearchStrategy[pa.RecordBatch]:
    """Batches as the metric's fold gets them: source columns with nulls, features applied, relations' columns made up."""
    return st.integers(0, max_size).flatmap(lambda size: _rows(name, size)).map(lambda rows: batch_of(name, rows))


def batch_of(name: str, rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """The batch of some rows of logical columns."""
    modality = modality_of(name)
    columns = {column.name: column.type for column in SCHEMAS[modality]}
    arrays: dict[str, pa.Array] = {
        ID: pa.array(range(len(rows)), pa.int64()),
        FAULT: pa.nulls(len(rows), pa.string()),
    }
    for column, kind in columns.items():
        kind = pa.struct([("a", pa.string()), ("b", pa.string())]) if column == "row" else kind
        kind = MESSAGES if column == "messages" else kind
        arrays[column] = pa.array([row[column] for row in rows], kind)
    batch = pa.RecordBatch.from_pydict(arrays)
    metric = catalog.metric(name)
    for step, features in _opened(name):
        batch, broken = with_features(batch, step, features)
        assert not broken, broken
    for column in metric.reads:
        if column not in batch.schema.names:
            batch = batch.append_column(column, _relation_column(column, batch))
    return batch.select(list(dict.fromkeys([ID, FAULT, *metric.reads, *metric.may_read])))


@cache
def _opened(name: str) -> list[tuple[Pass, dict[str, Any]]]:
    """The passes over the subject's source that a metric needs, with their features but for those with a model or a sandbox."""
    available = {side: tuple(column.name for column in SCHEMAS[modality_of(name)]) for side in Side}
    light = {feature: catalog.feature(feature) for feature, cls in catalog.features().items() if not cls.stores}
    steps = resolve_names([name], available, modality_of(name), features=light).passes
    own = [step for step in steps if step.side is Side.SUBJECT and not step.joined]
    return [(step, {feature: catalog.feature(feature).open() for feature in step.features}) for step in own]


def _rows(name: str, size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows with something in the columns that decide what the metric sees, made-up columns included; null in all others."""
    metric = catalog.metric(name)
    seen = {*_SHAPING, *metric.reads, *metric.may_read, *(column for step, _ in _opened(name) for column in step.columns)}
    row = {
        c.name: st.one_of(_strategy(name, c.name), st.none()) if c.name in seen else st.none()
        for c in SCHEMAS[modality_of(name)]
    }
    return st.lists(st.fixed_dictionaries(row), min_size=size, max_size=size)


def _strategy(name: str, column: str) -> st.SearchStrategy[Any]:
    """Of a column that two modalities use differently there is one with the modality's name before it."""
    return STRATEGIES.get(f"{modality_of(name)}.{column}", STRATEGIES.get(column, TEXTS))


NEAR_COLUMNS = ("_shard", *catalog.relations()["relations.near_groups"].writes)


def near_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of near groups over records 0..n-1: 3k, 3k + 1 are alike and 3k + 2 is alone; a null text is in no group."""
    twin, never = (ids % 3 < 2) & ~nulls, np.zeros(len(ids), bool)
    paired = {"similarity": np.full(len(ids), 0.9), "neighbor_id": ids + 1 - 2 * (ids % 3)}
    other = {"reference": (ids % 4 == 0) & ~nulls, "holdout": never, "known": (ids % 7 == 0) & ~nulls}
    if column in paired:
        return pa.array(paired[column], mask=~twin)
    if column in ("_shard", "origin"):
        return pa.array([f"{column}{at % 2}" for at in ids.tolist()], pa.string())
    if column.endswith(("_similarity", "_id")) and column != "group_id":
        values = np.full(len(ids), 0.85) if column.endswith("_similarity") else ids + 1000
        return pa.array(values, mask=~other[column.split("_")[0]])
    values = {"group_id": np.where(twin, ids - ids % 3, ids), "group_size": 1 + twin, "keep": ids % 3 != 1}
    return pa.array(values[column], mask=nulls if column != "keep" else never)


def span_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of shared spans over records 0..n-1: every third shares one, every other one with one record alone."""
    words = np.where(ids % 3 == 0, 50 + ids, 0)
    values = {"shared_words": words, "shared_id": ids + 1000, "shared_at": ids % 7, "shared_holders": 1 + ids % 2}
    if column == "holdout_shared_words":
        return pa.array(np.where(ids % 4 == 0, 60, 0), mask=nulls)
    return pa.array(values[column], mask=nulls if column == "shared_words" else nulls | (words == 0))


BENCHMARK_COLUMNS = ("benchmark_hits", "benchmark_sizes", "program_hits", "program_sizes", "program_fault")


def benchmark_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of hits in benchmarks over records 0..n-1: 0 to 2 items each; every seventh program is too small."""
    kind = next(cls.writes[column] for cls in catalog.features().values() if column in cls.writes)
    unseen = nulls | ((ids % 7 == 6) & column.startswith("program"))
    if column.endswith("sizes"):
        text = json.dumps([{"name": "a", "items": 9, "n-grams too common to count": 2}, {"name": "b", "items": 4}])
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(ids), np.int8)), pa.array([text]))
    if column == "program_fault":
        return pa.array(["small"] * len(ids), kind, mask=nulls | ~unseen)
    fields = {"words": 13, "of": 40, "at": 2, "shared": "words", "nodes": 30, "name": "f"}
    every = [{**fields, "benchmark": at % 2, "whole": at % 5 == 0} for at in ids.tolist()]
    hits = [[{**hit, "item": item} for item in range(at % 3)] for at, hit in enumerate(every)]
    return pa.array([None if skip else hit for hit, skip in zip(hits, unseen.tolist(), strict=True)], kind)


def neighbor_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of neighbours over records 0..n-1: i ^ 1 is the nearest, other sides' records have ids from 1,000 on."""
    if column.endswith("_id"):
        return pa.array((ids ^ 1) + (0 if column == "nearest_id" else 1000), mask=nulls)
    values = 0.5 + (ids % 5) / 10 - 0.05 * column.count("second") - 0.1 * column.count("holdout")
    return pa.array(values.astype(np.float32), mask=nulls)


def mutant_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of mutants over records 0..n-1: 0 to 3 of each program, of which some pass its tests."""
    ends, made = ("passed", "exception", "timeout", "passed"), ("comparison", "return", "deletion")
    drawn = [[{"operator": made[k], "end": ends[(at + k) % 4]} for k in range(at % 4)] for at in ids.tolist()]
    values = {
        "mutant_verdicts": drawn,
        "mutant_survivor": [
            f"line {at}" if any(one["end"] == "passed" for one in drawn[at]) else None for at in range(len(ids))
        ],
        "mutant_skip": [None if each else "no mutant" for each in drawn],
    }
    return pa.array(values[column], _written_type(column), mask=nulls)


def schema_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of JSON Schema's verdicts over records 0..n-1: every sixth is invalid, with one to three errors."""
    statuses = ("valid", "invalid", "not_json", "schema", "undecided", "timeout")
    error = {"keyword": "type", "path": "$.a[]", "message": "[value] is not of type"}
    made = [{**error, "keyword": ("type", "required", "type")[at]} for at in range(3)]
    drawn = {
        "schema_status": [statuses[at % 6] for at in ids.tolist()],
        "schema_errors": [made[: 1 + at % 3] if at % 6 == 1 else [] for at in ids.tolist()],
    }
    return pa.array(drawn[column], _written_type(column), mask=nulls)


def _relation_column(column: str, batch: pa.RecordBatch) -> pa.Array:
    """Columns of exact groups over records 0..n-1: pairs (0, 1), (2, 3), ...; a null text belongs to no group."""
    ids = batch[ID].to_numpy()
    values = {
        "content_id": ids - ids % 2,
        "content_size": np.full(len(ids), 2),
        "content_reference_size": ids % 3,
        "content_holdout_size": ids % 5 // 4,
    }
    nulls = np.zeros(len(ids), bool) if "text" not in batch.schema.names else ~np.array(batch["text"].is_valid())
    if column in MADE:
        return picture_column(column, batch)
    if column in NEAR_COLUMNS:
        return near_column(column, ids, nulls)
    if column in catalog.relations()["relations.shared_spans"].writes:
        return span_column(column, ids, nulls)
    if column in catalog.relations()["relations.neighbors"].writes:
        return neighbor_column(column, ids, nulls)
    if column == "embedding":
        angles = ids % 7
        return vectors.column(np.stack([np.cos(angles), np.sin(angles), ids % 2], 1)[~nulls], ~nulls)
    if column in ("run_status", "test_status"):
        return pa.array(
            [("passed", "exception", "timeout", None)[at % 4] for at in ids.tolist()], pa.string(), mask=_no_code(batch)
        )
    if column in ("run_error", "test_error"):
        return pa.array([("", "E", "", None)[at % 4] for at in ids.tolist()], pa.string(), mask=_no_code(batch))
    if column in ("trace_verdicts", "trace_note"):
        verdicts = [["same"], ["same", "differs"], ["over_limit", "not_run"], ["raises", "no_package"], []]
        made = [verdicts[at % 5] if column == "trace_verdicts" else f"program {at % 3}" for at in ids.tolist()]
        return pa.array(made, _written_type(column), mask=_none_of(batch, "solution"))
    if column == "entailment":
        verdicts = ("true", "uncertain", "unbalanced", "contradictory", "unknown", "false")
        return pa.array([verdicts[at % 6] for at in ids.tolist()], pa.string(), mask=_none_of(batch, "premises"))
    if column == "entailment_error":
        return pa.array(
            [("", "conclusion: E")[at % 6 == 2] for at in ids.tolist()], pa.string(), mask=_none_of(batch, "premises")
        )
    if column == "toxicity":
        return pa.array((ids % 10 / 10).astype(np.float32), mask=nulls | (ids % 6 == 5))
    if column == "toxicity_labels":
        scores = [pa.array((ids % 4 / 4).astype(np.float32), mask=nulls | (ids % 3 == 0)), pa.nulls(len(ids), pa.float32())]
        return pa.StructArray.from_arrays(scores, ["insult", "threat"])
    if column in ("sentence_entailment", "sentence_contradiction", "sample_contradiction"):
        scores = [[(at * 7 + len(column)) % 11 / 10, at % 3 / 2][: 1 + at % 2] for at in ids.tolist()]
        return pa.array(scores, pa.list_(pa.float32()), mask=nulls)
    if column in ("entailment_cut", "sample_entailment_cut"):
        return pa.array(ids % 3 == 0, mask=nulls)
    if column in ("repeat_verdict", "repeat_note"):
        made = ("same", "silent", "output", "end", "limit") if column == "repeat_verdict" else ("", "", "1, then 2", "E", "")
        return pa.array([made[at % 5] for at in ids.tolist()], pa.string(), mask=_no_code(batch))
    if column.startswith("rewrites_"):
        made = {"rewrites_kept": [["reformatted"], ["renamed"], []], "rewrites_broken": [[], ["dead_code", "commuted"], []]}
        values = [made[column][at % 3] if column in made else f"E{at % 3}" for at in ids.tolist()]
        return pa.array(values, _written_type(column), mask=_no_code(batch))
    if column.startswith("mutant_"):
        return mutant_column(column, ids, _no_code(batch))
    if column in BENCHMARK_COLUMNS:
        return benchmark_column(column, ids, nulls if column.startswith("benchmark") else _no_code(batch))
    if column.startswith("loss_"):
        return loss_column(column, ids, nulls)
    if column in ("syntax_language", "syntax_status", "syntax_place"):
        made = {
            "syntax_language": ("python", "c", "go", "brainfuck", None),
            "syntax_status": ("parsed", "error", "missing", "other_language", "timeout"),
            "syntax_place": ("", "1:2 'x'", "3:1 ; is missing", "", ""),
        }
        return pa.array([made[column][at % 5] for at in ids.tolist()], pa.string(), mask=_no_code(batch))
    if column in ("judge_answer", "judge_error"):
        made = {"judge_answer": ("5", "6", None), "judge_error": (None, None, "TimeoutError: ")}[column]
        return pa.array([made[at % 3] for at in ids.tolist()], pa.string(), mask=_none_of(batch, "solution"))
    if column == "judge_scores":
        scores = [None if at % 3 == 2 else {"coherence": 0.25, "validity": (at % 5) / 4} for at in ids.tolist()]
        kind = catalog.features()["features.masked_answer"].writes[column]
        return pa.array(scores, kind, mask=_none_of(batch, "solution"))
    if column == "embedding_cut":
        return pa.array(ids % 3 == 0, mask=nulls)
    if column == "consumer_verdict":
        drawn = [("accepted", "refused", "KeyError")[at % 3] for at in ids.tolist()]
        return pa.array(drawn, pa.string(), mask=_none_of(batch, "json"))
    if column in ("replay_calls", "replay_state"):
        ends = ("same", "differs", "ran", "raised", "unreadable")
        one = {"step": 1, "name": "f", "note": "E"}
        drawn = [[{**one, "status": ends[(at + k) % 5]} for k in range(at % 4)] for at in ids.tolist()]
        made = drawn if column == "replay_calls" else [("same", "differs", None)[at % 3] for at in ids.tolist()]
        return pa.array(made, _written_type(column), mask=_none_of(batch, "calls"))
    if column == "text":  # of a modality that has none of its own
        return batch["trajectory"]
    if column == "call_faults":
        made = ("", "missing_required", "tool_schema", "unknown_tool")
        one = {"step": 1, "name": "f", "place": "$"}
        drawn = [[{**one, "fault": made[(at + k) % 4]} for k in range(at % 3)] for at in ids.tolist()]
        return pa.array(drawn, _written_type(column), mask=_none_of(batch, "calls"))
    if column in ("schema_status", "schema_errors"):
        return schema_column(column, ids, _none_of(batch, "json"))
    if column == "paraphrase":
        texts = batch["text"].to_pylist()
        return pa.array([text and (text.upper(), text, "a")[at % 3] for at, text in enumerate(texts)], pa.large_string())
    if column in ("key_id", "key_size"):
        return pa.array(ids - ids % 2 if column == "key_id" else np.where(ids % 5 == 4, 0, 2), mask=_none_of(batch, "row"))
    if column == "content_text":
        return batch["text"].cast(pa.large_string())
    return pa.array(values[column].astype(np.int64), mask=nulls)


def loss_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of a language model's losses over records 0..n-1."""
    tokens = 1 + ids % 9
    values = {
        "loss_sum": tokens * (0.3 + ids % 5),
        "loss_tokens": tokens,
        "loss_bytes": 4 * tokens,
        "loss_lowest": -1.1 - ids % 5,
        "loss_lowest_normalised": ids % 4 - 2.7,
        "loss_zlib_bytes": 8 + tokens,
        "loss_cut": ids % 6 == 5,
        "loss_baseline": 0.1 + ids % 3,
    }
    return pa.array(values[column], mask=nulls)


def _no_code(batch: pa.RecordBatch) -> Any:
    return _none_of(batch, "code")


def _written_type(column: str) -> pa.DataType:
    """The type of a column that some feature writes."""
    return next(cls.writes[column] for cls in catalog.features().values() if column in cls.writes)


def _none_of(batch: pa.RecordBatch, column: str) -> Any:
    return ~np.array(batch[column].is_valid(), bool)


def all_null(name: str, size: int) -> pa.RecordBatch:
    """A batch in which every logical column is null."""
    columns = [column.name for column in SCHEMAS[modality_of(name)]]
    return batch_of(name, [dict.fromkeys(columns) for _ in range(size)])


def answer(metric: Fold[Any], state: Any) -> Any:
    """A metric's value, or a comparison of a state with itself, as the holdout too."""
    if isinstance(metric, HoldoutComparison):
        return metric.compare(state, state, state)
    return metric.compare(state, state) if hasattr(metric, "compare") else metric.value(state)
