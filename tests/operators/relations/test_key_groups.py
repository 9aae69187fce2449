"""Keys through a whole audit: what is found is what pandas finds, whatever the shards."""

import numpy as np
import pandas as pd
import pytest

from engine.audit import audit
from engine.local import Local
from engine.plan import parse


def audited(tmp_path, frames, **plan):
    folder = tmp_path / "data"
    folder.mkdir()
    for at, frame in enumerate(frames):
        frame.to_csv(folder / f"{at}.csv", index=False)
    subject = {"path": str(folder), "modality": "tabular", **plan.pop("subject", {})}
    document = {"subject": subject, "metrics": {"tabular.key_uniqueness": {}}, **plan}
    report = audit(parse(document), Local(2), str(tmp_path / "out"))
    return report.results[[result.metric for result in report.results].index("tabular.key_uniqueness")]


@pytest.mark.parametrize("key", [["k"], ["k", "j"]])
def test_as_pandas_says(tmp_path, key):
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"k": random.integers(0, 300, 500), "j": random.integers(0, 3, 500), "x": range(500)}).astype(object)
    frame.loc[::50, ["k", "j"]] = None
    result = audited(tmp_path, [frame[:200], frame[200:]], relations={"key_groups": {"key": key}})
    bad = frame[key].duplicated() | frame[key].isna().all(axis=1)
    assert result.value.value == pytest.approx(1 - bad.mean())
    assert result.value.parts["missing"].value == pytest.approx(0.02)


def test_the_plan_says_which_column_is_the_id(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b", "b"], "x": [1, 1, 1]})
    result = audited(tmp_path, [frame], subject={"types": {"id": "id"}})
    assert result.value.value == pytest.approx(2 / 3)


def test_a_table_without_a_key_says_what_to_do(tmp_path):
    result = audited(tmp_path, [pd.DataFrame({"x": [1, 2]})])
    assert "types" in result.value.reason
