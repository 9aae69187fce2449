"""Reading whole datasets in tests."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from engine.source.dataset import Dataset
from engine.source.freeze import freeze
from engine.source.read import read

Rows = list[dict[str, Any]]


def read_all(dataset: Dataset, columns: tuple[str, ...], unit_bytes: int = 128 << 20) -> Rows:
    manifest = freeze(dataset, unit_bytes)
    batches = [batch for unit in manifest.units for batch in read(dataset, manifest, unit, columns)]
    for batch in batches:
        batch.validate(full=True)
    return pa.Table.from_batches(batches).to_pylist() if batches else []


@pytest.fixture(name="rows")
def _rows() -> Callable[..., Rows]:
    return read_all
