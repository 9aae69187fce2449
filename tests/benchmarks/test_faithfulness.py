import json

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.faithfulness import auc, by_summary, measures, qags, with_interval


def test_the_auc_is_scikit_learns():
    random = np.random.default_rng(3)
    true = random.random(300) < 0.3
    scores = np.round(true + random.normal(size=300), 1)
    assert auc(scores, true) == pytest.approx(roc_auc_score(true, scores))


def written(path):
    def sentence(text, *votes):
        return {"sentence": text, "responses": [{"worker_id": at, "response": vote} for at, vote in enumerate(votes)]}

    records = [
        {
            "article": "the cat sat on the mat",
            "summary_sentences": [sentence("the cat sat", "yes", "yes", "no"), sentence("a dog ran off", "no", "no", "yes")],
        },
        {"article": "it rained all day", "summary_sentences": [sentence("it rained", "yes", "yes", "yes")]},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return qags(path)


def test_a_sentence_is_true_where_most_say_so(tmp_path):
    of = written(tmp_path / "qags.jsonl")
    assert of.true.tolist() == [True, False, True]
    assert of.articles.tolist() == [0, 0, 1]
    found = measures(of)
    assert found["text.extractive_coverage"].tolist() == [1.0, 0.0, 1.0]
    assert np.isnan(found["text.fact_precision"]).all()
    assert with_interval(found["text.novel_ngrams, 1 - novel_2"], of)["auc"] == 1.0
    assert by_summary(found["text.extractive_coverage"], of)["summaries"] == 2
