"""Chains of parents against walking them one by one, in one file and in several."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit import audit, load
from engine.local import Local
from operators.relations.parents import NONE, UNKNOWN, chains
from tests.operators.vision_language.media_given import audited, encoded, scene

NAME = "vision_language.lineage_graph"


def walked(parents, at):
    """Where the chain of a record goes, step by step."""
    seen, now, steps = set(), at, 0
    while parents[now] >= 0:
        if now in seen:
            return "cyclic", None, None
        seen.add(now)
        now, steps = parents[now], steps + 1
    if parents[now] == UNKNOWN:
        return "unknown", None, None
    return ("whole", steps, now) if steps else ("root", 0, now)


@given(st.lists(st.integers(-2, 14), min_size=1, max_size=15))
def test_chains_are_those_of_walking(drawn):
    parents = [one if one < len(drawn) else UNKNOWN for one in drawn]
    nodes = np.arange(len(parents)) * 7 + 3
    given_as = np.array([nodes[one] if one >= 0 else (NONE, UNKNOWN)[one == UNKNOWN] for one in parents])
    found = chains(nodes, given_as).to_pylist()
    for at, row in enumerate(found):
        state, depth, end = walked(parents, at)
        assert (row["parent_state"], row["parent_depth"]) == (state, depth)
        assert row["ancestor_id"] == (None if end is None else nodes[end])


IDS = ["a", "b", "c", "d", "e", "f", "g", None]
PARENTS = [None, "a", "b", "gone", "f", "e", "d", "a"]


def test_the_share_of_whole_chains(tmp_path):
    images = [encoded(scene(at, (20, 20))) for at in range(8)]
    columns = {"image": images, "id": pa.array(IDS), "parent_id": pa.array(PARENTS)}
    value = audited(tmp_path, [NAME], **columns).result(NAME).value
    assert (value.value, value.n, value.skipped) == (3 / 7, 7, {"names no parent": 1})
    assert (value.parts["unknown"].value, value.parts["cyclic"].value) == (2 / 7, 2 / 7)
    assert {entry.record: entry.note for entry in value.evidence} == {3: "unknown", 4: "cyclic", 5: "cyclic", 6: "unknown"}


@pytest.mark.parametrize("cut", [1, 3, 8])
def test_the_cut_changes_nothing(tmp_path, cut):
    folder = tmp_path / "data"
    folder.mkdir()
    for at in range(0, 8, cut):
        rows = {"caption": ["x"] * len(IDS[at : at + cut]), "id": IDS[at : at + cut], "parent_id": PARENTS[at : at + cut]}
        pq.write_table(
            pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()}), folder / f"{at}.parquet"
        )
    plan = tmp_path / "plan.toml"
    plan.write_text(f'[subject]\npath = "data/*.parquet"\nmodality = "vision_language"\n[metrics."{NAME}"]\n')
    value = audit(load(plan), Local(2), str(tmp_path / "out")).result(NAME).value
    assert (value.value, value.n) == (3 / 7, 7)
