"""Bad input: one sentence, the right exit code, nothing lost. Through the command line, as a user meets it."""

import gzip
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from engine.cli import main
from tests.engine.corpora import texts, write_parquet, write_plan


def run(*arguments):
    done = CliRunner().invoke(main, [str(a) for a in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def audited(plan, out, *options):
    done = run("audit", plan, "--out", out, "--quiet", "--on", "local", *options)
    report = json.loads((out / "report.json").read_text()) if (out / "report.json").exists() else None
    return done, report


def one_sentence(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_path_that_does_not_exist(tmp_path):
    done, report = audited(write_plan(tmp_path / "a.toml", tmp_path / "nowhere"), tmp_path / "out")
    assert done.exit_code == 2
    assert "nowhere" in one_sentence(done)
    assert report is None
    assert not (tmp_path / "out").exists(), "no work has started"


def test_an_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    done, _ = audited(write_plan(tmp_path / "a.toml", tmp_path / "empty"), tmp_path / "out")
    assert done.exit_code == 2
    assert "empty" in one_sentence(done)


def test_a_plan_that_does_not_exist_or_is_not_toml(tmp_path):
    assert run("audit", tmp_path / "none.toml", "--out", tmp_path / "out").exit_code == 2
    (tmp_path / "bad.toml").write_text("[subject\npath=")
    done = run("plan", tmp_path / "bad.toml")
    assert done.exit_code == 2
    assert "bad.toml" in one_sentence(done)


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ('[metrics."text.distnct_n"]', "did you mean 'text.distinct_n'"),
        ('[metrics."text.distinct_n"]\nsiez = 4', "did you mean 'size'"),
        ('[metrics."text.distinct_n"]\nsize = "many"', "size"),
        ('[metrics."tabular.column_types"]', "is not for text data"),
        ("[refrence]\npath = 'x'", "did you mean 'reference'"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest(extra, said, tmp_path):
    subject = write_parquet(tmp_path / "data", texts(20), shards=1)
    done, _ = audited(write_plan(tmp_path / "a.toml", subject, extra=extra), tmp_path / "out")
    assert done.exit_code == 2
    assert said in one_sentence(done)


def test_a_column_that_the_data_lacks(tmp_path):
    subject = write_parquet(tmp_path / "data", texts(20), shards=1)
    plan = tmp_path / "a.toml"
    plan.write_text(f'[subject]\npath = "{subject}"\nmodality = "text"\ncolumns = {{ text = "txet" }}\n')
    done, _ = audited(plan, tmp_path / "out")
    assert done.exit_code == 2
    assert "'txet'" in one_sentence(done)
    assert "did you mean 'text'" in done.stderr


@pytest.fixture
def with_a_broken_shard(tmp_path):
    subject = write_parquet(tmp_path / "data", texts(200), shards=4)
    whole = (subject / "part-002.parquet").read_bytes()
    (subject / "part-002.parquet").write_bytes(whole[: len(whole) // 2])
    return write_plan(tmp_path / "a.toml", subject)


def test_a_truncated_shard_is_quarantined_and_the_rest_audited(with_a_broken_shard, tmp_path):
    done, report = audited(with_a_broken_shard, tmp_path / "out")
    assert done.exit_code == 3
    side = report["sides"]["subject"]
    assert (side["shards"], side["shards_quarantined"]) == (4, 1)
    assert side["records"] == {"read": 150, "kept": 150, "removed": 0, "quarantined": 0}
    assert report["quarantine"]["first"][0]["shard"].endswith("part-002.parquet")
    assert "part-002.parquet" in (tmp_path / "out/report.html").read_text()


def test_strict_stops_at_it(with_a_broken_shard, tmp_path):
    done, report = audited(with_a_broken_shard, tmp_path / "out", "--strict")
    assert done.exit_code == 3
    assert "part-002.parquet" in one_sentence(done)
    assert report is None


def test_a_shard_that_breaks_in_the_middle_contributes_nothing(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    rows = texts(3000)
    for at in range(3):
        lines = "".join(json.dumps({"text": row}) + "\n" for row in rows[at * 1000 : (at + 1) * 1000])
        (folder / f"{at}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    cut = (folder / "1.jsonl.gz").read_bytes()
    (folder / "1.jsonl.gz").write_bytes(cut[: len(cut) * 2 // 3])
    done, report = audited(write_plan(tmp_path / "a.toml", folder), tmp_path / "out")
    assert done.exit_code == 3
    side = report["sides"]["subject"]
    assert (side["units_quarantined"], side["records"]["kept"]) == (1, 2000)
    shutil.rmtree(tmp_path / "out")
    (folder / "1.jsonl.gz").unlink()
    without = audited(write_plan(tmp_path / "a.toml", folder), tmp_path / "out")[1]

    def values(document):
        return [{**result["value"], "evidence": None} if result["value"] else None for result in document["results"]]

    assert values(report) == values(without)


def test_records_that_cannot_be_read_are_counted_with_their_reason(tmp_path):
    lines = [json.dumps({"text": text}).encode() for text in texts(20)]
    bad = [
        b'{"text": "cut',
        b'{"text": "caf\xe9"}',
        b'{"text": NaN}',
        b"[" * 5000 + b"]" * 5000,
        b'{"text": "%s"}' % (b"x" * 300_000),
    ]
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join([*lines[:10], *bad, *lines[10:]]) + b"\n")
    plan = tmp_path / "a.toml"
    limits = "limits = { record_bytes = 200000 }"
    plan.write_text(f'[subject]\npath = "{path}"\nmodality = "text"\n{limits}\n')
    done, report = audited(plan, tmp_path / "out")
    assert done.exit_code == 3
    assert report["sides"]["subject"]["records"] == {"read": 25, "kept": 20, "removed": 0, "quarantined": 5}
    assert [entry["row"] for entry in report["quarantine"]["first"]] == [10, 11, 12, 13, 14]
    assert report["quarantine"]["total"] == 5
    done, report = audited(plan, tmp_path / "strict", "--strict")
    assert done.exit_code == 3
    assert report is None
    assert "record 10" in one_sentence(done)


def test_out_of_another_plan_is_refused_with_the_difference(tmp_path):
    subject = write_parquet(tmp_path / "data", texts(40), shards=1)
    one = write_plan(tmp_path / "1.toml", subject, extra='[metrics."text.distinct_n"]\nsize = 2048')
    two = write_plan(tmp_path / "2.toml", subject, extra='[metrics."text.distinct_n"]\nsize = 4096')
    assert audited(one, tmp_path / "out")[0].exit_code == 0
    before = (tmp_path / "out/report.json").read_bytes()
    done, _ = audited(two, tmp_path / "out")
    assert done.exit_code == 2
    assert "2048 -> 4096" in one_sentence(done)
    assert (tmp_path / "out/report.json").read_bytes() == before


def test_scripts_in_records_are_text_in_every_report(tmp_path):
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)> [red]x[/red] | `y`"
    rows = [*texts(20), hostile, hostile, hostile, "\x00" + hostile]
    plan = write_plan(tmp_path / "a.toml", write_parquet(tmp_path / "data", rows, shards=1))
    done, _ = audited(plan, tmp_path / "out")
    assert done.exit_code == 0
    page = (tmp_path / "out/report.html").read_text()
    assert "alert(1)" in page
    assert "<script" not in page
    assert "<img src=x" not in page
    fences = (tmp_path / "out/report.md").read_text().split("```")
    assert "<script" not in "".join(fences[::2]), "outside of code blocks there is no markup of theirs"
    shown = run("report", tmp_path / "out")
    assert shown.exit_code == 0


def test_a_metric_that_fails_fails_alone(tmp_path, monkeypatch):
    from operators.text.distinct_n import DistinctN

    def broken(self, batch):
        raise RuntimeError("on purpose")

    monkeypatch.setattr(DistinctN, "fold", broken)
    plan = write_plan(tmp_path / "a.toml", write_parquet(tmp_path / "data", texts(40), shards=2))
    done, report = audited(plan, tmp_path / "out")
    assert done.exit_code == 3
    results = {result["metric"]: result for result in report["results"]}
    assert (results["text.distinct_n"]["status"], results["text.distinct_n"]["reason"]) == (
        "failed",
        "RuntimeError: on purpose",
    )
    assert results["text.self_bleu"]["status"] == "measured"


def test_only_the_columns_that_a_metric_reads_are_read(tmp_path):
    path = tmp_path / "data.parquet"
    table = pa.table({"text": texts(2000), "unread": [f"never read {i}" * 20 for i in range(2000)]})
    pq.write_table(table, path, compression="none", use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(1)
    broken = bytearray(path.read_bytes())
    start = chunk.data_page_offset
    broken[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    path.write_bytes(bytes(broken))
    plan = write_plan(tmp_path / "a.toml", path)
    done, report = audited(plan, tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert report["sides"]["subject"]["records"]["kept"] == 2000


def test_secrets_of_a_url_are_in_no_output(tmp_path):
    plan = tmp_path / "a.toml"
    plan.write_text('[subject]\npath = "https://user:hunter2@127.0.0.1:9/data.jsonl?sig=hunter2"\nmodality = "text"\n')
    done, _ = audited(plan, tmp_path / "out")
    assert done.exit_code == 2
    assert "hunter2" not in done.output + done.stderr


@pytest.mark.parametrize(
    "command", [["metrics"], ["metrics", "--modality", "tabular"], ["show", "text.distinct_n"], ["doctor"]]
)
def test_commands_that_only_tell(command):
    done = run(*command)
    assert done.exit_code == 0
    assert done.stdout.strip()


def test_gate_and_diff_and_report(tmp_path):
    rows = texts(60)
    plan = write_plan(tmp_path / "a.toml", write_parquet(tmp_path / "data", rows, shards=1))
    twice = write_plan(tmp_path / "b.toml", write_parquet(tmp_path / "more", rows + rows, shards=1))
    audited(plan, tmp_path / "one")
    audited(twice, tmp_path / "two")
    assert run("gate", tmp_path / "one", "--fail-if", "corpus.exact_duplicates > 0.5").exit_code == 0
    failed = run("gate", tmp_path / "two", "--fail-if", "corpus.exact_duplicates > 0.5")
    assert failed.exit_code == 1
    assert "corpus.exact_duplicates" in one_sentence(failed)
    assert run("gate", tmp_path / "one").exit_code == 2
    assert "corpus.exact_duplicates" in run("diff", tmp_path / "one", tmp_path / "two").stdout
    assert run("report", tmp_path / "one", tmp_path / "two", "--as", "html", "--to", tmp_path / "both.html").exit_code == 0
    assert (tmp_path / "both.html").read_text().lower().startswith("<!doctype html>")
    assert run("report", tmp_path / "nowhere").exit_code == 2


def test_the_plan_is_shown_before_anything_runs(tmp_path):
    plan = write_plan(tmp_path / "a.toml", write_parquet(tmp_path / "data", texts(60), shards=2))
    shown = run("plan", plan)
    assert shown.exit_code == 0
    for expected in ("2 shards", "60 records", "features.words", "cannot measure", "needs a reference", "text.role_turns"):
        assert expected in shown.stdout, expected
