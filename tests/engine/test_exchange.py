"""The exchange and the merge tree give the same whatever their sizes: many small partitions, ranges and nodes, or one."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from engine import exchange, merge, routing
from engine.audit import audit, load
from engine.exchange import unit_ranges
from engine.job import Job, column_file
from engine.local import Local
from engine.report.model import plain
from engine.routing import partitions_for, rows_expected
from engine.schema import record_id
from engine.store import Store
from tests.engine.corpora import texts, write_parquet, write_plan

ROWS = texts(600)


@pytest.fixture
def plan_file(tmp_path):
    reference = write_parquet(tmp_path / "reference", texts(100, seed=9) + ROWS[:30], shards=2)
    return write_plan(tmp_path / "audit.toml", write_parquet(tmp_path / "data", ROWS, shards=4), reference, unit_bytes=2000)


def test_partitions_ranges_and_tree_nodes_of_any_size_give_the_same_bytes(plan_file, tmp_path, monkeypatch):
    audit(load(plan_file), Local(2), str(tmp_path / "one"))
    expected = (tmp_path / "one/report.json").read_bytes()
    made = []
    real = exchange.Exchange._do
    monkeypatch.setattr(routing, "ROWS_A_PARTITION", 70)
    monkeypatch.setattr(exchange, "ROWS_A_RANGE", 70)
    monkeypatch.setattr(merge, "FAN_IN", 2)
    monkeypatch.setattr(
        exchange.Exchange,
        "_do",
        lambda self, item, files: made.append((item, len(self.corpus.ranges))) or real(self, item, files),
    )
    audit(load(plan_file), Local(2), str(tmp_path / "many"))
    assert len(made) > 5, "many partitions"
    assert made[0][1] > 5, "many ranges"
    assert (tmp_path / "many/report.json").read_bytes() == expected
    levels = {name.split(".")[0] for name in Store(str(tmp_path / "many")).names("states/subject.merged")}
    assert len(levels) >= 3, "a tree of several levels"


def test_columns_lie_beside_their_records(plan_file, tmp_path, monkeypatch):
    monkeypatch.setattr(routing, "ROWS_A_PARTITION", 50)
    monkeypatch.setattr(exchange, "ROWS_A_RANGE", 50)
    out = tmp_path / "out"
    audit(load(plan_file), Local(2), str(out))
    store = Store(str(out))
    files = sorted(name for name in store.names("columns/relations.exact_groups") if name.endswith(".arrow"))
    columns = pa.concat_tables(
        pa.ipc.open_file(store.open(column_file("relations.exact_groups", unit))).read_all() for unit in range(len(files))
    ).to_pylist()
    assert len(columns) == len(ROWS)
    ids = [row["_id"] for row in columns]
    assert ids == sorted(ids)
    first = {}
    for record, text in zip(ids, ROWS, strict=True):
        first.setdefault(text, record)
    assert [row["content_id"] for row in columns] == [first[text] for text in ROWS]
    assert [row["content_size"] for row in columns] == [ROWS.count(text) for text in ROWS]
    copied = ROWS[:30]
    assert [row["content_reference_size"] for row in columns] == [copied.count(text) for text in ROWS]


def test_sizes_by_hand():
    assert (partitions_for(0), partitions_for(1 << 20), partitions_for((1 << 20) + 1)) == (1, 1, 2)
    assert unit_ranges([]) == ()
    assert unit_ranges([1 << 21, 1, 1 << 20, 5]) == (0, 1, 3)
    assert record_id(1, 0) > record_id(0, (1 << 36) - 1)


def test_rows_are_expected_by_every_worker_alike(plan_file, tmp_path):
    audit(load(plan_file), Local(1), str(tmp_path / "out"))
    from engine.audit import survey

    plan, graph, _ = survey(load(plan_file))
    assert rows_expected(Job(plan, graph, str(tmp_path / "out")), "relations.exact_groups") == len(ROWS) + 130


def test_a_report_lists_what_the_audit_found(plan_file, tmp_path):
    report = audit(load(plan_file), Local(1), str(tmp_path / "out"))
    for result in report.results:
        if result.value is not None:
            for entry in result.value.evidence:
                shown = report.records[str(entry.record)]
                path, row = shown.where.rsplit(":", 1)
                at = sum(len(pa.parquet.read_table(p)) for p in sorted((tmp_path / "data").glob("*")) if str(p) < path)
                assert shown.fields["text"][:400] == ROWS[at + int(row)][:400]
    assert plain(report.result("corpus.exact_duplicates").value)["evidence"]
