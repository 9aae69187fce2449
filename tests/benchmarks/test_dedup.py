import sys
from pathlib import Path

import numpy as np

from benchmarks.dedup import Contestant, compare, table
from benchmarks.near_corpus import NearCorpus

SAVE = "import sys, numpy; numpy.save(sys.argv[1], numpy.array(eval(sys.argv[2])))"


def side(name: str, removed: str, **kind: bool) -> Contestant:
    """A contestant that removes the rows it is told."""
    return Contestant(
        name,
        lambda corpus, work: [sys.executable, "-c", SAVE, str(work / "rows.npy"), removed],
        lambda work: np.load(work / "rows.npy"),
        **kind,
    )


def test_sides_run_in_turn_and_are_compared_with_the_truth(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    NearCorpus().write(corpus, 200)
    np.save(tmp_path / "corpus-exact-0.8.npy", np.array([3, 5, 8, 9]))
    sides = [side("auditor", "[3, 5, 8]"), side("loose", "[3, 5, 8, 9, 10]", slow=True), side("hash", "[3]", exact=True)]
    found = compare(sides, corpus, 2)
    assert [found[name]["runs"] for name in ("auditor", "loose", "hash")] == [2, 1, 2]
    assert (found["auditor"]["recall"], found["auditor"]["precision"]) == (0.75, 1.0)
    assert (found["loose"]["recall"], found["loose"]["precision"]) == (1.0, 0.8)
    assert "recall" not in found["hash"]
    lines = table({**found, "twice": {**found["auditor"], "cpu_seconds": 2 * found["auditor"]["cpu_seconds"]}})
    assert lines[2].split(" | ")[2] == "1.000"
    assert lines[-1].split(" | ")[2] == "0.500"


def test_the_truth_is_kept_beside_the_corpus(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    NearCorpus().write(corpus, 200)
    found = compare([side("nothing", "[]")], corpus, 1)
    assert (tmp_path / "corpus-exact-0.8.npy").exists()
    assert found["nothing"]["recall"] == 0.0
