"""Metrics that share a state: it is folded, stored and merged once, and each has the value that it has alone."""

import numpy as np
import pandas as pd
import pytest

from engine.audit import audit
from engine.graph import resolve_names
from engine.job import state_file
from engine.local import Local
from engine.plan import parse
from engine.schema import Modality, Side
from engine.store import Store
from operators.table import profile

NAMES = ("tabular.column_shapes", "tabular.column_pairs", "tabular.missing_similarity")
SHARED = "tabular.profile"


@pytest.fixture
def tables(tmp_path):
    random = np.random.default_rng(1)
    for side in ("subject", "reference"):
        frame = pd.DataFrame(
            {"x": random.normal(size=900), "y": random.integers(0, 9, 900), "c": random.choice(list("abc"), 900)}
        )
        (tmp_path / side).mkdir()
        for at in range(3):
            frame[at * 300 : (at + 1) * 300].to_csv(tmp_path / side / f"{at}.csv", index=False)
    return tmp_path


def audited(tables, names, out):
    document = {
        "subject": {"path": str(tables / "subject"), "modality": "tabular"},
        "reference": {"path": str(tables / "reference")},
        "metrics": {name: {} for name in names},
    }
    report = audit(parse(document), Local(1), str(tables / out))
    return {result.metric: result.value for result in report.results if result.metric in names}


def test_a_pass_folds_one_of_them():
    available = dict.fromkeys((Side.SUBJECT, Side.REFERENCE), ("row",))
    graph = resolve_names([*NAMES, "tabular.column_types"], available, Modality.TABULAR)
    assert [[*graph.folding(step)] for step in graph.passes] == [[SHARED, "tabular.column_types"], [SHARED]]
    assert {graph.state_name(name) for name in NAMES} == {SHARED}


def test_it_is_folded_stored_and_merged_once(tables, monkeypatch):
    folded = []
    fold = profile.fold

    def counting(batch):
        folded.append(len(batch))
        return fold(batch)

    monkeypatch.setattr("operators.tabular._profiled.fold", counting)
    together = audited(tables, NAMES, "all")
    assert sum(folded) == 1800  # every row of both sides, once
    store = Store(str(tables / "all"))
    for side in ("subject", "reference"):
        for unit in range(3):
            assert [*store.read_packed(state_file(side, unit))["states"]] == [SHARED]
    monkeypatch.undo()
    for name in NAMES:
        assert audited(tables, [name], name)[name] == together[name]


def test_where_it_fails_all_of_them_do_and_no_other(tables, monkeypatch):
    def failing(batch):
        raise ValueError("no profile today")

    monkeypatch.setattr("operators.tabular._profiled.fold", failing)
    document = {
        "subject": {"path": str(tables / "subject"), "modality": "tabular"},
        "reference": {"path": str(tables / "reference")},
        "metrics": {name: {} for name in (*NAMES, "tabular.column_types")},
    }
    report = audit(parse(document), Local(1), str(tables / "out"))
    status = {result.metric: (str(result.status), result.reason) for result in report.results}
    for name in NAMES:
        assert status[name] == ("failed", "ValueError: no profile today")
    assert status["tabular.column_types"][0] == "measured"
