"""Semantic duplicates beside SemHash: whole commands over the same texts with the same static encoder, one CPU each.

The encoder is the token table of all-MiniLM-L6-v2, 256 of its dimensions, less their mean and weighted by rank, as model2vec
distils one. SemHash first removes equal
texts and then looks among the nearest that an HNSW graph of usearch finds; ours tells the share, and searches exactly.

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
from operators.embedding import model_files

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
THRESHOLD, DIMENSIONS = 0.9, 256


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
        plan = work / "audit.toml"
        plan.write_text(
            f'[subject]\npath = "{corpus}"\nmodality = "text"\n[features.text_embedding]\nmodel = "{model}"\n'
            f'[metrics."corpus.semantic_duplicates"]\nthreshold = {THRESHOLD}\n'
        )
        figures: dict[str, Any] = {"texts": len(texts), "distinct": pc.count_distinct(texts).as_py(), "threshold": THRESHOLD}
        audit = [sys.executable, "-m", "engine", "audit", str(plan), "--on", "local", "--workers", "1", "--quiet", "--out"]
        script = str(Path(__file__).parent / "peers/semhash_dedup.py")
        commands = {
            "auditor": [*audit, str(work / "out")],
            "semhash": [given.peers_python, script, str(corpus), str(work / "peer.json"), str(model), str(THRESHOLD)],
        }
        for who, command in commands.items():
            figures[who] = vars(measured(["taskset", "-c", "0", *command], work / f"{who}.log"))
        report = json.loads((work / "out" / "report.json").read_text())
        result = next(r for r in report["results"] if r["metric"] == "corpus.semantic_duplicates")
        figures["auditor"]["share"] = round(result["value"]["value"], 4)
        figures["semhash"]["share"] = round(json.loads((work / "peer.json").read_text())["removed"] / len(texts), 4)
        figures["ratio"] = round(figures["semhash"]["cpu_seconds"] / figures["auditor"]["cpu_seconds"], 2)
        print(figures, file=sys.stderr)
        save("semantic", figures)


if __name__ == "__main__":
    main()
