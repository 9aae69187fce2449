"""Whole tables compared through the neighbours relation, beside exact distances over the same rows: numbers and CPU seconds.

``python -m benchmarks.whole_tables --data FOLDER``: the folder with ``adult_trn.csv.gz``, ``adult_hol.csv.gz`` and synthetic
tables beside them. So few vectors are all compared with each other; from 200,000 records on they are searched in cells, whose
recall is measured with every search.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from benchmarks.process import measured
from engine.report.model import from_json

RANGES = {
    "age": (17, 90),
    "fnlwgt": (12285, 1490400),
    "education-num": (1, 16),
    "capital-gain": (0, 99999),
    "capital-loss": (0, 4356),
    "hours-per-week": (1, 99),
}
SYNTHETIC = ("synthcity-arf", "mostlyai")
WAYS = {"rows": ("tabular.", "dcr", "membership"), "vectors": ("corpus.", "dcr_share", "membership_inference")}


def audited(folder: Path, data: Path, name: str, way: str) -> dict[str, Any]:
    """The share nearer to the training data and the AUC of membership in one way, with their cost."""
    family, *metrics = WAYS[way]
    plan = [
        f'[{side}]\npath = "{data}/adult_{file}.csv.gz"\nmodality = "tabular"\n'
        for side, file in (("subject", name), ("reference", "trn"), ("holdout", "hol"))
    ]
    if way == "vectors":
        ranges = ", ".join(f'"{column}" = {list(ends)}' for column, ends in RANGES.items())
        plan.append(f"[features.row_embedding]\nranges = {{ {ranges} }}\n")
    plan += [f'[metrics."{family}{metric}"]\n' for metric in metrics]
    (folder / "plan.toml").write_text("".join(plan))
    out = folder / way
    cost = measured([sys.executable, "-m", "engine", "audit", str(folder / "plan.toml"), "--out", str(out)], folder / "log")
    report = from_json((out / "report.json").read_text())
    share, auc = (report.result(f"{family}{metric}") for metric in metrics)
    found = {"dcr_share": share, "membership_auc": auc}
    values = {key: result.value.value for key, result in found.items() if result is not None and result.value is not None}
    return {**vars(cost), **values}


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    results: dict[str, Any] = {}
    for name in SYNTHETIC:
        with tempfile.TemporaryDirectory() as where:
            results[name] = {way: audited(Path(where), given.data.resolve(), name, way) for way in WAYS}
    save("whole_tables", {"results": results})


if __name__ == "__main__":
    main()
