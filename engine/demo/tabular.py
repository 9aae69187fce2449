"""A table of customers, beside the rows it was made from and rows that were held out."""

import csv
import random
from pathlib import Path

from engine.demo.planting import Planted, kind_of, plant
from engine.demo.prose import PLACES

RECORDS, REFERENCE, HOLDOUT = 3000, 2000, 1000
COLUMNS = ("age", "income", "education", "city", "joined", "member")
PLAN = """\
name = "demo: customers"
use = "sharing"
[subject]
path = "tabular.csv"
modality = "tabular"
[reference]
path = "tabular_reference.csv"
[holdout]
path = "tabular_holdout.csv"
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "copies a reference row": (50, "corpus.exact_overlap"),
    "word in a column of numbers": (25, "tabular.column_types"),
    "missing cell": (80, "tabular.column_types"),
}


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the three tables and the plan; return what was planted."""
    planted = plant(rng, RECORDS, FAULTS)
    kinds = kind_of(planted)
    reference = [_row(rng) for _ in range(REFERENCE)]
    rows = [_faulty(rng, kinds.get(at), reference) for at in range(RECORDS)]
    holdout = [_row(rng) for _ in range(HOLDOUT)]
    for name, table in (("tabular", rows), ("tabular_reference", reference), ("tabular_holdout", holdout)):
        with open(folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(table)
    (folder / "tabular.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _row(rng: random.Random) -> list[str]:
    age = rng.randint(18, 90)
    income = f"{rng.lognormvariate(10.4, 0.5):.2f}"
    joined = f"{rng.randint(2005, 2025)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    school = rng.choice(["primary", "secondary", "bachelor", "master", "doctorate"])
    return [str(age), income, school, rng.choice(PLACES), joined, rng.choice(["true", "false"])]


def _faulty(rng: random.Random, kind: str | None, reference: list[list[str]]) -> list[str]:
    if kind == "copies a reference row":
        return list(rng.choice(reference))
    row = _row(rng)
    if kind == "word in a column of numbers":
        row[rng.randrange(2)] = rng.choice(["unknown", "forty", "about 20", "plenty"])
    elif kind == "missing cell":
        row[rng.randrange(len(row))] = ""
    return row
