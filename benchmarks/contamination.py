"""Planted contamination found, and false alarms, by 13 words in a row, by syntax trees and by embeddings; and their speed.

Copies of GSM8K's and HumanEval's items as they are, in the middle of other text, with words edited, with every name of the
program changed, and rephrased by a language model (lm-sys/llm-decontaminator); clean is MBPP, which is like HumanEval and is
not it, and the training half of GSM8K. Speed is beside a plain loop over a set of tuples of words, on one thread.

``python -m benchmarks.contamination --data FOLDER``: with gsm8k/, humaneval/, mbpp/ and contamination/ in it. An item is
GSM8K's question, or HumanEval's prompt and solution; rephrasings that are blank are left out. Embeddings are of the default
encoder, a text's first 256 tokens; found is what has a cosine of so much with any item. Functions of fewer than 20
nodes, a seventh of HumanEval's, are not compared as trees.
"""

import argparse
import ast
import gzip
import json
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.machine import save
from operators.features.benchmark_match import BenchmarkMatch
from operators.features.benchmark_programs import BenchmarkPrograms
from operators.features.text_embedding import TextEmbedding
from operators.kernels.vectors import matrix

PERCENTS = (1, 2, 5)
THRESHOLDS = (0.7, 0.8, 0.85, 0.9)
EVERY = 12
"""Of GSM8K's items, one in so many is planted: the encoder takes its time."""

