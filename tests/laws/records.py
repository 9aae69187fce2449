"""Records of every modality for the laws: ordinary, odd and missing ones, drawn by hypothesis."""

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from PIL import Image

from engine import catalog
from engine.graph import resolve_names
from engine.metric import Fold
from engine.schema import FAULT, ID, MESSAGES, SCHEMAS, Modality, Side
from engine.stream import with_features
from operators.kernels import vectors

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
        "[]",
        "not json",
        "",
    ]
)
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
    "label": st.sampled_from(["True", "False", "Uncertain"]),
    "trajectory": TRAJECTORIES,
    "tools": JSON_TEXTS,
    "image": IMAGES,
    "video": st.binary(max_size=8),
    "reward": st.floats(0, 1),
    "dedup_rank": st.floats(0, 1),
    "row": st.fixed_dictionaries({"a": CELLS, "b": CELLS}),
    "language": st.sampled_from(["en", "fr"]),
}


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
    available = {side: tuple(columns) for side in Side}
    light = {feature: catalog.feature(feature) for feature, cls in catalog.features().items() if not cls.stores}
    steps = resolve_names([name], available, modality, features=light).passes
    for step in steps:
        if step.side is Side.SUBJECT and not step.joined:
            features = {feature: catalog.feature(feature).open() for feature in step.features}
            batch, broken = with_features(batch, step, features)
            assert not broken, broken
    for column in metric.reads:
        if column not in batch.schema.names:
            batch = batch.append_column(column, _relation_column(column, batch))
    return batch.select([ID, FAULT, *metric.reads])


def _rows(name: str, size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = {c.name: st.one_of(STRATEGIES.get(c.name, TEXTS), st.none()) for c in SCHEMAS[modality_of(name)]}
    return st.lists(st.fixed_dictionaries(row), min_size=size, max_size=size)


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


def neighbor_column(column: str, ids: Any, nulls: Any) -> pa.Array:
    """Columns of neighbours over records 0..n-1: i ^ 1 is the nearest, other sides' records have ids from 1,000 on."""
    if column.endswith("_id"):
        return pa.array((ids ^ 1) + (0 if column == "nearest_id" else 1000), mask=nulls)
    values = 0.5 + (ids % 5) / 10 - 0.05 * column.count("second") - 0.1 * column.count("holdout")
    return pa.array(values.astype(np.float32), mask=nulls)


def _relation_column(column: str, batch: pa.RecordBatch) -> pa.Array:
    """Columns of exact groups over records 0..n-1: pairs (0, 1), (2, 3), ...; a null text belongs to no group."""
    ids = batch[ID].to_numpy()
    values = {
        "content_id": ids - ids % 2,
        "content_size": np.full(len(ids), 2),
        "content_reference_size": ids % 3,
        "content_holdout_size": ids % 5 // 4,
    }
    nulls = np.array([False] * len(ids)) if "text" not in batch.schema.names else ~np.array(batch["text"].is_valid())
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
    if column == "embedding_cut":
        return pa.array(ids % 3 == 0, mask=nulls)
    if column == "content_text":
        return batch["text"].cast(pa.large_string())
    return pa.array(values[column].astype(np.int64), mask=nulls)


def _no_code(batch: pa.RecordBatch) -> Any:
    return ~np.array(batch["code"].is_valid(), bool)


def all_null(name: str, size: int) -> pa.RecordBatch:
    """A batch in which every logical column is null."""
    columns = [column.name for column in SCHEMAS[modality_of(name)]]
    return batch_of(name, [dict.fromkeys(columns) for _ in range(size)])


def answer(metric: Fold[Any], state: Any) -> Any:
    """A metric's value, or a comparison of a state with itself."""
    return metric.compare(state, state) if hasattr(metric, "compare") else metric.value(state)
