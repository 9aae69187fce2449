"""Lines of logs for tests: batches of them, those of ../shared, and odd ones."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "semi" / "loghub"
SYSTEMS = ["Apache", "BGL", "HDFS", "Linux", "OpenSSH", "Spark"]
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
# Each is repeated up to 100,000 characters.
ODD_PIECES = ["a", " ", "1 ", "0x", "[", "<*>", "1.1.1.", "Jun 14 15:16:01 a b: ", "\u200b", "2024-01-31 "]


def batch_of(lines, first=0):
    ids = range(first, first + len(lines))
    return pa.RecordBatch.from_pydict(
        {"_id": ids, "_fault": pa.nulls(len(lines), pa.string()), "log": pa.array(lines, pa.string())}
    )


def measure(metric, *sides):
    states = [metric.fold(batch_of(lines)) for lines in sides]
    return metric.value(*states) if len(states) == 1 else metric.compare(*states)


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def raw(system):
    return (SHARED / system / f"{system}_2k.log").read_text(encoding="utf-8", errors="replace").splitlines()


def structured(system):
    with (SHARED / system / f"{system}_2k.log_structured.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def long_and_short(piece):
    return batch_of([piece * (100_000 // len(piece)), "x"])
