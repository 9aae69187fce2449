import csv
from collections import defaultdict
from pathlib import Path

import pyarrow as pa
import pytest
from drain3.drain import Drain
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.semistructured.log_grouping import LogGrouping

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "semi" / "loghub"
SYSTEMS = ["Apache", "BGL", "HDFS", "Linux", "OpenSSH", "Spark"]


def measure(right, parsed, **parameters):
    size = len(right)
    columns = {"template": pa.array(right, pa.string()), "parsed_template": pa.array(parsed, pa.string())}
    metric = LogGrouping(**parameters)
    batch = pa.RecordBatch.from_pydict({"_id": range(size), "_fault": pa.nulls(size, pa.string()), **columns})
    return metric.value(metric.fold(batch))


def scores(value):
    return {"GA": value.value, **{name: part.value for name, part in value.parts.items()}}


def published(right, parsed):
    """The formulas of loghub-2.0's evaluator, slowly: every group beside every line."""

    def groups(templates):
        lines = defaultdict(set)
        for line, template in enumerate(templates):
            lines[template].add(line)
        return lines

    gold, said = groups(right), groups(parsed)
    accurate = [template for template, lines in gold.items() if any(lines == others for others in said.values())]
    correct = [template for template, lines in said.items() if {right[line] for line in lines} == {template}]
    found = {
        "GA": sum(len(gold[template]) for template in accurate) / len(right),
        "PA": sum(a == b for a, b in zip(right, parsed, strict=True)) / len(right),
    }
    for letter, hits in (("G", len(accurate)), ("T", len(correct))):
        precision, recall = hits / len(said), hits / len(gold)
        f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
        found |= {f"P{letter}A": precision, f"R{letter}A": recall, f"F{letter}A": f1}
    return found


def test_by_hand():
    right = ["open <*>", "open <*>", "close <*>", "close <*>", "fail", "fail", None]
    parsed = ["open <*>", "open <*>", "close 1", "close 2", "fail", None, "x"]
    value = measure(right, parsed)
    assert (value.n, value.skipped) == (6, {"no right template": 1})
    # Of the three groups one is right; five templates were parsed, of which two ("open <*>", "fail") are right.
    assert scores(value) == pytest.approx(
        {"GA": 2 / 6, "PA": 3 / 6, "PGA": 1 / 5, "RGA": 1 / 3, "FGA": 1 / 4, "PTA": 2 / 5, "RTA": 2 / 3, "FTA": 1 / 2}
    )
    assert [entry.record for entry in value.evidence] == [2, 3, 5]


def test_no_overlap_at_all():
    assert scores(measure(["a", "b"], ["c", "c"])) == dict.fromkeys(["GA", "PA", "PGA", "RGA", "FGA", "PTA", "RTA", "FTA"], 0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("abcdefg")), min_size=1, max_size=40))
def test_the_published_formulas(lines):
    right, parsed = zip(*lines, strict=True)
    assert scores(measure(list(right), list(parsed))) == pytest.approx(published(right, parsed), abs=1e-12)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("similarity", [0.4, 0.8])
def test_a_parser_on_loghub(system, similarity):
    with (SHARED / system / f"{system}_2k.log_structured.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 2000
    drain = Drain(sim_th=similarity)
    clusters = [drain.add_log_message(line["Content"])[0] for line in lines]
    right, parsed = [line["EventTemplate"] for line in lines], [cluster.get_template() for cluster in clusters]
    assert scores(measure(right, parsed)) == pytest.approx(published(right, parsed), abs=1e-15)
    assert scores(measure(right, right)) == dict.fromkeys(published(right, right), 1.0)


def test_many_templates_are_sampled():
    right = [f"event {at % 2000}" for at in range(10_000)]
    parsed = [template if hash_of(template) % 2 else f"{template} {at % 7}" for at, template in enumerate(right)]
    exact, sampled = measure(right, parsed), measure(right, parsed, size=1024)
    assert (exact.estimator, sampled.estimator) == ("exact", "sample")
    assert sampled.value == pytest.approx(exact.value, abs=0.05)
    assert sampled.parts["FGA"].value == pytest.approx(exact.parts["FGA"].value, abs=0.05)
    assert sampled.parts["PA"].value == exact.parts["PA"].value


def hash_of(text):
    return int(text.split()[1]) * 2654435761 >> 7


def test_a_parser_that_groups_nothing():
    value = measure(["a"] * 200, [f"a {at}" for at in range(200)], size=16)
    assert value.value is None
    assert value.parts["PA"].value == 0.0
