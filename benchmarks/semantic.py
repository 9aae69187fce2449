"""Semantic duplicates beside SemHash: whole commands over the same texts with the same static encoder, one CPU each.

The encoder is the token table of all-MiniLM-L6-v2, 256 of its dimensions, less their mean and weighted by rank, as model2vec
distils one. SemHash first removes
equal texts and then looks among the nearest that an HNSW graph of usearch finds; ours tells the share: by exact search, its
default for so few, and by cells.

``python -m benchmarks.semantic --texts FOLDER --peers-python PATH``: Parquet with a column ``text``, of real texts
(``benchmarks.real_texts`` gathers some): the words of made ones are alike whatever they say.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from benchmarks.machine import save
from benchmarks.process import measured
from operators.models import model_files

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
THRESHOLD, DIMENSIONS = 0.9, 256
SEARCHES = {"exact": "", "cells": '[relations.neighbors]\nindex = "ivf"\ncells = 1024\nprobes = 16\n'}


def static_model(folder: Path) -> Path:
    """The token table of the transformer as a static encoder."""
    from safetensors.numpy import load_file, save_file

    source = model_files.fetched(MODEL)
    tables = load_file(source / "model.safetensors")
    words = next(table for name, table in tables.items() if name.endswith("word_embeddings.weight"))[:, :DIMENSIONS]
    weighted = (words - words.mean(0)) * np.log1p(np.arange(len(words), dtype=np.float32))[:, None]
    folder.mkdir()
    save_file({"embeddings": np.ascontiguousarray(weighted)}, folder / "model.safetensors")
    (folder / "tokenizer.json").write_bytes((source / "tokenizer.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True, "hidden_dim": DIMENSIONS}))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--peers-python", default=sys.executable)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="semantic-") as name:
        work = Path(name)
        texts = ds.dataset(given.texts, format="parquet").to_table(columns=["text"])["text"]
        corpus = work / "corpus.parquet"
        pq.write_table(pa.table({"text": texts}), corpus)
        model = static_model(work / "model")
        figures: dict[str, Any] = {"texts": len(texts), "distinct": pc.count_distinct(texts).as_py(), "threshold": THRESHOLD}
        for who, settings in SEARCHES.items():
            plan, out = work / f"{who}.toml", work / f"out-{who}"
            plan.write_text(
                f'[subject]\npath = "{corpus}"\nmodality = "text"\n[features.text_embedding]\nmodel = "{model}"\n{settings}'
                f'[metrics."corpus.semantic_duplicates"]\nthreshold = {THRESHOLD}\n'
            )
            audit = [sys.executable, "-m", "engine", "audit", str(plan), "--on", "local", "--workers", "1", "--quiet", "--out"]
            cost = measured(["taskset", "-c", "0", *audit, str(out)], work / f"{who}.log")
            results = json.loads((out / "report.json").read_text())["results"]
            value = next(result["value"] for result in results if result["metric"] == "corpus.semantic_duplicates")
            recall = value["parts"].get("recall of the search", {"value": 1.0})["value"]
            figures[who] = {**vars(cost), "share": round(value["value"], 4), "recall": recall}
        script = str(Path(__file__).parent / "peers/semhash_dedup.py")
        command = [given.peers_python, script, str(corpus), str(work / "peer.json"), str(model), str(THRESHOLD)]
        theirs = measured(["taskset", "-c", "0", *command], work / "semhash.log")
        removed = json.loads((work / "peer.json").read_text())["removed"]
        figures["semhash"] = {**vars(theirs), "removed": round(removed / len(texts), 4)}
        for who in SEARCHES:
            figures[who]["ratio"] = round(theirs.cpu_seconds / figures[who]["cpu_seconds"], 2)
        print(figures, file=sys.stderr)
        save("semantic", figures)


if __name__ == "__main__":
    main()
