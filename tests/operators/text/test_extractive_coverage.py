import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.kernels.fragments import fragments
from operators.text.extractive_coverage import ExtractiveCoverage, measured


def published(text, source):
    """The procedure of Grusky et al. 2018, figure 3, as written there."""
    found, i = [], 0
    while i < len(text):
        best, j = [], 0
        while j < len(source):
            if text[i] == source[j]:
                a, b = i, j
                while a < len(text) and b < len(source) and text[a] == source[b]:
                    a, b = a + 1, b + 1
                if len(best) < a - i:
                    best = text[i:a]
                j = b
            else:
                j += 1
        i += max(len(best), 1)
        if best:
            found.append(best)
    return found


def longest(text, source):
    """The same without the figure's shortcut of going on behind a match, which misses runs that overlap it."""
    found, i = [], 0
    while i < len(text):
        size = 0
        for j in range(len(source)):
            run = 0
            while i + run < len(text) and j + run < len(source) and text[i + run] == source[j + run]:
                run += 1
            size = max(size, run)
        if size:
            found.append(text[i : i + size])
        i += max(size, 1)
    return found


def kernel(text, source):
    words = [np.array(side, np.uint64) for side in (text, source)]
    offsets = [np.array([0, len(side)]) for side in words]
    return fragments(offsets[0], words[0], offsets[1], words[1])[0].tolist()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=25), st.lists(st.integers(0, 3), max_size=25))
def test_equals_the_definition(text, source):
    found = longest(text, source)
    assert kernel(text, source) == [sum(map(len, found)), sum(len(piece) ** 2 for piece in found)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=25, unique=True), st.lists(st.integers(0, 1000), max_size=25, unique=True))
def test_equals_the_published_procedure_where_no_word_repeats(text, source):
    found = published(text, source)
    assert kernel(text, source) == [sum(map(len, found)), sum(len(piece) ** 2 for piece in found)]


def test_the_published_procedure_misses_runs_that_overlap_a_match():
    text, source = [1, 1, 2], [1, 1, 1, 2]
    assert [len(piece) for piece in published(text, source)] == [2, 1]
    assert kernel(text, source) == [3, 9]


def test_hostile_texts_are_bounded():
    same = np.zeros(100_000, np.uint64)
    assert kernel(same, same) == [100_000, 100_000**2]
    assert kernel(np.arange(10) % 2, same) == [5, 5]


def measure(texts, contexts):
    columns = {
        "_id": pa.array(range(len(texts)), pa.int64()),
        "_fault": pa.nulls(len(texts), pa.string()),
        "text": pa.array(texts, pa.string()),
        "context": pa.array(contexts, pa.string()),
    }
    return ExtractiveCoverage().value(ExtractiveCoverage().fold(pa.RecordBatch.from_pydict(columns)))


def test_by_hand():
    value = measure(["A cat sat", "x y", "", None, "z"], ["the CAT sat. a", "y", "y", "y", None])
    assert value.value == pytest.approx((1 + 0.5) / 2)
    assert value.parts["density"].value == pytest.approx((5 / 3 + 0.5) / 2)
    assert value.skipped == {"no text or no context": 2, "no word, or too many": 1}
    assert value.evidence[0].note == "50% of 2 words are the source's"


SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "text" / "qags"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
@pytest.mark.parametrize(("name", "least"), [("cnndm", 0.7), ("xsum", 0.5)])
def test_density_tells_faithful_summaries(name, least):
    from sklearn.metrics import roc_auc_score

    records = [json.loads(line) for line in (SHARED / f"mturk_{name}.jsonl").read_text().splitlines()]
    texts = [" ".join(sentence["sentence"] for sentence in record["summary_sentences"]) for record in records]
    faithful = [
        all(sum(answer["response"] == "yes" for answer in s["responses"]) >= 2 for s in r["summary_sentences"]) for r in records
    ]
    _, words, found = measured(pa.array(texts), pa.array([record["article"] for record in records]))
    assert roc_auc_score(faithful, found[:, 1] / words) > least
