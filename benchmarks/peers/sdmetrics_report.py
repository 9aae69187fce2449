"""Column shapes and pair trends by SDMetrics, as JSON: ``python sdmetrics_report.py SUBJECT REFERENCE TYPES.json [ROWS]``.

Runs in an environment of its own (SDMetrics pins pandas below 3). ROWS: how many it samples for contingencies, as its report
does; left out, all rows are taken.
"""

import json
import sys
import time
import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from sdmetrics.column_pairs import ContingencySimilarity, CorrelationSimilarity
from sdmetrics.reports.single_table import DiagnosticReport, QualityReport

MISSING = ["", "NA", "N/A", "na", "n/a", "nan", "NaN", "null", "None", "none", "?"]
KINDS = {"number": "numerical", "datetime": "datetime", "category": "categorical", "boolean": "boolean", "id": "id"}


def table(path: str, types: dict[str, str]) -> pd.DataFrame:
    """The columns that have a kind which SDMetrics measures."""
    names = [name for name, kind in types.items() if kind in KINDS]
    if Path(path).suffix == ".parquet":
        frame = pd.read_parquet(path, columns=names)
    else:
        frame = pd.read_csv(path, usecols=names, keep_default_na=False, na_values=MISSING)
    for name, kind in types.items():
        if kind == "datetime":
            frame[name] = pd.to_datetime(frame[name])
    return frame


def pairs(synthetic: pd.DataFrame, real: pd.DataFrame, types: dict[str, str]) -> dict[str, float]:
    """Every pair by the metrics themselves, numbers beside categories cut over the real range, as `discretize_column` does.

    The report cuts each side over its own range instead.
    """
    for frame in (synthetic, real):
        for name, kind in types.items():
            if kind == "datetime":
                frame[name] = frame[name].astype("int64").where(frame[name].notna())
    named = [name for name, kind in types.items() if kind in ("number", "datetime", "category", "boolean")]
    numeric = {name for name in named if types[name] in ("number", "datetime")}
    found = {}
    for a, b in combinations(named, 2):
        both = [a, b]
        if {*both} <= numeric:
            found[f"{a} & {b}"] = CorrelationSimilarity.compute(real[both], synthetic[both])
        else:
            mixed = [name for name in both if name in numeric]
            found[f"{a} & {b}"] = ContingencySimilarity.compute(real[both].copy(), synthetic[both].copy(), mixed or None)
    return found


def main() -> None:
    """Measure, and print what was found."""
    warnings.simplefilter("ignore")
    subject, reference, types_file, *rows = sys.argv[1:]
    types = json.loads(Path(types_file).read_text())
    metadata = {"columns": {name: {"sdtype": KINDS[kind]} for name, kind in types.items() if kind in KINDS}}
    synthetic, real = table(subject, types), table(reference, types)
    started = time.process_time()
    report = QualityReport()
    report.num_rows_subsample = int(rows[0]) if rows else None
    report.real_correlation_threshold = report.real_association_threshold = 0  # all pairs count
    report.generate(real, synthetic, metadata, verbose=False)
    quality = time.process_time() - started
    diagnostic = DiagnosticReport()
    diagnostic.generate(real, synthetic, metadata, verbose=False)
    shapes = report.get_details("Column Shapes").set_index("Column")["Score"]
    trends = report.get_details("Column Pair Trends")
    found = {
        "seconds": {"quality": quality, "diagnostic": time.process_time() - started - quality},
        "shapes": shapes.to_dict(),
        "trends": {f"{a} & {b}": score for a, b, score in trends[["Column 1", "Column 2", "Score"]].itertuples(index=False)},
        "pairs": {} if rows else pairs(synthetic, real, types),
        "properties": dict(report.get_properties().itertuples(index=False)),
        "validity": diagnostic.get_details("Data Validity")[["Column", "Metric", "Score"]].to_dict("records"),
    }
    json.dump(found, sys.stdout, default=lambda item: None if item is np.nan else float(item))


if __name__ == "__main__":
    main()
