"""Texts a CPU-second through an encoder: the model's loop alone, a whole audit, and sentence-transformers, on one thread each.

The bare loop has tokens ready, sorted by length, in batches of the same budget: what is left is the model. The whole pass is
the command, less what the same command costs over 16 of the texts: it reads Parquet, tokenises, embeds, stores and folds.

``python -m benchmarks.embed --texts FILE.parquet [--peers-python PATH]``: a column ``text``; without one it makes texts.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.machine import save
from benchmarks.near_corpus import NearCorpus
from benchmarks.process import measured
from operators.embedding import transformer
from operators.kernels.nearest import Base
from operators.kernels.vectors import unit
from operators.models import model_files
from operators.models.batching import in_batches

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
FEW = 16

Array = np.ndarray[Any, np.dtype[np.float32]]


def bare(texts: list[str], dtype: str) -> tuple[float, Array]:
    """CPU seconds of the model over tokens that are ready, and the vectors."""
    encoder = transformer.load(model_files.fetched(MODEL), "model", None, dtype, 2048)
    ids, _ = encoder._tokenised(texts)
    in_batches(encoder._forward, ids[:64], encoder.tokens, encoder.lock)
    start = time.process_time()
    vectors = in_batches(encoder._forward, ids, encoder.tokens, encoder.lock)
    return time.process_time() - start, unit(vectors)


def audited(corpus: Path, dtype: str, work: Path) -> float:
    """CPU seconds of a whole audit."""
    plan = work / "audit.toml"
    embedding = f'[features.text_embedding]\ndtype = "{dtype}"\n'
    plan.write_text(f'[subject]\npath = "{corpus}"\nmodality = "text"\n{embedding}[metrics."corpus.truncated_share"]\n')
    command = [sys.executable, "-m", "engine", "audit", str(plan), "--on", "local", "--workers", "1", "--quiet", "--out"]
    with tempfile.TemporaryDirectory() as out:
        return measured(["taskset", "-c", "0", *command, f"{out}/out"], work / "log").cpu_seconds


def peer(python: str, corpus: Path, dtype: str, work: Path) -> tuple[float, Array]:
    """CPU seconds of sentence-transformers, and its vectors."""
    script, out = str(Path(__file__).parent / "peers/sentence_encode.py"), str(work / "peer.npy")
    command = [python, script, str(corpus), out, str(model_files.fetched(MODEL)), dtype]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(printed.split()[-1]), np.load(out)


def overlap(one: Array, other: Array) -> float:
    """The share of each text's ten nearest that are the same."""
    ids = np.arange(len(one))
    found = [Base(vectors, ids, wide=True).nearest(vectors, 10, ids).ids.tolist() for vectors in (one, other)]
    return float(np.mean([len({*a} & {*b}) / 10 for a, b in zip(*found, strict=True)]))


def main() -> None:
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--peers-python", default=sys.executable)
    given = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="embed-") as name:
        work = Path(name)
        if given.texts is None:
            NearCorpus().write(work / "made", 600)
            given.texts = next((work / "made").glob("*.parquet"))
        texts = pq.read_table(given.texts, columns=["text"])["text"].to_pylist()
        few = work / "few.parquet"
        pq.write_table(pa.table({"text": texts[:FEW]}), few)
        figures: dict[str, Any] = {"texts": len(texts), "mean_characters": round(sum(map(len, texts)) / len(texts))}
        exact: Array | None = None
        for dtype in ("float32", "bfloat16"):
            seconds, vectors = bare(texts, dtype)
            starting, _ = bare(texts[:FEW], dtype)
            whole = audited(given.texts, dtype, work) - (audited(few, dtype, work) - starting)
            theirs, peers = peer(given.peers_python, given.texts, "float32", work)
            exact = vectors if exact is None else exact
            figures[dtype] = {
                "bare": round(len(texts) / seconds, 1),
                "audit": round(len(texts) / whole, 1),
                "audit_of_bare": round(seconds / whole, 3),
                "sentence_transformers_float32": round(len(texts) / theirs, 1),
                "over_sentence_transformers": round(theirs / whole, 2),
                "ten_nearest_the_same_as_float32": round(overlap(exact, vectors), 4),
                "ten_nearest_the_same_as_theirs": round(overlap(peers, vectors), 4),
            }
            print(dtype, figures[dtype], file=sys.stderr, flush=True)
    save("embed", figures)


if __name__ == "__main__":
    main()