Texts = list[str]
Found = dict[str, float | None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    methods = Methods(data)
    problems, programs = methods.items["gsm8k"][::EVERY], methods.items["humaneval"]
    train = [row["question"] for row in lines(data / "gsm8k/train.jsonl")]
    mbpp = [(row["text"], row["code"]) for row in lines(data / "mbpp/mbpp.jsonl")]
    rows = []
    for name, items, code in (("GSM8K", problems, False), ("HumanEval", programs, True)):
        rows += [
            {"data": f"{name}: {what}", "n": len(made), **methods.found(made, made if code else None)}
            for what, made in planted(items, train, code).items()
        ]
    for what, name, code in REPHRASED:
        made = [row["text"] for row in lines(data / f"contamination/{name}.jsonl") if row["text"].strip()]
        rows.append({"data": what, "n": len(made), **methods.found(made, made if code else None)})
    clean = [f"{text}\n{code}" for text, code in mbpp]
    alarms = [{"data": "MBPP", "n": len(clean), **methods.found(clean, [code for _, code in mbpp])}]
    alarms.append({"data": "GSM8K's training half", "n": len(train[::24]), **methods.found(train[::24], None)})
    save(
        "contamination", {"found": rows, "clean": alarms, "thresholds": list(THRESHOLDS), "speed": speed(data, train, programs)}
    )


REPHRASED = (
    ("GSM8K: rephrased", "rephrase_gsm8k", False),
    ("HumanEval: rephrased in Python", "humaneval_python", True),
    ("HumanEval: rewritten in JavaScript", "humaneval_js", True),
    ("HumanEval: rewritten in C", "humaneval_c", True),
)


def lines(path: Path) -> list[dict[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def planted(items: Texts, around: Texts, code: bool) -> dict[str, Texts]:
    """Copies of the items, by what was done to them."""
    rng = np.random.default_rng(0)
    inside = [f"{' '.join(around[3 * at : 3 * at + 3])}\n{item}\n{around[-at - 1]}" for at, item in enumerate(items)]
    made = {"as they are": items, "in the middle of clean texts": inside}
    for percent in PERCENTS:
        made[f"{percent} % of words changed"] = [edited(item, percent / 100, rng) for item in items]
    if code:
        made["every name changed, no comments"] = [renamed(item) for item in items]
    return made


def edited(text: str, share: float, rng: np.random.Generator) -> str:
    """The text with words, drawn one by one, given another form."""
    parts = text.split(" ")
    return " ".join(f"{part}q{at}" if part.strip() and rng.random() < share else part for at, part in enumerate(parts))


class Renamed(ast.NodeTransformer):
    """Arguments, variables and functions of a program with other names; its docstring is gone."""

    def __init__(self, own: set[str]) -> None:
        self.own = own

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.name(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.name(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        node.name, node.returns = self.name(node.name), None
        node.body = node.body[1:] if ast.get_docstring(node) else node.body
        return self.generic_visit(node)

    def name(self, old: str) -> str:
        return f"renamed_{old[::-1]}" if old in self.own else old


def renamed(program: str) -> str:
    tree = ast.parse(program)
    own = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return ast.unparse(ast.fix_missing_locations(Renamed(own).visit(tree)))


class Methods:
    """The three ways to look for GSM8K and HumanEval."""

    def __init__(self, data: Path) -> None:
        paths = {"gsm8k": str(data / "gsm8k/test.jsonl"), "humaneval": str(data / "humaneval/HumanEval.jsonl.gz")}
        columns = {"gsm8k": ("question",), "humaneval": ("prompt", "canonical_solution")}
        self.match = BenchmarkMatch(paths, columns).open()
        self.programs = BenchmarkPrograms({"humaneval": paths["humaneval"]}).open()
        self.encode = TextEmbedding().open()
        self.items = {
            name: ["".join(row[c] for c in columns[name]) for row in lines(Path(path))] for name, path in paths.items()
        }
        self.vectors = self.embedded([text for of in self.items.values() for text in of])

    def embedded(self, texts: Texts) -> np.ndarray[Any, Any]:
        batch = pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
        vectors, there = matrix(self.encode(batch)["embedding"])
        assert there.all(), "no text is blank"
        return vectors

    def found(self, texts: Texts, code: Texts | None) -> Found:
        """The share of the texts that each way finds something of a benchmark in."""
        batch = pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
        shares: Found = {
            "words": share([bool(hits) for hits in self.match(batch)["benchmark_hits"].to_pylist()]),
            "trees": None,
        }
        if code is not None:
            found = self.programs(pa.RecordBatch.from_pydict({"code": pa.array(code)}))["program_hits"].to_pylist()
            shares["trees"] = share([bool(hits) for hits in found])
        nearest = (self.embedded(texts) @ self.vectors.T).max(1)
        return {**shares, **{f"cosine {threshold}": share(nearest >= threshold) for threshold in THRESHOLDS}}


def share(found: Any) -> float:
    return float(np.mean(found))


def speed(data: Path, train: Texts, programs: Texts) -> dict[str, float]:
    """MB a second of CPU time, best of several turns."""
    texts = train * 8
    batch = pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
    paths = {"gsm8k": str(data / "gsm8k/test.jsonl"), "humaneval": str(data / "humaneval/HumanEval.jsonl.gz")}
    match, trees = BenchmarkMatch(paths).open(), BenchmarkPrograms({"humaneval": paths["humaneval"]}).open()
    every = [" ".join(str(value) for value in row.values()) for path in paths.values() for row in lines(Path(path))]
    grams = {gram for item in every for gram in grams_of(item)}
    code = pa.RecordBatch.from_pydict({"code": pa.array(programs * 4)})
    plain = rate(lambda: sum(any(gram in grams for gram in grams_of(text)) for text in train), train)
    ours = rate(lambda: match(batch), texts)
    return {"words": ours, "set of tuples": plain, "ratio": ours / plain, "trees": rate(lambda: trees(code), programs * 4)}


DELETE = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)


def grams_of(text: str, gram: int = 13) -> list[tuple[str, ...]]:
    words = text.translate(DELETE).split()
    return [tuple(words[at : at + gram]) for at in range(len(words) - gram + 1)]


def rate(run: Callable[[], Any], texts: Sequence[str], turns: int = 5) -> float:
    """MB a CPU-second."""
    seconds = []
    for _ in range(turns):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return sum(len(text.encode()) for text in texts) / 1e6 / min(seconds)


if __name__ == "__main__":
    main()
