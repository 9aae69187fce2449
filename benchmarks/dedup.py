"""Near-duplicate detection against its peers: CPU seconds, peak memory, and which rows are removed, side by side in one run.

Every contestant is a process of its own that reads the same Parquet shards (benchmarks/near_corpus.py) and says which rows to
remove: word 5-grams, 112 permutations in 14 bands of 8 rows, or the nearest that the tool allows. In turn A B C, three times;
the figures are medians. The slow ones run once, and at the smallest size only. Removed rows are compared with those of exact
Jaccard at 0.8 (benchmarks/exact_jaccard.py, kept beside the corpus).

``python -m benchmarks.dedup --peers-python PATH [--documents 100000 500000] [--corpus FOLDER] [--only Daft rensa]``

The peers live in an environment of their own: ``pip install daft rensa gaoya datasketch 'xxhash<4' scipy polars
datatrove==0.10.1 spacy tokenizers py-data-juicer torch``. With `--only`, or another corpus, nothing is written to results/.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.exact_jaccard import quality, removed_rows
from benchmarks.machine import save
from benchmarks.near_corpus import NearCorpus
from benchmarks.process import Cost, measured

PEERS = Path(__file__).parent / "peers"
PACKAGES = [
    "daft",
    "rensa",
    "gaoya",
    "datasketch",
    "xxhash",
    "datatrove",
    "spacy",
    "py-data-juicer",
    "polars",
    "numpy",
    "scipy",
]
THRESHOLD, ROUNDS = 0.8, 3
OURS = "auditor"

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Contestant:
    """One side of the comparison."""

    name: str
    command: Callable[[Path, Path], list[str]]  #: of the corpus and a working folder
    removed: Callable[[Path], Array]  #: the row numbers, from the working folder
    slow: bool = False  #: once, at the smallest size
    exact: bool = False  #: exact duplicates only


def peer(python: str, name: str, script: str, *options: str, **kind: bool) -> Contestant:
    """A peer's script in the peers' environment."""
    path = str(PEERS / script)
    return Contestant(
        name, lambda corpus, work: [python, path, str(corpus), str(work / "removed.npy"), *options], _saved, **kind
    )


def auditor(name: str, metric: str, settings: str = "", **kind: bool) -> Contestant:
    """This project's command, on one worker: the whole audit, its report included."""

    def command(corpus: Path, work: Path) -> list[str]:
        plan = work / "audit.toml"
        plan.write_text(f'[subject]\npath = "{corpus}"\nmodality = "text"\n[metrics."corpus.{metric}"]\n{settings}')
        out = ["--out", str(work / "out"), "--on", "local", "--workers", "1", "--quiet"]
        return [sys.executable, "-m", "engine", "audit", str(plan), *out]

    return Contestant(name, command, lambda work: _later(work / "out"), **kind)


def _later(out: Path) -> Array:
    """The rows that are not to be kept, or are equal to an earlier one."""
    (folder,) = (out / "columns").iterdir()
    tables = [pa.ipc.open_file(pa.OSFile(str(path))).read_all() for path in sorted(folder.glob("*.arrow"))]
    columns = pa.concat_tables(tables)
    if "keep" in columns.column_names:
        return np.flatnonzero(~columns["keep"].to_numpy().astype(bool))
    return np.flatnonzero(columns["content_id"].to_numpy() != columns["_id"].to_numpy())


def contestants(python: str) -> list[Contestant]:
    """All sides, the fastest first."""
    return [
        auditor(OURS, "near_duplicates", "[relations.near_groups]\nbands = 14\nrows = 8\n"),
        auditor("auditor, its defaults (18 x 6)", "near_duplicates"),
        auditor("auditor, exact only", "exact_duplicates", exact=True),
        peer(python, "polars hash", "polars_hash.py", exact=True),
        peer(python, "Daft minhash + numpy bands", "daft_minhash.py"),
        peer(python, "Daft, a file at a time", "daft_minhash.py", "1"),
        peer(python, "rensa RMinHashDeduplicator", "rensa_dedup.py"),
        peer(python, "gaoya", "gaoya_index.py"),
        peer(python, "datasketch", "datasketch_lsh.py", "affine32", slow=True),
        peer(python, "datasketch, permutations of 1.x", "datasketch_lsh.py", "legacy", slow=True),
        peer(python, "Data-Juicer", "data_juicer_minhash.py", slow=True),
        peer(python, "datatrove", "datatrove_minhash.py", slow=True),
    ]


def texts(corpus: Path) -> Iterator[str | None]:
    """The texts in the order of their rows."""
    for shard in sorted(corpus.glob("*.parquet")):
        for batch in pq.ParquetFile(shard).iter_batches(1024, columns=["text"]):
            yield from batch["text"].to_pylist()


