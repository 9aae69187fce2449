"""Each faithfulness measure that needs no model against human verdicts: QAGS on CNN/DailyMail and XSum, HaluEval's general set.

``python -m benchmarks.faithfulness QAGS_FOLDER HALUEVAL.json``: the area under the ROC curve with a bootstrap interval over
articles, by summary sentence (consistent: most of three votes) and by answer (free of hallucination; the query is the
context); and by summary the rank correlation with the share of sentences found consistent, as others report it.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from benchmarks.machine import save
from operators.text.extractive_coverage import measured
from operators.text.fact_precision import looked_up
from operators.text.novel_ngrams import novel_shares

DRAWS = 2000
PUBLISHED = {
    "source": "Zha et al. 2023 (AlignScore), README of github.com/yuh-zha/AlignScore, comparison with LLM-based metrics",
    "spearman": {
        "AlignScore-large (355M)": {"QAGS XSum": 0.572, "QAGS CNN/DM": 0.739},
        "AlignScore-base (125M)": {"QAGS XSum": 0.519, "QAGS CNN/DM": 0.690},
        "G-Eval, GPT-4": {"QAGS XSum": 0.537, "QAGS CNN/DM": 0.685},
        "FActScore, changed, GPT-3.5": {"QAGS XSum": 0.512, "QAGS CNN/DM": 0.576},
        "GPTScore, GPT-3.5": {"QAGS XSum": 0.227, "QAGS CNN/DM": 0.644},
        "ChatGPT (Chen et al. 2023)": {"QAGS XSum": 0.533, "QAGS CNN/DM": 0.527},
    },
}
NOT_MEASURED = {
    "text.summac": "its model of entailment has to be fetched, and none was at hand",
    "text.self_check": "neither set has other answers of the same model",
}


class Judged(NamedTuple):
    """Texts with the document each should be true to, whether people found it so, and the article it belongs to."""

    texts: list[str]
    contexts: list[str]
    true: NDArray[np.bool_]
    articles: NDArray[np.int64]


def qags(path: Path) -> Judged:
    rows = []
    for article, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        record = json.loads(line)
        for sentence in record["summary_sentences"]:
            votes = [vote["response"] == "yes" for vote in sentence["responses"]]
            rows.append((sentence["sentence"], record["article"], 2 * sum(votes) > len(votes), article))
    return judged(rows)


def halueval(path: Path) -> Judged:
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return judged([(r["chatgpt_response"], r["user_query"], r["hallucination"] == "no", at) for at, r in enumerate(records)])


def judged(rows: Sequence[tuple[str, str, bool, int]]) -> Judged:
    texts, contexts, true, articles = zip(*rows, strict=True)
    return Judged(list(texts), list(contexts), np.array(true), np.array(articles))


def measures(of: Judged) -> dict[str, NDArray[np.float64]]:
    """By measure the score of each text, higher where it should be truer; NaN where it has none."""
    texts, contexts = pa.array(of.texts), pa.array(of.contexts)
    rows, words, found = measured(texts, contexts)
    coverage, density = (np.full(len(texts), np.nan) for _ in range(2))
    coverage[rows], density[rows] = found[:, 0] / words, found[:, 1] / words
    facts = looked_up(texts, contexts)
    count = (facts["numbers"].list.len() + facts["names"].list.len()).to_numpy().astype(np.float64)
    precision = 1 - facts["missing"].list.len().to_numpy() / np.where(count > 0, count, np.nan)
    novel = {f"text.novel_ngrams, 1 - {name}": 1 - share for name, share in novel_shares(texts, contexts).items()}
    return {
        "text.extractive_coverage": coverage,
        "text.extractive_coverage, density": density,
        "text.fact_precision": precision,
        **novel,
    }


def auc(scores: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    """The chance that a true text scores higher than one that is not; ties count half.

    >>> auc(np.array([1.0, 2.0, 2.0]), np.array([False, True, False]))
    0.75
    """
    ranks = stats.rankdata(scores)
    n = int(true.sum())
    return float((ranks[true].sum() - n * (n + 1) / 2) / (n * (len(true) - n)))


def with_interval(scores: NDArray[np.float64], of: Judged) -> dict[str, Any]:
    """The AUC of the texts that have a score, and the middle 95 % of it over articles drawn with replacement."""
    there = ~np.isnan(scores)
    scores, true, articles = scores[there], of.true[there], of.articles[there]
    _, article = np.unique(articles, return_inverse=True)
    members = np.split(np.argsort(article, kind="stable"), np.cumsum(np.bincount(article))[:-1])
    random, drawn = np.random.default_rng(7), []
    for _ in range(DRAWS):
        at = np.concatenate([members[i] for i in random.integers(0, len(members), len(members))])
        if 0 < true[at].sum() < len(at):
            drawn.append(auc(scores[at], true[at]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"auc": round(auc(scores, true), 3), "low": round(float(low), 3), "high": round(float(high), 3), "n": len(true)}


def by_summary(scores: NDArray[np.float64], of: Judged) -> dict[str, Any]:
    """Correlations of a summary's mean score with the share of its sentences that are consistent."""
    articles = np.unique(of.articles[~np.isnan(scores)])
    mine = [np.nanmean(scores[of.articles == article]) for article in articles]
    theirs = [of.true[of.articles == article].mean() for article in articles]
    pearson, spearman = stats.pearsonr(mine, theirs).statistic, stats.spearmanr(mine, theirs).statistic
    return {"pearson": round(float(pearson), 3), "spearman": round(float(spearman), 3), "summaries": len(articles)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("qags", type=Path)
    parser.add_argument("halueval", type=Path)
    given = parser.parse_args()
    sets = {
        "QAGS CNN/DM": qags(given.qags / "mturk_cnndm.jsonl"),
        "QAGS XSum": qags(given.qags / "mturk_xsum.jsonl"),
        "HaluEval general": halueval(given.halueval),
    }
    rows: dict[str, dict[str, Any]] = {}
    for name, of in sets.items():
        for measure, scores in measures(of).items():
            found = with_interval(scores, of)
            rows.setdefault(measure, {})[name] = found | (by_summary(scores, of) if name.startswith("QAGS") else {})
    shares = {name: {"texts": len(of.texts), "true": round(float(of.true.mean()), 3)} for name, of in sets.items()}
    save("faithfulness", {"sets": shares, "measures": rows, "published": PUBLISHED, "not_measured": NOT_MEASURED})


if __name__ == "__main__":
    main()
