"""Personal data found by ``text.pii`` and by Presidio in the same texts: precision and recall by type, and records a second.

The texts are the synthetic set of presidio-research (`synth_dataset_v2.json`), in which the spans of each type are marked. A
span that is found is right where it overlaps a marked one of its type, and a marked one is found where one of its type overlaps
it; "exact" is the share of right spans that begin and end where the mark does. Neither side has a model of the language: the
types that need one stand there with what was found, little or nothing. Presidio runs with its standard recognisers over a blank
English, at its own threshold of 0 and at the 0.4 of presidio-research. Of dates ours are dates of birth alone.

``python -m benchmarks.pii --set synth_dataset_v2.json --peers-python PATH [--texts FILE...]``: PATH has ``presidio-analyzer``
and ``pyarrow``. Times are a process's own CPU seconds on one thread, the best of three turns of both, ours over the types that
``text.pii`` counts by itself. FILEs are lines of ordinary text.

The words beside a telephone number that make it one were chosen with the sentences of this set in view, and its marks of cards,
IBANs and the like are numbers that a generator made valid: real texts are harder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save
from operators.pii.spans import COUNTED, Type, personal_spans

OURS = {
    "email_address": "EMAIL_ADDRESS",
    "phone_number": "PHONE_NUMBER",
    "credit_card": "CREDIT_CARD",
    "iban": "IBAN_CODE",
    "ip_address": "IP_ADDRESS",
    "us_ssn": "US_SSN",
    "us_driver_license": "US_DRIVER_LICENSE",
    "date_of_birth": "DATE_TIME",
    "street_address": "STREET_ADDRESS",
    "postal_code": "ZIP_CODE",
    "person_name": "PERSON",
    "url": "DOMAIN_NAME",
}
THEIRS = {"URL": "DOMAIN_NAME"}
THRESHOLDS = {"presidio": 0.0, "presidio, from 0.4": 0.4}
NEED_A_MODEL = ("PERSON", "GPE", "ORGANIZATION", "NRP", "TITLE", "AGE")
TURNS = 3

Span = tuple[str, int, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--peers-python", default=sys.executable)
    parser.add_argument("--texts", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    records = json.loads(given.set.read_text(encoding="utf-8"))
    texts = [record["full_text"] for record in records]
    marked = [[(s["entity_type"], s["start_position"], s["end_position"]) for s in record["spans"]] for record in records]
    peer, ours, theirs = {}, [], []
    for _ in range(TURNS):
        ours.append(seconds(texts, COUNTED))
        peer = presidio(texts, given.peers_python)
        theirs.append(peer["seconds"])
    spans = {"auditor": found(texts)}
    for name, least in THRESHOLDS.items():
        spans[name] = [[(THEIRS.get(t, t), a, b) for t, a, b, score in of if score >= least] for of in peer["spans"]]
    kinds = sorted({kind for of in marked for kind, _, _ in of})
    save(
        "pii",
        {
            "texts": len(texts),
            "types": {kind: {name: quality(marked, of, kind) for name, of in spans.items()} for kind in kinds},
            "need_a_model": list(NEED_A_MODEL),
            "not_marked": {name: not_marked(of, kinds) for name, of in spans.items()},
            "records_per_second": {"auditor": round(len(texts) / min(ours)), "presidio": round(len(texts) / min(theirs))},
            "ratio": round(min(theirs) / min(ours), 1),
            "ordinary": {path.stem: ordinary(path) for path in given.texts},
        },
    )


def found(texts: Sequence[str]) -> list[list[Span]]:
    """Our spans of every type, under the names of the set."""
    spans: list[list[Span]] = [[] for _ in texts]
    for row, kind, start, stop, _ in personal_spans(pa.array(texts), get_args(Type)).rows():
        spans[row].append((OURS.get(kind, kind), start, stop))
    return spans


def seconds(texts: Sequence[str], types: tuple[Type, ...]) -> float:
    """CPU seconds of one pass over the texts, the kernels compiled."""
    column = pa.array(texts)
    personal_spans(column[:10], types)
    start = time.process_time()
    personal_spans(column, types)
    return time.process_time() - start


def presidio(texts: Sequence[str], python: str) -> dict[str, Any]:
    """What the peer's process found, and its seconds."""
    with tempfile.TemporaryDirectory(prefix="pii-") as name:
        corpus, out = Path(name) / "texts.parquet", Path(name) / "spans.json"
        pq.write_table(pa.table({"text": texts}), corpus)
        script = str(Path(__file__).parent / "peers/presidio_spans.py")
        subprocess.run([python, script, str(corpus), str(out)], check=True)
        result: dict[str, Any] = json.loads(out.read_text())
        return result


def quality(marked: Sequence[list[Span]], spans: Sequence[list[Span]], kind: str) -> dict[str, Any]:
    """Precision and recall of one type by overlap; None where nothing was found."""
    counts: Counter[str] = Counter()
    for gold, of in zip(marked, spans, strict=True):
        true = [(a, b) for t, a, b in gold if t == kind]
        guesses = [(a, b) for t, a, b in of if t == kind]
        right = [guess for guess in guesses if any(overlap(guess, one) for one in true)]
        counts.update(marked=len(true), found=len(guesses), right=len(right), exact=len(set(right) & set(true)))
        counts["recalled"] += sum(any(overlap(one, guess) for guess in guesses) for one in true)
    return {
        "marked": counts["marked"],
        "found": counts["found"],
        "precision": share(counts["right"], counts["found"]),
        "recall": share(counts["recalled"], counts["marked"]),
        "exact": share(counts["exact"], counts["right"]),
    }


def overlap(left: tuple[int, int], right: tuple[int, int]) -> bool:
    return left[0] < right[1] and right[0] < left[1]


def share(hits: int, n: int) -> float | None:
    return round(hits / n, 4) if n else None


def not_marked(spans: Sequence[list[Span]], kinds: Sequence[str]) -> dict[str, int]:
    """Spans of types that the set does not mark: all of them are wrong, or unmarked."""
    return dict(sorted(Counter(kind for of in spans for kind, _, _ in of if kind not in kinds).items()))


def ordinary(path: Path) -> dict[str, Any]:
    """Records and megabytes a second over lines of text with little personal data, and what is found there."""
    texts = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    taken = min(seconds(texts, COUNTED) for _ in range(TURNS))
    spans = personal_spans(pa.array(texts), COUNTED)
    size = sum(len(text.encode()) for text in texts)
    counts: dict[str, int] = defaultdict(int, spans["type"].value_counts().rows())
    return {
        "records": len(texts),
        "mb": round(size / 1e6, 2),
        "records_per_second": round(len(texts) / taken),
        "mb_per_second": round(size / taken / 1e6, 1),
        "share": round(spans.select(pl.col("row").n_unique()).item() / len(texts), 5),
        "spans": dict(sorted(counts.items())),
    }


if __name__ == "__main__":
    main()
