"""Pairs behind a number: both records are shown, whichever side the other is of, with what differs."""

from dataclasses import replace

import pytest

from engine.audit import audit, load, survey
from engine.corpus import Layout
from engine.exhibits import exhibits, whole_layout
from engine.job import Job
from engine.local import Local
from engine.provenance import Provenance
from engine.report.model import Record, pair_key
from engine.schema import Side, record_id
from engine.stages import Run, quiet
from engine.value import Evidence
from tests.engine.corpora import texts, write_parquet, write_plan

ROWS = [text for text in texts(300, seed=3) if len(text.split()) > 20]
METRICS = '[metrics."corpus.near_duplicates"]\n[metrics."corpus.near_overlap"]\n[metrics."text.ngram_jsd"]\n'


def edited(text, at, word):
    """The text with another word at a place: a near-duplicate where that is near an end."""
    words = text.split()
    words[at] = word
    return " ".join(words)


LONG = " ".join(texts(60, seed=4))
SUBJECT = [*ROWS[:80], edited(ROWS[3], -1, "changed"), LONG, edited(LONG, 900, "<b>changed</b>")]
REFERENCE = [*texts(40, seed=9), edited(ROWS[5], -1, "altered")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    subject, reference = write_parquet(folder / "s", SUBJECT, 3, 10), write_parquet(folder / "r", REFERENCE, 2, 10)
    write_plan(folder / "earlier.toml", subject, extra='[metrics."corpus.near_duplicates"]')
    audit(load(folder / "earlier.toml"), Local(1), str(folder / "earlier"))
    head = f'known = ["{folder / "earlier"}"]\n'
    plan = write_plan(folder / "audit.toml", subject, reference, METRICS)
    plan.write_text(head + plan.read_text())
    audit(load(plan), Local(1), str(folder / "out"))
    return folder


@pytest.fixture(scope="module")
def report(folder):
    return audit(load(folder / "audit.toml"), Local(1), str(folder / "out"))


def both(report, metric):
    """The texts of each pair, as the report shows them."""
    found = report.result(metric).value.evidence
    return {report.exhibit(item).pair.fields["text"] for item in found}


def test_pairs_of_the_subject_are_the_planted_ones_the_least_alike_first(report):
    value = report.result("corpus.near_duplicates").value
    scores = [item.score for item in value.evidence]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 0.2 + 1e-9 for score in scores)
    assert all(item.note.endswith(" % alike") and item.other < item.record for item in value.evidence)
    assert (SUBJECT[80], ROWS[3]) in {(left.text, right.text) for left, right in both(report, "corpus.near_duplicates")}


def test_the_other_record_of_an_overlap_is_read_from_the_reference(report):
    (item,) = report.result("corpus.near_overlap").value.evidence
    shown = report.exhibit(item)
    assert shown.record.fields["text"] == ROWS[5][:500]
    assert shown.other.fields["text"] == REFERENCE[-1][:500]
    path, row = shown.other.where.rsplit(":", 1)
    assert path.endswith("r/part-001.parquet")
    assert int(row) == 19
    assert [cell.text for cell in shown.pair.fields["text"]] == [ROWS[5], REFERENCE[-1]]


def test_a_difference_far_into_a_text_is_what_is_shown(report):
    (pair,) = [pair for pair in both(report, "corpus.near_duplicates") if pair[0].characters > 2_000]
    assert pair[0].start == pair[1].start > 1_000
    assert "<b>changed</b>" in pair[0].text
    assert "<b>changed</b>" not in pair[1].text


def test_the_page_marks_it_and_nothing_in_it_is_run(folder):
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "<mark>&lt;b&gt;changed&lt;/b&gt;</mark>" in page
    assert "<b>" not in page
    assert "- changed" in (folder / "out" / "report.md").read_text(encoding="utf-8")


def test_a_record_of_an_earlier_corpus_is_named(folder, report):
    plan, graph, available = survey(load(folder / "audit.toml"))
    job = Job(plan, graph, str(folder / "out"))
    manifests = {side: job.manifest(side) for side in (Side.SUBJECT, Side.REFERENCE)}
    layout = whole_layout(job, manifests)
    units = [len(manifest.units) for manifest in manifests.values()]
    assert layout == Layout({Side.SUBJECT: 0, Side.REFERENCE: units[0]}, (sum(units),))
    item = Evidence(0, 1.0, other=record_id(sum(units) + 1, 2))
    result = report.result("corpus.near_duplicates")
    result = replace(result, value=result.value.with_(evidence=(item,), parts={}))
    read = {side: [unit.rows for unit in manifest.units] for side, manifest in manifests.items()}
    run = Run(job, Local(1), quiet, Provenance("test"))
    records, pairs = exhibits(run, manifests, read, layout, [result], available)
    assert records[str(item.other)] == Record(f"record 2 of unit 1 of {folder / 'earlier'}", {})
    assert records["0"].fields["text"] == SUBJECT[0][:500]
    assert pair_key(item) not in pairs
