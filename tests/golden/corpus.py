"""A corpus of literal texts for golden values: nothing random, so that a change of value is a change of ours."""

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

from engine.audit import audit, load
from engine.local import Local
from engine.report.model import plain
from tests.engine.corpora import write_parquet, write_plan

SUBJECTS = ("the model", "a careful reader", "our neighbour", "the old library", "that question", "she")
VERBS = ("writes", "reads", "explains", "forgets", "repeats")
ENDS = ("the answer to the question.", "a story that nobody has heard before!", "what we should have done with it?", "it again")
ODD = (
    "",
    "   ",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "- one\n- two\n- three\n- four",
    "x\x00y",
    "def f(x): { return x }",
    "C'est une phrase en français, avec des accents : été, garçon, œuvre. Elle est assez longue pour être reconnue.",
    "这是一个中文句子。模型写了很多文字。",
    "same line\nsame line\nsame line\nsame line",
)


def subject() -> list[str]:
    """120 sentences of a small grammar in groups of four, and some odd texts; some of both twice."""
    sentences = [f"{s.capitalize()} {v} {e}" for s, v, e in itertools.product(SUBJECTS, VERBS, ENDS)]
    grouped = [" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    return [*grouped, *ODD, *grouped[:5], ODD[2]]


def reference() -> list[str]:
    """Other sentences of the same grammar, and three copies."""
    sentences = [f"Then {s} {v} {e}" for v, s, e in itertools.product(VERBS, SUBJECTS, ENDS)]
    return [*(" ".join(sentences[at : at + 3]) for at in range(0, len(sentences), 3)), *subject()[:3]]


def measure() -> dict[str, Any]:
    """Every metric's value over the corpus, with the paths of files from there."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [write_parquet(folder / side, rows, 2) for side, rows in (("s", subject()), ("r", reference()))]
        report = audit(load(write_plan(folder / "audit.toml", *paths)), Local(1), str(folder / "out"))
        values = {result.metric: plain(result.value) for result in report.results if result.value is not None}
        measured: dict[str, Any] = json.loads(json.dumps(values).replace(f"{folder}/", ""))
    return measured
