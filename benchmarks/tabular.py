"""A table's fidelity beside SDMetrics: CPU seconds, memory, and how far apart the numbers are.

``python -m benchmarks.tabular --sdmetrics /venv/bin/python [--rows 100000 1000000]``: both read the same two Parquet files
of 15 columns, 9 of numbers and times and 6 of categories. Ours measures everything on the profile; SDMetrics its quality and
its diagnostic report, which sample 50,000 rows for contingencies, up to a million rows. What more rows than were measured will
cost is what the planner says.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save
from benchmarks.process import measured
from engine import catalog
from engine.audit import load, survey
from engine.forecast import passes
from engine.report.model import from_json
from engine.value import Value

PEER = Path(__file__).parent / "peers" / "sdmetrics_report.py"
GROUP = 65_536
PIECE = 1_000_000
"""Rows made at once, so that no table needs to be held."""
BESIDE = 1_000_000
"""The most rows that SDMetrics is given."""
PLANNED = 100_000_000
"""The rows that only the planner speaks of."""


def table(rows: int, seed: int, shift: float) -> pa.Table:
    """A table of people who never were: mixed types, ties, gaps and long tails."""
    random = np.random.default_rng(seed)
    age = np.clip(random.normal(40 + shift, 14, rows), 17, 95).astype(np.int64)
    school = random.choice(16, rows, p=np.arange(1, 17) / 136)
    income = np.round(random.lognormal(10 + 0.03 * school + shift / 50, 0.6, rows), 2)
    gain = np.where(random.random(rows) < 0.92, 0, random.integers(100, 100_000, rows))
    columns: dict[str, Any] = {
        "age": age,
        "weight": random.integers(10_000, 1_500_000, rows),
        "school_years": school,
        "income": income,
        "gain": gain,
        "hours": np.clip(random.normal(40, 12, rows), 1, 99).astype(np.int64),
        "score": random.normal(shift / 10, 1, rows),
        "rate": pa.array(random.beta(2, 5, rows), mask=random.random(rows) < 0.05),
        "joined": pa.array(random.integers(0, 20 * 365, rows) + 12_000, pa.int32()).cast(pa.date32()).cast(pa.timestamp("us")),
    }
    for name, size in (("work", 9), ("marital", 7), ("job", 15), ("race", 5), ("sex", 2), ("country", 42)):
        p = 1 / np.arange(1, size + 1) ** (1 + shift / 20)
        codes = pa.array(random.choice(size, rows, p=p / p.sum()), mask=random.random(rows) < 0.02)
        columns[name] = pa.array([f"{name}-{n:02d}" for n in range(size)]).take(codes)
    return pa.table(columns)


def write(path: Path, rows: int, seed: int, shift: float) -> None:
    """A table of so many rows in one file, the same every time."""
    with pq.ParquetWriter(path, table(1, seed, shift).schema) as writer:
        for piece, start in enumerate(range(0, rows, PIECE)):
            writer.write_table(table(min(PIECE, rows - start), seed + 10 * piece, shift), row_group_size=GROUP)


def types() -> dict[str, str]:
    """What the columns hold."""
    numbers = ("age", "weight", "school_years", "income", "gain", "hours", "score", "rate")
    rest = dict.fromkeys(("work", "marital", "job", "race", "sex", "country"), "category")
    return {**dict.fromkeys(numbers, "number"), "joined": "datetime", **rest}


def metrics() -> list[str]:
    """All that is measured on the profile."""
    found = (name for name in catalog.metric_names() if name.startswith("tabular."))
    return [name for name in found if catalog.metric(name).shares == "tabular.profile"]


def files(folder: Path, rows: int) -> None:
    """Both tables, and the plan of an audit of them."""
    for seed, name, shift in ((1, "subject", 1.0), (2, "reference", 0.0)):
        write(folder / f"{name}.parquet", rows, seed, shift)
    plan = [f'[subject]\npath = "{folder}/subject.parquet"\nmodality = "tabular"', "[subject.types]"]
    plan += [f'{name} = "{kind}"' for name, kind in types().items()]
    plan += [f'[reference]\npath = "{folder}/reference.parquet"', *(f'[metrics."{name}"]' for name in metrics())]
    (folder / "plan.toml").write_text("\n".join(plan))


def planned(folder: Path, rows: int) -> dict[str, float]:
    """What the planner says of the same audit of so many rows a side."""
    _, graph, available = survey(load(str(folder / "plan.toml")))
    cost = passes(graph, dict.fromkeys(available, rows), dict.fromkeys(available, len(types())))
    return {"cpu_seconds": round(cost.cpu_seconds, 1), "peak_mb": cost.peak_bytes(os.cpu_count() or 1) // 10**6}


def ours(folder: Path) -> dict[str, Any]:
    """Our audit of the two files, as one process."""
    out = folder / "out"
    command = [sys.executable, "-m", "engine", "audit", str(folder / "plan.toml"), "--out", str(out)]
    cost = measured(command, folder / "ours.log")
    report = from_json((out / "report.json").read_text())
    values = {result.metric: result.value for result in report.results if result.metric in metrics()}
    return {"cost": vars(cost), "values": values}


def theirs(python: str, folder: Path) -> dict[str, Any]:
    """SDMetrics' reports of the same files, in its own environment."""
    (folder / "types.json").write_text(json.dumps(types()))
    files = [str(folder / name) for name in ("subject.parquet", "reference.parquet", "types.json")]
    cost = measured([python, str(PEER), *files, "50000"], folder / "theirs.json")
    lines = (folder / "theirs.json").read_text().splitlines()
    return {"cost": vars(cost), "found": json.loads(lines[-1])}


