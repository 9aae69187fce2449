"""The dataset's own columns as logical ones: paths, joins, rows of tables, conversations, numbers, images."""

import base64
import json

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import PlanError, ShardFault
from engine.schema import MESSAGES, SCHEMAS, Modality
from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.read import read
from engine.source.turns import plain_turns, turns


def write(path, records, kind):
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path / "a.parquet")
    else:
        (path / "a.jsonl").write_text("\n".join(json.dumps(record) for record in records))


BOTH = pytest.mark.parametrize("kind", ["parquet", "jsonl"])


@BOTH
def test_paths_joins_and_nested_values_as_text(rows, tmp_path, kind):
    records = [
        {"a": {"b": "deep", "c": [{"d": 1}]}, "x": "one", "y": "two", "n": 7},
        {"a": {"b": None, "c": []}, "x": "", "y": "two", "n": None},
        {"a": None, "x": None, "y": None, "n": 9},
    ]
    write(tmp_path, records, kind)
    columns = {"text": "a.b", "prompt": ["x", "y"], "response": "a.c", "language": "n", "chosen": "not.there"}
    found = rows(Dataset(path=str(tmp_path), modality="text", columns=columns), tuple(columns))
    assert [row["text"] for row in found] == ["deep", None, None]
    assert [row["prompt"] for row in found] == ["one\n\ntwo", "two", None]
    assert [row["response"] for row in found] == ['[{"d":1}]', "[]", None]
    assert [row["language"] for row in found] == ["7", None, "9"]
    assert [row["chosen"] for row in found] == [None] * 3


TALK = [
    {"talk": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}, {"from": "observation", "value": "7"}]},
    {"talk": []},
    {"talk": None},
    {"talk": [{"from": "odd", "value": None}]},
]


@BOTH
def test_conversations(rows, tmp_path, kind):
    write(tmp_path, TALK, kind)
    dataset = Dataset(path=str(tmp_path), modality="text", columns={"messages": "talk"})
    assert [row["messages"] for row in rows(dataset, ("messages",))] == [
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}, {"role": "tool", "content": "7"}],
        [],
        None,
        [{"role": "odd", "content": None}],
    ]


TURN = st.fixed_dictionaries({"role": st.none() | st.sampled_from(["human", "user", "x"]), "content": st.none() | st.text()})


@given(st.lists(st.none() | st.lists(TURN, max_size=3), max_size=5), st.integers(0, 3))
def test_the_fast_way_with_turns_gives_the_same(conversations, start):
    array = pa.array(conversations, MESSAGES).slice(start)
    ready = plain_turns(array)
    ready.validate(full=True)
    assert ready.to_pylist() == [None if talk is None else turns(talk) for talk in conversations[start:]]


