"""Columns that are computed once and kept, down to what happens when computing fails."""

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pytest

from engine.errors import StoreError
from engine.feature import Feature, attempt, attempts
from engine.schema import record_id
from engine.shelf import Bench, Kept, Opened, Shelf
from engine.source.manifest import Manifest, Shard, Unit
from engine.store import Store

MANIFEST = Manifest((Shard("a.parquet", 10, "v1", "parquet"),), tuple(Unit(at, 0, at, at + 1, 3, 5) for at in range(2)))
SCHEMA = pa.schema({"double": pa.int64()})


@dataclass(frozen=True)
class Double(Feature):
    """Twice ``x``; fails where that is asked of it."""

    fails_at: int = -1

    reads = ("x",)
    writes = {"double": pa.int64()}  # noqa: RUF012
    stores = True

    def open(self) -> Callable:
        if self.fails_at == 0:
            raise FileNotFoundError("there is no model at nowhere")

        def step(batch):
            if self.fails_at in batch["x"].to_pylist():
                raise ValueError("the model returned NaN")
            return {"double": pa.array([2 * x for x in batch["x"].to_pylist()], pa.int64())}

        return step


def bench(store, **parameters):
    shelf = Shelf(store, "features/double-0", MANIFEST, SCHEMA)
    return Bench({"double": Opened(Double(**parameters))}, {"double": shelf}), shelf


def batch(unit, rows):
    ids = pa.array([record_id(unit, row) for row in rows], pa.int64())
    return pa.RecordBatch.from_pydict({"_id": ids, "x": pa.array([10 * unit + row for row in rows], pa.int64())})


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    return Store(str(tmp_path) if request.param == "local" else f"memory://{tmp_path.name}-shelf")


def test_what_is_computed_is_kept_and_not_computed_again(store):
    first, shelf = bench(store)
    with first.unit(MANIFEST.units[1]) as features:
        got = [features["double"](batch(1, rows))["double"].to_pylist() for rows in ((0, 1), (2,))]
    assert got == [[20, 22], [24]]
    assert shelf.has(1)
    assert not shelf.has(0)
    assert shelf.table(1)["double"].to_pylist() == [20, 22, 24]
    second, _ = bench(store, fails_at=0)  # its model cannot be opened, and need not be
    with second.unit(MANIFEST.units[1]) as features:
        assert features["double"](batch(1, (1, 2)))["double"].to_pylist() == [22, 24]
    assert second.some(MANIFEST.units[1])["double"](batch(1, (0, 2)))["double"].to_pylist() == [20, 24]


def test_a_unit_that_failed_half_way_keeps_nothing_and_goes_on_failing(store):
    made, shelf = bench(store, fails_at=12)
    with made.unit(MANIFEST.units[1]) as features:
        features["double"](batch(1, (0, 1)))
        for rows in ((2,), (0, 1)):
            with pytest.raises(ValueError, match="NaN"):
                features["double"](batch(1, rows))
    assert not shelf.has(1)
    assert store.names("features/double-0") == frozenset()


def test_an_error_of_the_pass_keeps_nothing(store):
    made, shelf = bench(store)

    def interrupted():
        with made.unit(MANIFEST.units[0]) as features:
            features["double"](batch(0, (0,)))
            raise KeyError("b")

    with pytest.raises(KeyError):
        interrupted()
    assert not shelf.has(0)


def test_a_model_that_cannot_be_opened_says_so_of_every_batch(store):
    made, shelf = bench(store, fails_at=0)
    with made.unit(MANIFEST.units[0]) as features:
        for _ in range(2):
            with pytest.raises(FileNotFoundError, match="no model at nowhere"):
                features["double"](batch(0, (0,)))
    assert not shelf.has(0)


def test_files_are_named_after_the_data(store):
    _, shelf = bench(store)
    newer = Manifest((Shard("a.parquet", 10, "v2", "parquet"),), MANIFEST.units)
    names = {shelf.file(0), shelf.file(1), Shelf(store, shelf.folder, newer, SCHEMA).file(0)}
    assert len(names) == 3


def test_kept_rows_of_an_empty_batch():
    kept = Kept(pa.table({"double": pa.array([1, 2], pa.int64())}), 0)
    assert kept(batch(0, ())) == {"double": pa.array([], pa.int64())}


def test_attempts_are_those_of_the_innermost_block():
    assert attempt() == 0
    with attempts(1), attempts(3):
        assert attempt() == 3
    assert attempt() == 0


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"), Store(str(tmp_path / "file")).created("a/b"):
        pass
