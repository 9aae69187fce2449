"""Instructions and answers as a model would write them, beside a reference and a holdout of plain documents."""

import gzip
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.demo.planting import Planted, kind_of, plant
from engine.demo.prose import french, instruction, paragraph, sentence, text

RECORDS, SHARDS = 3000, 3
REFERENCE, HOLDOUT = 2000, 1000
PLAN = """\
name = "demo: instructions and answers"
use = "sft"
[subject]
path = "text/*.jsonl.gz"
modality = "text"
columns = { prompt = "instruction", response = "response" }
[reference]
path = "text_reference.parquet"
[holdout]
path = "text_holdout.parquet"
[metrics]
"text.well_formed" = {}
"text.role_turns" = {}
"text.gopher_quality" = {}
"text.gopher_repetition" = {}
"text.c4_rules" = {}
"text.fineweb_rules" = {}
"text.language_id" = { expected = ["en"] }
"text.ngram_jsd" = {}
"text.length_ks" = {}
"text.distinct_n" = {}
"text.self_bleu" = {}
"corpus.exact_duplicates" = {}
"corpus.exact_overlap" = {}
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "repeats an earlier answer": (120, "corpus.exact_duplicates"),
    "copies a reference document": (60, "corpus.exact_overlap"),
    "empty answer": (15, "text.well_formed"),
    "control characters": (20, "text.well_formed"),
    "one sentence over and over": (30, "text.gopher_repetition"),
    "French instead of English": (40, "text.language_id"),
    "personal data": (50, None),
    "malformed JSON line": (12, "quarantine"),
}


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the dataset and its plan; return what was planted."""
    reference = [text(rng) for _ in range(REFERENCE)]
    planted = plant(rng, RECORDS, FAULTS, first=200)
    kinds = kind_of(planted)
    answers: list[str] = []
    for at in range(RECORDS):
        answers.append(_answer(rng, kinds.get(at), answers, reference))
    lines = [_line(rng, at, answer, kinds.get(at)) for at, answer in enumerate(answers)]
    (folder / "text").mkdir()
    size = RECORDS // SHARDS
    for shard in range(SHARDS):
        data = "".join(lines[shard * size : (shard + 1) * size]).encode()
        (folder / "text" / f"{shard}.jsonl.gz").write_bytes(gzip.compress(data, mtime=0))
    pq.write_table(pa.table({"text": reference}), folder / "text_reference.parquet")
    pq.write_table(pa.table({"text": [text(rng) for _ in range(HOLDOUT)]}), folder / "text_holdout.parquet")
    (folder / "text.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _answer(rng: random.Random, kind: str | None, answers: list[str], reference: list[str]) -> str:
    match kind:
        case "repeats an earlier answer":
            return rng.choice(answers[:200])
        case "copies a reference document":
            return rng.choice(reference)
        case "empty answer":
            return ""
        case "control characters":
            return paragraph(rng, 3) + "\x07\x00" + paragraph(rng, 3)
        case "one sentence over and over":
            return " ".join([sentence(rng)] * 20)
        case "French instead of English":
            return french(rng)
        case "personal data":
            return f"{text(rng)} Write to anna.{rng.randint(10, 99)}@example.org or call +44 20 7946 0{rng.randint(100, 999)}."
        case _:
            return text(rng)


def _line(rng: random.Random, at: int, answer: str, kind: str | None) -> str:
    line = json.dumps({"instruction": instruction(rng, at), "response": answer, "id": f"t{at}"}, ensure_ascii=False)
    return (line[: len(line) // 2] if kind == "malformed JSON line" else line) + "\n"
