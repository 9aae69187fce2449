"""Word problems with a program and a solution in steps."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.demo.planting import Planted, kind_of, plant
from engine.demo.prose import PLACES

RECORDS = 1000
PLAN = """\
name = "demo: word problems with programs"
[subject]
path = "symbolic.parquet"
modality = "symbolic"
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "wrong sum": (40, "symbolic.arithmetic_steps"),
    "syntax error": (30, "symbolic.python_syntax"),
    "repeats an earlier problem": (25, "corpus.exact_duplicates"),
}


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the dataset and its plan; return what was planted."""
    planted = plant(rng, RECORDS, FAULTS, first=100)
    kinds = kind_of(planted)
    rows: list[dict[str, str]] = []
    for at in range(RECORDS):
        rows.append(
            dict(rng.choice(rows[:100])) if kinds.get(at) == "repeats an earlier problem" else _row(rng, at, kinds.get(at))
        )
    pq.write_table(pa.Table.from_pylist(rows), folder / "symbolic.parquet", row_group_size=250)
    (folder / "symbolic.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _row(rng: random.Random, at: int, kind: str | None) -> dict[str, str]:
    boxes, each, sold = rng.randint(3, 40), rng.randint(5, 60), rng.randint(1, 14)
    total = boxes * each
    left = total - sold
    said = left + rng.randint(1, 9) if kind == "wrong sum" else left
    code = f"def apples_left():\n    boxes, each, sold = {boxes}, {each}, {sold}\n    return boxes * each - sold\n"
    if kind == "syntax error":
        code = code.replace("def apples_left():", rng.choice(["def apples_left(:", "def apples_left()", "df apples_left():"]))
    return {
        "id": f"s{at}",
        "problem": f"A shop in {rng.choice(PLACES)} gets {boxes} boxes of {each} apples (order {at + 1}) and sells {sold}. "
        "How many are left?",
        "code": code,
        "solution": f"There are {boxes} * {each} = <<{boxes}*{each}={total}>>{total} apples. "
        f"After the sale {total} - {sold} = <<{total}-{sold}={said}>>{said} are left.",
        "answer": str(said),
    }