def truth(corpus: Path) -> Array:
    """The rows that exact Jaccard removes; computed once a corpus."""
    path = corpus.with_name(f"{corpus.name}-exact-{THRESHOLD}.npy")
    if not path.exists():
        np.save(path, removed_rows(texts(corpus), THRESHOLD))
    exact: Array = np.load(path)
    return exact


def run(side: Contestant, corpus: Path) -> tuple[Cost, Array]:
    """One run of one side."""
    with tempfile.TemporaryDirectory(prefix="dedup-") as name:
        work = Path(name)
        return measured(side.command(corpus, work), work / "log"), side.removed(work)


def compare(sides: list[Contestant], corpus: Path, rounds: int) -> dict[str, dict[str, Any]]:
    """The figures of every side on a corpus; the rounds in turn, so that a busy minute touches all."""
    exact = truth(corpus)
    for _ in texts(corpus):  # every side finds the files in the page cache
        pass
    costs: dict[str, list[Cost]] = {side.name: [] for side in sides}
    removed: dict[str, Array] = {}
    for turn in range(rounds):
        for side in sides:
            if turn and side.slow:
                continue
            cost, removed[side.name] = run(side, corpus)
            costs[side.name].append(cost)
            print(f"{corpus.name}, {turn + 1}: {side.name}: {cost}", file=sys.stderr, flush=True)
    return {side.name: figures(side, costs[side.name], removed[side.name], exact) for side in sides}


def figures(side: Contestant, costs: list[Cost], removed: Array, exact: Array) -> dict[str, Any]:
    """Medians of the costs, the largest memory, and how right the removed rows are."""
    found = {"runs": len(costs), "removed": len(removed), "peak_mb": max(cost.peak_mb for cost in costs)}
    for name in ("cpu_seconds", "seconds"):
        found[name] = round(median(getattr(cost, name) for cost in costs), 2)
    right = {} if side.exact else {name: round(value, 5) for name, value in asdict(quality(removed, exact)).items()}
    return {**found, **right}


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """The figures of one corpus as Markdown, with our CPU seconds over each side's."""
    ours = found.get(OURS, {}).get("cpu_seconds")
    lines = ["| tool | CPU-s | ours / theirs | seconds | peak MB | removed | recall | precision |", "|" + " --- |" * 8]
    for name, row in found.items():
        ratio = f"{ours / row['cpu_seconds']:.3f}" if ours else "-"
        right = " | ".join(f"{row[key]:.4f}" if key in row else "-" for key in ("recall", "precision"))
        cells = f"{row['cpu_seconds']:.2f} | {ratio} | {row['seconds']:.1f} | {row['peak_mb']:,} | {row['removed']:,}"
        lines.append(f"| {name} | {cells} | {right} |")
    return lines


def versions(python: str) -> dict[str, str]:
    """What the peers' environment holds."""
    asked = f"from importlib.metadata import version\nfor name in {PACKAGES}:\n    print(name, version(name))"
    printed = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout
    return dict(line.split() for line in printed.splitlines())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers-python", default=sys.executable, help="the interpreter that has the peers")
    parser.add_argument("--documents", type=int, nargs="*", default=[100_000, 500_000])
    parser.add_argument("--corpus", type=Path, nargs="*", default=[], help="folders of Parquet with id and text")
    parser.add_argument("--only", nargs="*", default=[], help="sides whose names begin so")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "near", help="where corpora are kept")
    given = parser.parse_args()
    chosen = [side for side in contestants(given.peers_python) if not given.only or side.name.startswith(tuple(given.only))]
    found = {corpus.name: compare(sides, corpus, given.rounds) for corpus, sides in _corpora(given, chosen)}
    for name, rows in found.items():
        print("\n".join([f"\n{name}", "", *table(rows)]))
    if not given.only and not given.corpus:
        save("dedup", {"corpora": found, "peers": versions(given.peers_python), "threshold": THRESHOLD})


def _corpora(given: argparse.Namespace, sides: list[Contestant]) -> Iterable[tuple[Path, list[Contestant]]]:
    for documents in given.documents if not given.corpus else []:
        corpus = given.folder / str(documents)
        NearCorpus().write(corpus, documents)
        yield corpus, [side for side in sides if documents == min(given.documents) or not side.slow]
    for corpus in given.corpus:
        yield corpus, sides


def _saved(work: Path) -> Array:
    removed: Array = np.load(work / "removed.npy")
    return removed


if __name__ == "__main__":
    main()