@pytest.mark.parametrize(
    ("message", "content"),
    [
        ({"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}, "b"]}, "a\nb"),
        ({"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}, '[{"id":1}]'),
        ({"role": "user", "text": "t"}, "t"),
        ({"role": "user", "content": {"k": 1}}, '{"k":1}'),
        ({"role": "user"}, None),
    ],
)
def test_contents_of_a_turn(message, content):
    assert turns([message])[0]["content"] == content
    assert turns(json.dumps([message])) == turns([message])


def test_a_conversation_that_is_not_a_list_is_a_fault(rows, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"messages": "hello"}\n{"messages": 4}\n')
    found = rows(Dataset(path=str(tmp_path), modality="text"), ("messages",))
    assert [row["_fault"] for row in found] == ["column 'messages' is not a list of turns"] * 2


def test_numbers(rows, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"reward": 1}\n{"reward": "0.5"}\n{"reward": null}\n{"reward": "high"}\n')
    found = rows(Dataset(path=str(tmp_path), modality="agent"), ("reward",))
    assert [row["reward"] for row in found] == [1.0, 0.5, None, None]
    assert found[3]["_fault"] == "column 'reward' is not a number"


def test_images_in_columns(rows, tmp_path):
    pq.write_table(pa.table({"image": [{"bytes": b"one", "path": "1.png"}]}), tmp_path / "a.parquet")
    encoded = base64.b64encode(b"two").decode()
    (tmp_path / "b.jsonl").write_text(f'{{"image": "data:image/png;base64,{encoded}"}}\n{{"image": "?"}}\n')
    found = rows(Dataset(path=str(tmp_path), modality="vision_language"), ("image",))
    assert [row["image"] for row in found] == [b"one", b"two", None]
    assert found[2]["_fault"] == "column 'image' is neither bytes nor base64"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_row_of_untyped_cells_is_a_struct_of_strings(rows, tmp_path, kind):
    if kind == "csv":
        (tmp_path / "a.csv").write_text("key,age,city\n1,42,Brno\n2,old,\n")
        (tmp_path / "b.csv").write_text("city,age,key\nPraha,7,3\n")
    else:
        (tmp_path / "a.jsonl").write_text('{"key": 1, "age": 42, "city": "Brno"}\n{"key": 2, "age": "old"}\n')
        (tmp_path / "b.jsonl").write_text('{"city": "Praha", "age": 7, "key": 3}\n')
    dataset = Dataset(path=str(tmp_path), modality="tabular", columns={"id": "key"})
    found = rows(dataset, ("id", "row"))
    assert [row["id"] for row in found] == ["1", "2", "3"]
    assert [row["row"] for row in found] == [
        {"age": "42", "city": "Brno"},
        {"age": "old", "city": None},
        {"age": "7", "city": "Praha"},
    ]
    chosen = dataset.model_copy(update={"columns": {"row": ("city",)}})
    assert rows(chosen, ("row",))[0]["row"] == {"city": "Brno"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_another_table_among_the_shards_is_a_fault(rows, tmp_path, kind):
    for name, table in (("a", pa.table({"age": ["1"], "city": ["x"]})), ("b", pa.table({"age": ["1"], "street": ["x"]}))):
        write_table = pc.write_csv if kind == "csv" else pq.write_table
        write_table(table, tmp_path / f"{name}.{kind}")
    with pytest.raises(ShardFault, match=rf"b\.{kind}: lacks 1 of the row's columns, which the first shard has: city"):
        rows(Dataset(path=str(tmp_path), modality="tabular"), ("row",))


def test_a_row_of_parquet_keeps_its_types(rows, tmp_path):
    table = pa.table({"n": pa.array([1, None], pa.int16()), "s": pa.array(["a", "b"]).dictionary_encode(), "l": [[1], [2]]})
    pq.write_table(table, tmp_path / "a.parquet")
    dataset = Dataset(path=str(tmp_path), modality="tabular")
    manifest = freeze(dataset)
    (batch,) = read(dataset, manifest, manifest.units[0], ("row",))
    assert batch.column("row").type == pa.struct([("n", pa.int16()), ("s", pa.string()), ("l", pa.list_(pa.int64()))])
    assert batch.column("row").to_pylist()[0] == {"n": 1, "s": "a", "l": [1]}


@pytest.mark.parametrize("modality", [m for m in Modality if m is not Modality.TABULAR])
@pytest.mark.parametrize("extension", ["jsonl", "csv", "txt", "json"])
def test_columns_have_exactly_the_types_of_the_schema(tmp_path, modality, extension):
    content = {"csv": "nothing\n1\n", "json": '[{"nothing": 1}]'}.get(extension, '{"nothing": 1}\n')
    (tmp_path / f"a.{extension}").write_text(content)
    dataset = Dataset(path=str(tmp_path), modality=modality)
    manifest = freeze(dataset)
    names = tuple(column.name for column in SCHEMAS[modality])
    (batch,) = (batch for batch in read(dataset, manifest, manifest.units[0], names) if batch.num_rows)
    assert batch.schema.names == ["_id", "_fault", *names]
    assert [field.type for field in batch.schema][2:] == [column.type for column in SCHEMAS[modality]]


def test_large_units_come_in_bounded_batches(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"x" * 1000 + b"\n")
    with (tmp_path / "a.txt").open("ab") as file:
        file.write((b"y" * 999 + b"\n") * 40_000 + b"z\n" * 200_000)
    dataset = Dataset(path=str(tmp_path), modality="text")
    manifest = freeze(dataset)
    batches = list(read(dataset, manifest, manifest.units[0], ("text",)))
    assert max(batch.num_rows for batch in batches) <= 65_536
    assert max(batch.nbytes for batch in batches) <= 17 * 2**20
    ids = [i for batch in batches for i in batch.column("_id").to_pylist()]
    assert ids == list(range(240_001))


def test_a_misspelt_logical_column_is_refused():
    with pytest.raises(PlanError, match="did you mean 'prompt'"):
        Dataset(path="x", modality="text", columns={"promt": "a"})
