"""Every planted fault that has a metric is found by it, and nothing else is: to the record."""

import filecmp
import io
import json

import pytest
from rich.console import Console

from engine.audit import read_report
from engine.demo.corpus import write_corpus
from engine.demo.run import run_demo
from engine.errors import StoreError


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo"
    run_demo(folder, 0, Console(file=io.StringIO(), width=120))
    planted = json.loads((folder / "corpus/planted.json").read_text())
    return folder, planted


def value(demo, modality, metric):
    return read_report(str(demo[0] / "out" / modality)).result(metric).value


def count(demo, modality, *names):
    return sum(demo[1][modality][name]["count"] for name in names)


def test_repeats_are_found_in_every_modality(demo):
    for modality, name, also in [
        ("symbolic", "repeats an earlier problem", 0),
        ("semistructured", "repeats an earlier document", 0),
        ("vision_language", "repeats an earlier picture and caption", 0),
        ("agent", "repeats an earlier trajectory", 0),
    ]:
        found = value(demo, modality, "corpus.exact_duplicates")
        assert found.value * found.n == pytest.approx(count(demo, modality, name) + also), modality


def test_text_repeats_and_leaks(demo):
    found = value(demo, "text", "corpus.exact_duplicates")
    copied = value(demo, "text", "corpus.exact_overlap")
    assert copied.value * copied.n == pytest.approx(count(demo, "text", "copies a reference document"))
    empty = count(demo, "text", "empty answer") - 1
    records = [json.loads(line) for shard in range(3) for line in _lines(demo[0] / f"corpus/text/{shard}.jsonl.gz")]
    assert found.value * found.n == pytest.approx(len(records) - len({record["response"] for record in records}))
    assert found.value * found.n >= count(demo, "text", "repeats an earlier answer") + empty


def _lines(path):
    import gzip

    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        try:
            json.loads(line)
        except ValueError:
            continue
        yield line


def test_text_faults(demo):
    report = read_report(str(demo[0] / "out/text"))
    broken = count(demo, "text", "malformed JSON line")
    assert report.sides["subject"].records.quarantined == broken == report.quarantine.total
    well_formed = value(demo, "text", "text.well_formed")
    bad = round((1 - well_formed.value) * well_formed.n)
    assert bad == count(demo, "text", "empty answer", "control characters", "malformed JSON line")
    language = value(demo, "text", "text.language_id")
    other = round((1 - language.value) * language.n)
    assert other == count(demo, "text", "French instead of English")
    repetition = value(demo, "text", "text.gopher_repetition")
    assert round((1 - repetition.value) * repetition.n) >= count(demo, "text", "one sentence over and over")


def test_symbolic_faults(demo):
    programs = value(demo, "symbolic", "symbolic.python_syntax")
    assert round((1 - programs.value) * programs.n) == count(demo, "symbolic", "syntax error")
    steps = value(demo, "symbolic", "symbolic.arithmetic_steps")
    assert round((1 - steps.value) * steps.n) >= count(demo, "symbolic", "wrong sum")


def test_tabular_faults(demo):
    types = value(demo, "tabular", "tabular.column_types")
    assert round((1 - types.value) * types.n) == count(demo, "tabular", "word in a column of numbers")
    copied = value(demo, "tabular", "corpus.exact_overlap")
    assert round(copied.value * copied.n) == count(demo, "tabular", "copies a reference row")
    assert copied.parts["also in the holdout"].value == 0.0


def test_json_image_and_agent_faults(demo):
    strict = value(demo, "semistructured", "semistructured.strict_json")
    assert round((1 - strict.value) * strict.n) == count(demo, "semistructured", "cut short", "key given twice", "NaN")
    images = value(demo, "vision_language", "vision_language.image_decodes")
    truncated = count(demo, "vision_language", "truncated image")
    assert round((1 - images.value) * images.n) == truncated
    report = read_report(str(demo[0] / "out/vision_language"))
    assert report.sides["subject"].records.quarantined == truncated, "an image that cannot be read is quarantined too"
    assert report.quarantine.causes == {"image fault (truncated)": truncated}
    trajectories = value(demo, "agent", "agent.trajectory_format")
    bad = count(demo, "agent", "arguments are not JSON", "result without a call", "ends before the result")
    assert round((1 - trajectories.value) * trajectories.n) == bad
    calls = value(demo, "agent", "agent.call_validity")
    refused = count(demo, "agent", "arguments are not JSON", "argument of the wrong type", "tool that nobody offers")
    assert round((1 - calls.value) * calls.n) == refused


def test_one_page_holds_all_six(demo):
    page = (demo[0] / "report.html").read_text(encoding="utf-8")
    for name in ("instructions and answers", "word problems", "customers", "orders as JSON", "pictures", "tool calls"):
        assert f"demo: {name}" in page


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    write_corpus(tmp_path / "a", 3)
    write_corpus(tmp_path / "b", 3)
    write_corpus(tmp_path / "c", 4)
    names = [str(path.relative_to(tmp_path / "a")) for path in (tmp_path / "a").rglob("*") if path.is_file()]
    same, different, errors = filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False)
    assert sorted(same) == sorted(names)
    assert not different
    assert not errors
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "c", ["tabular.csv"], shallow=False)[1] == ["tabular.csv"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(StoreError, match="something else"):
        run_demo(tmp_path, 0, Console(file=io.StringIO()))
