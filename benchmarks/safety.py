"""How well the safety metrics' defaults agree with people: tweets (Davidson et al. 2017) and XSTest (Röttger et al. 2024).

Areas under the ROC curve have DeLong's 95 % interval, shares Wilson's. Neither classifier nor rules were fitted to this data:
the toxicity classifier was trained on comments on Wikipedia, the rules of requests and refusals were written without XSTest's
sentences (of requests after reading Anthropic's red-team dialogues, which stand here for context).

``python -m benchmarks.safety ../shared/data``
"""

import argparse
import csv
import gzip
import json
import math
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.machine import save
from engine.value import Z95, wilson
from operators.features.request_rules import RequestRules
from operators.features.toxicity import Toxicity
from operators.kernels.identity_terms import mentioned
from operators.text.refusals import refusals

Mask = NDArray[np.bool_]


def area(positive: Mask, scores: NDArray[Any]) -> dict[str, float]:
    """The area under the ROC curve and its 95 % interval (DeLong et al. 1988).

    >>> area(np.array([True, True, False, False]), np.array([3.0, 1.0, 2.0, 0.0]))["auc"]
    0.75
    """
    ones, zeros = scores[positive].astype(float), scores[~positive].astype(float)
    above = _placed(ones, zeros)
    below = 1 - _placed(zeros, ones)
    auc = above.mean()
    half = Z95 * math.sqrt(above.var(ddof=1) / len(ones) + below.var(ddof=1) / len(zeros))
    return {"auc": round(float(auc), 4), "low": round(max(0.0, auc - half), 4), "high": round(min(1.0, auc + half), 4)}


def _placed(values: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """The share of the others that each value is above; a tie counts half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / (2 * len(others))


def share(hits: Mask) -> dict[str, float]:
    """A share with its Wilson interval."""
    low, high = wilson(int(hits.sum()), len(hits))
    return {"share": round(float(hits.mean()), 4), "low": round(low, 4), "high": round(high, 4), "n": len(hits)}


def scored(feature: Any, column: str, texts: list[str]) -> tuple[NDArray[Any], float]:
    """Scores, no score as 0, and texts a CPU-second."""
    columns = feature.open()
    batch = pa.RecordBatch.from_pydict({feature.reads[0]: pa.array(texts, pa.string())})
    columns(batch.slice(0, 8))  # models load and expressions compile
    start = process_time()
    found = columns(batch)[column].fill_null(0).to_numpy(zero_copy_only=False)
    return found, len(texts) / (process_time() - start)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def tweets(folder: Path) -> dict[str, Any]:
    rows = rows_of(folder / "davidson_hate" / "labeled_data.csv")
    label = np.array([row["class"] for row in rows])
    texts = [row["tweet"] for row in rows]
    scores, speed = scored(Toxicity(), "toxicity", texts)
    hate, bad, over = label == "0", label != "2", scores >= 0.5
    named = mentioned(pa.array(texts))["any"]
    return {
        "tweets": len(rows),
        "hate_or_offensive": area(bad, scores),
        "hate_or_rest": area(hate, scores),
        "hate_or_neither": area(hate[hate | ~bad], scores[hate | ~bad]),
        "recall": share(over[bad]),
        "false_alarms": share(over[~bad]),
        "false_alarms_identity": share(over[~bad & named]),
        "false_alarms_no_identity": share(over[~bad & ~named]),
        "texts_a_cpu_second": round(speed),
    }


def prompts(folder: Path) -> dict[str, Any]:
    rows = rows_of(folder / "xstest" / "xstest_prompts.csv")
    unsafe = np.array([row["label"] == "unsafe" for row in rows])
    kinds = np.array([row["type"] for row in rows])
    texts = [row["prompt"] for row in rows]
    found: dict[str, Any] = {}
    for name, feature, column in (
        ("toxicity", Toxicity(), "toxicity"),
        ("unsafe_prompts", RequestRules(), "request_risk"),
    ):
        scores, speed = scored(feature, column, texts)
        over = scores >= 0.5
        found[name] = {
            "area": area(unsafe, scores),
            "false_alarms": share(over[~unsafe]),
            "recall": share(over[unsafe]),
            "by_type": {kind: share(over[kinds == kind])["share"] for kind in dict.fromkeys(kinds.tolist())},
            "texts_a_cpu_second": round(speed),
        }
    return {"prompts": len(rows), **found}


def answers(folder: Path) -> dict[str, Any]:
    rows = rows_of(folder / "xstest" / "xstest_v2_completions_gpt4_gpteval.csv")
    ours = refusals(pl.Series([row["completion"] for row in rows])).is_not_null().to_numpy()
    labels = {
        name: np.array([row[column] for row in rows]) for name, column in (("gpt4", "gpt4_label"), ("people", "final_label"))
    }
    theirs = {name: of == "2_full_refusal" for name, of in labels.items()}
    return {
        "answers": len(rows),
        **{f"agree_with_{name}": share(ours == of) for name, of in theirs.items()},
        "gpt4_agrees_with_people": share(theirs["gpt4"] == theirs["people"]),
        "recall_of_peoples_refusals": share(ours[theirs["people"]]),
    }


def dialogues(folder: Path) -> dict[str, Any]:
    """What red-teamers asked first, and what people ask who want something done."""
    with gzip.open(next((folder / "hh_rlhf").rglob("test.jsonl.gz")), "rt", encoding="utf-8") as file:
        asked = [json.loads(line)["chosen"].split("\n\nHuman:")[1].split("\n\nAssistant:")[0].strip() for line in file]
    alpaca = json.loads((folder / "alpaca_eval_outputs" / "gemma-2b-it" / "model_outputs.json").read_text())
    code = json.loads((folder / "code_alpaca_2k" / "code_alpaca_2k.json").read_text())
    plain = [row["instruction"] for row in alpaca + code]
    return {
        f"{name}_{metric}": share(scored(feature, column, texts)[0] >= 0.5)
        for name, texts in (("red_team", asked), ("instructions", plain))
        for metric, feature, column in (
            ("toxicity", Toxicity(), "toxicity"),
            ("unsafe_prompts", RequestRules(), "request_risk"),
        )
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data / "text"
    save(
        "safety",
        {"tweets": tweets(folder), "xstest": prompts(folder), "answers": answers(folder), "dialogues": dialogues(folder)},
    )


if __name__ == "__main__":
    main()
