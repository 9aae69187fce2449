"""Orders as JSON documents, one a line."""

import json
import random
from pathlib import Path

from engine.demo.planting import Planted, kind_of, plant
from engine.demo.prose import ADJECTIVES, NOUNS, PLACES

RECORDS = 1500
PLAN = """\
name = "demo: orders as JSON"
[subject]
path = "semistructured.jsonl"
modality = "semistructured"
columns = { json = "$record" }
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "cut short": (20, "semistructured.strict_json"),
    "key given twice": (15, "semistructured.strict_json"),
    "NaN": (10, "semistructured.strict_json"),
    "repeats an earlier document": (30, "corpus.exact_duplicates"),
}


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the documents and the plan; return what was planted."""
    planted = plant(rng, RECORDS, FAULTS, first=100)
    kinds = kind_of(planted)
    lines: list[str] = []
    for at in range(RECORDS):
        lines.append(_line(rng, at, kinds.get(at), lines))
    (folder / "semistructured.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    (folder / "semistructured.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _line(rng: random.Random, at: int, kind: str | None, lines: list[str]) -> str:
    if kind == "repeats an earlier document":
        return rng.choice(lines[:100])
    items = [
        {"name": f"{rng.choice(ADJECTIVES)} {rng.choice(NOUNS)}", "count": rng.randint(1, 9), "price": rng.randint(1, 999) / 10}
        for _ in range(rng.randint(1, 4))
    ]
    document = {
        "order": at,
        "ship_to": {"city": rng.choice(PLACES), "express": rng.random() < 0.3},
        "items": items,
        "note": None,
    }
    text = json.dumps(document)
    match kind:
        case "cut short":
            return text[: rng.randint(len(text) // 2, len(text) - 2)]
        case "key given twice":
            return text[:-1] + f', "order": {at + 1}}}'
        case "NaN":
            return text.replace('"note": null', '"note": NaN')
        case _:
            return text
