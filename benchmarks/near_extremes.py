"""Corpora that break deduplicators, at full size: each finishes in bounded memory with the right answer.

A million identical documents of 400 words; one document of 100 MB; a million empty documents; a million documents of two words
from a small vocabulary (so most are equal) and from a large one (so few are).

``python -m benchmarks.near_extremes``
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save
from benchmarks.process import measured

MILLION = 1_000_000
ROWS_A_GROUP = 10_000


def two_words(vocabulary: int) -> Iterator[list[str]]:
    """A million documents of two words each, in pieces."""
    rng = np.random.default_rng(vocabulary)
    for _ in range(MILLION // ROWS_A_GROUP):
        drawn = rng.integers(0, vocabulary, (ROWS_A_GROUP, 2)).tolist()
        yield [f"w{a} w{b}" for a, b in drawn]


def repeated(text: str) -> Iterator[list[str]]:
    """A million times the same."""
    for _ in range(MILLION // ROWS_A_GROUP):
        yield [text] * ROWS_A_GROUP


def corpora() -> dict[str, Iterator[list[str]]]:
    words = " ".join(f"word{at * at % 977}" for at in range(400))
    return {
        "identical": repeated(words),
        "one of 100 MB": iter([[" ".join(f"w{at * 7919 % 1_000_003}" for at in range(13_000_000))[: 100 * 2**20]]]),
        "empty": repeated(""),
        "two words of 300": two_words(300),
        "two words of 100,000": two_words(100_000),
    }


def run(name: str, pieces: Iterator[list[str]]) -> dict[str, float]:
    """One corpus: its cost, and the share of near-duplicates beside the one that is right."""
    with tempfile.TemporaryDirectory(prefix="extremes-") as folder:
        work, distinct, records = Path(folder), set(), 0
        with pq.ParquetWriter(work / "a.parquet", pa.schema([("text", pa.large_string())])) as writer:
            for texts in pieces:
                distinct.update(texts)
                records += len(texts)
                writer.write_table(pa.table({"text": pa.array(texts, pa.large_string())}))
        plan = work / "audit.toml"
        subject = f'[subject]\npath = "{work}/a.parquet"\nmodality = "text"\n[subject.limits]\nrecord_bytes = {2**28}\n'
        plan.write_text(f'{subject}[metrics."corpus.near_duplicates"]\n')
        command = [sys.executable, "-m", "engine", "audit", str(plan), "--out", str(work / "out"), "--on", "local", "--quiet"]
        cost = measured([*command, "--workers", "2"], work / "log")
        results = json.loads((work / "out/report.json").read_text())["results"]
        value = next(r["value"]["value"] for r in results if r["metric"] == "corpus.near_duplicates")
        right = 1 - len(distinct) / records
        if abs(value - right) > 1e-9:
            raise RuntimeError(f"{name}: {value} instead of {right}")
        return {**vars(cost), "documents": records, "near_duplicates": value}


def main() -> None:
    found = {}
    for name, pieces in corpora().items():
        found[name] = run(name, pieces)
        print(name, found[name], file=sys.stderr)
    save("near_extremes", {"corpora": found})


if __name__ == "__main__":
    main()
