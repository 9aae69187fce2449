"""FOLIO's labels beside what a solver says of its formulas: what parses, what agrees, and every record that does not, by cause.

``python -m benchmarks.folio FOLDER`` with folio-train.jsonl and folio-validation.jsonl of FOLIO v0.0. The training set
annotates no conclusions as formulas: only its premises are read, and asked whether they contradict each other.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.machine import save
from engine.schema import TEXTS
from operators.features.entailment_verdict import EntailmentVerdict
from operators.kernels.entailment import VERDICTS

TEXAS = (
    "premise 1 lacks brackets: (A ∧ B) ∨ C for 'a mountain range in New Mexico or Texas'",
    {1: "MountainRange(picurismountains) ∧ (In(picurismountains, newmexico) ∨ In(picurismountains, texas))"},
)
KINDS = (
    "premise 1 has ∨ for 'can be categorized as', where each of the three is meant",
    {1: "MLAlgorithm(supervisedLearning) ∧ MLAlgorithm(unsupervisedLearning) ∧ MLAlgorithm(reinforcementLearning)"},
)
MENDED: dict[int, tuple[str, dict[int, str]]] = {
    6: (
        "one predicate is spelt Meeting and Meetings; 'both or neither' is written ⊕",
        {
            2: "∀x (LunchInCompany(x) → Meeting(x))",
            7: "Manager(james) ↔ AppearInCompany(james)",
            0: "(Manager(james) ⊕ InOtherCountries(james)) → (LunchAtHome(james) ↔ WorkRemotelyFromHome(james))",
        },
    ),
    28: ("the label is what neither the formulas nor the sentences say", {}),
    30: ("premise 5 says neither, for 'cannot be from Earth and from Mars'", {5: "¬(FromEarth(marvin) ∧ FromMars(marvin))"}),
    48: (
        "that one season is loved, and that fall is not summer, goes without saying",
        {1: "∀x ∀y ∀z (Love(x, y) ∧ Love(x, z) → y = z) ∧ fall ≠ summer"},
    ),
    113: TEXAS,
    115: TEXAS,
    139: KINDS,
    140: KINDS,
}
"""Why a label is not what the formulas say, by line; and formulas (by premise, 0: the conclusion) with which it is."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    records = {name: read(folder / f"folio-{name}.jsonl") for name in ("train", "validation")}
    save("folio", {"validation": validation(records["validation"]), "train": train(records["train"])})


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def judged(premises: Sequence[Sequence[str]], conclusions: Sequence[str]) -> list[tuple[str, str]]:
    batch = pa.RecordBatch.from_pydict({"premises": pa.array(premises, TEXTS), "conclusion": pa.array(conclusions)})
    found = EntailmentVerdict().open()(batch)
    return list(zip(found["entailment"].to_pylist(), found["entailment_error"].to_pylist(), strict=True))


def validation(records: list[dict[str, Any]]) -> dict[str, Any]:
    start = time.process_time()
    found = judged([r["premises-FOL"] for r in records], [r["conclusion-FOL"] for r in records])
    seconds = time.process_time() - start
    rows = [(line, r, *pair) for line, (r, pair) in enumerate(zip(records, found, strict=True), 1)]
    decided = [row for row in rows if row[2] in VERDICTS[:-1]]
    clashes = [row for row in decided if row[1]["label"].lower() != row[2]]
    return {
        "records": len(records),
        "parsed": sum(verdict in VERDICTS for verdict, _ in found),
        "undecided": sum(verdict == "unknown" for verdict, _ in found),
        "contradictory": sum(verdict == "contradictory" for verdict, _ in found),
        "agreeing": len(decided) - len(clashes),
        "confusion": dict(sorted(Counter(f"{r['label'].lower()} as {verdict}" for _, r, verdict, _ in decided).items())),
        "cpu_ms_a_record": round(1000 * seconds / len(records), 1),
        "unparsed": [{"line": line, "kind": kind, "error": error} for line, _, kind, error in rows if kind not in VERDICTS],
        "disagreements": [
            {"line": line, "label": r["label"], "verdict": verdict, "conclusion": r["conclusion-FOL"], **mended(line, r)}
            for line, r, verdict, _ in clashes
        ],
    }


def mended(line: int, record: dict[str, Any]) -> dict[str, str]:
    """The cause of a disagreement, and the verdict once its formulas are mended."""
    cause, formulas = MENDED.get(line, ("not looked at", {}))
    premises = [formulas.get(at, text) for at, text in enumerate(record["premises-FOL"], 1)]
    ((verdict, _),) = judged([premises], [formulas.get(0, record["conclusion-FOL"])])
    return {"cause": cause, "mended": verdict}


def train(records: list[dict[str, Any]]) -> dict[str, Any]:
    stories: dict[tuple[str, ...], int] = {}
    for line, record in enumerate(records, 1):
        stories.setdefault(tuple(record["premises-FOL"]), line)
    found = judged([list(story) for story in stories], ["$false"] * len(stories))
    rows = [(line, *pair) for line, pair in zip(stories.values(), found, strict=True)]
    # Premises entail falsehood where they contradict each other; falsehood never holds, so its verdict is then "contradictory".
    return {
        "stories": len(stories),
        "parsed": sum(verdict in VERDICTS for _, verdict, _ in rows),
        "undecided": sum(verdict == "unknown" for _, verdict, _ in rows),
        "contradictory_lines": [line for line, verdict, _ in rows if verdict == "contradictory"],
        "unparsed": [{"line": line, "kind": kind, "error": error} for line, kind, error in rows if kind not in VERDICTS],
    }


if __name__ == "__main__":
    main()