def beside(ours: Value, theirs: dict[str, float]) -> dict[str, float]:
    """How far the shapes of columns are apart: of those whose every value is counted, and of others, with an interval."""
    exact = [name for name in theirs if ours.parts[name].estimator == "exact"]
    sketched = [name for name in theirs if name not in exact]
    apart = {name: abs((ours.parts[name].value or 0.0) - score) for name, score in theirs.items()}
    held = [(ours.parts[n].low or 0.0) - 1e-9 <= theirs[n] <= (ours.parts[n].high or 0.0) + 1e-9 for n in sketched]
    return {
        "exact": len(exact),
        "greatest_difference_of_an_exact_one": max(apart[name] for name in exact),
        "sketched": len(sketched),
        "greatest_difference_of_a_sketched_one": max((apart[name] for name in sketched), default=0.0),
        "sketched_with_theirs_in_the_interval": sum(held),
    }


def compared(python: str, rows: int) -> dict[str, Any]:
    """Both, on tables of so many rows; ours alone where theirs would not finish."""
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        files(folder, rows)
        said = planned(folder, rows)
        mine = ours(folder)
        shapes, pairs = (mine["values"][f"tabular.column_{name}"] for name in ("shapes", "pairs"))
        found = {
            "rows": rows,
            "ours": {**mine["cost"], "column_shapes": shapes.value, "column_pairs": pairs.value},
            "planned": said,
        }
        if rows > BESIDE:
            return found
        peer = theirs(python, folder)
    return {
        **found,
        "sdmetrics": {**peer["cost"], "reports_cpu_seconds": peer["found"]["seconds"], **peer["found"]["properties"]},
        "column_shapes": beside(shapes, peer["found"]["shapes"]),
    }


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sdmetrics", required=True, help="the interpreter of an environment with sdmetrics and pyarrow")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 4_000_000, 10_000_000])
    arguments = parser.parse_args()
    results = [compared(arguments.sdmetrics, rows) for rows in arguments.rows]
    with tempfile.TemporaryDirectory() as where:
        files(Path(where), 1000)
        more = planned(Path(where), PLANNED)
    save("tabular", {"results": results, "planned": {"rows": PLANNED, **more}})


if __name__ == "__main__":
    main()
