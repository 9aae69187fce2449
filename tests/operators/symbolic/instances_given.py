"""Instances of templates for tests: batches of them, and solutions of ../shared."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "symbolic" / "gsm8k"
MODELS = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"]
needs_data = pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")


def measure(metric, templates, solutions, gold, sources=None):
    n = len(templates)
    columns = {
        "_id": pa.array(range(n), pa.int64()),
        "_fault": pa.nulls(n, pa.string()),
        "template": pa.array(templates, pa.string()),
        "source": pa.array(sources or [None] * n, pa.string()),
        "solution": pa.array(solutions, pa.string()),
        "gold": pa.array(gold, pa.string()),
    }
    batch = pa.RecordBatch.from_pydict(columns)
    middle = n // 2
    return metric.value(metric.fold(batch[middle:]) + metric.fold(batch[:middle]))


def judged():
    """Four solutions of each problem stand in for four instances: templates, solutions, gold, sources; their verdicts."""
    records = [json.loads(line) for line in (SHARED / "example_model_solutions.jsonl").read_text().splitlines()]
    rows = [(r["question"], r[model]["solution"], r["ground_truth"], model) for model in MODELS for r in records]
    hits = np.array([[r[model]["is_correct"] for model in MODELS] for r in records], float)
    return list(map(list, zip(*rows, strict=True))), hits
