"""A job that is handed over and followed, by Ray's own client, while a server of its interface drops, stalls and errs."""

import json
import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from engine.cli import main
from engine.cluster import job_client, jobs
from engine.errors import AuditorError, PlanError, UsageError
from engine.submission import ClusterFile, Pace, entrypoint, follow, load_cluster_file, submit
from tests.engine.corpora import texts, write_parquet, write_plan

LINES = [f"read subject: {at} of 9\n" for at in range(1, 10)]
FAST = Pace(poll_seconds=0.01, longest_seconds=0.02, lost_seconds=5.0)


class Head(ThreadingHTTPServer):
    """The part of a head's interface that submitting needs. A job writes a line more at every look, and then ends.

    Args:
        faults: what befalls the requests about a job, one after the other: "", "drop", "stall", "half", "error", "forget".
        ending: the status and the exit code that the job ends with.
    """

    daemon_threads = True

    def __init__(self, faults=(), ending=("SUCCEEDED", 0), lines=LINES):
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults, self.ending, self.lines = list(faults), ending, lines
        self.submitted, self.looks = [], 0
        self.answered = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, document, status=200, cut=0):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])

    def do_GET(self):
        if self.path == "/api/version":
            self.answer({"version": "4", "ray_version": "2.60.0", "ray_commit": "", "session_name": ""})
        elif self.path.startswith("/api/packages/"):
            self.answer({})
        else:
            self.about_a_job()

    def do_POST(self):
        job = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if any(job["submission_id"] == other["submission_id"] for other in self.server.submitted):
            self.answer("a job of this name already exists", status=500)
            return
        self.server.submitted.append(job)
        if self.fault() == "drop":
            self.close_connection = True
            return
        self.answer({"job_id": job["submission_id"], "submission_id": job["submission_id"]})

    def fault(self):
        return self.server.faults.pop(0) if self.server.faults else ""

    def about_a_job(self):
        fault = self.fault()
        if fault == "drop":
            self.close_connection = True
        elif fault == "stall":
            self.server.answered.wait(30)
        elif fault == "error":
            self.answer("the agent is away", status=500)
        elif fault == "forget":
            self.answer("job auditor-1 does not exist", status=404)
        else:
            self.answer(self.document(), cut=5 if fault == "half" else 0)

    def document(self):
        head = self.server
        if self.path.endswith("/logs"):
            head.looks += 1
            said = "".join(head.lines[: head.looks])
            return {"logs": said if head.looks >= len(head.lines) else said + head.lines[head.looks][:7]}
        ended = head.looks >= len(head.lines)
        status, code = head.ending if ended else ("RUNNING", None)
        job = {"type": "SUBMISSION", "submission_id": "auditor-1", "entrypoint": "python", "status": status}
        return {**job, "driver_exit_code": code, "message": "so it ended" if ended else "it runs"}


@contextmanager
def serving(**given):
    with Head(**given) as head:
        thread = threading.Thread(target=head.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield head
        finally:
            head.answered.set()
            head.shutdown()


@pytest.fixture
def plan_file(tmp_path):
    return write_plan(tmp_path / "audit.toml", write_parquet(tmp_path / "subject", texts(20), shards=1))


def followed(head, pace=FAST):
    said = []
    return follow(job_client(head.url), "auditor-1", said.append, pace), said


def test_every_line_is_said_once():
    with serving() as head:
        ending, said = followed(head)
    assert said == [line.rstrip() for line in LINES]
    assert (ending.status, ending.exit_code) == ("SUCCEEDED", 0)


@pytest.mark.parametrize("fault", ["drop", "half", "error"])
def test_a_lost_connection_loses_and_repeats_no_line(fault):
    with serving(faults=["", "", fault, fault, fault, "", fault, "", "", fault] * 3) as head:
        ending, said = followed(head)
    assert said == [line.rstrip() for line in LINES]
    assert ending.exit_code == 0


def test_a_connection_that_nobody_answers_on_is_given_up_and_made_again(monkeypatch):
    monkeypatch.setattr(jobs, "REQUEST_SECONDS", 0.2)
    with serving(faults=["", "", "", "stall"]) as head:
        _, said = followed(head)
    assert said == [line.rstrip() for line in LINES]


def test_a_cluster_that_stays_silent_is_given_up():
    with serving(faults=["drop"] * 1000) as head, pytest.raises(AuditorError, match="silent"):
        followed(head, Pace(0.01, 0.02, lost_seconds=0.2))


def test_a_head_that_forgot_the_job_says_so():
    with serving(faults=["", "", "forget"]) as head, pytest.raises(AuditorError, match="goes on from OUT"):
        followed(head)


@pytest.mark.parametrize(
    ("ending", "code"), [(("FAILED", 3), 3), (("FAILED", 2), 2), (("FAILED", None), 1), (("STOPPED", None), 1)]
)
def test_the_code_is_that_of_the_audit(ending, code):
    with serving(ending=ending, lines=LINES[:2]) as head:
        assert followed(head)[0].exit_code == code


def test_a_submission_whose_answer_was_lost_is_one_job(monkeypatch, tmp_path):
    monkeypatch.setattr("engine.submission.POLL_SECONDS", 0.01)
    with serving(faults=["drop"]) as head:
        name = submit(job_client(head.url), ClusterFile(working_dir=str(tmp_path)), "true", {})
    assert [job["submission_id"] for job in head.submitted] == [name]


def test_only_named_variables_travel(tmp_path):
    asked = ClusterFile(working_dir=str(tmp_path), pass_env=("KEY_ID",), env_vars={"A": "b"})
    with serving() as head:
        submit(job_client(head.url), asked, "true", {"KEY_ID": "k", "SECRET": "hush"})
    assert head.submitted[0]["runtime_env"]["env_vars"] == {"A": "b", "KEY_ID": "k"}
    assert "hush" not in json.dumps(head.submitted)
    with pytest.raises(PlanError, match="pass_env names MISSING"):
        ClusterFile(pass_env=("MISSING",)).runtime_env({})


def test_the_file_s_address_goes_before_the_environment_s(monkeypatch):
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://127.0.0.1:9")
    with serving() as head:
        assert job_client(head.url).get_version()
    assert os.environ["RAY_API_SERVER_ADDRESS"] == "http://127.0.0.1:9"
    with pytest.raises(UsageError, match="no cluster answers at http"):
        job_client(None)
    monkeypatch.delenv("RAY_API_SERVER_ADDRESS")
    with pytest.raises(UsageError, match="no cluster is named"):
        job_client(None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('adress = "http://h:1"', "'adress' is not a setting; did you mean 'address'?"),
        ("[entrypoint]\nnum_cpu = 1", "'entrypoint.num_cpu' is not a setting; did you mean 'num_cpus'"),
        ('address = "ray://h:1"', "'address'"),
        ('pip = ["x"]\nimage = "y"', "exclude each other"),
        ("address = ", "cannot be read as a cluster"),
    ],
)
def test_a_wrong_file_is_a_sentence(tmp_path, text, sentence):
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(PlanError) as error:
        load_cluster_file(tmp_path / "x.toml")
    assert sentence in str(error.value)


def test_the_command_names_the_plan_from_the_folder_that_travels(tmp_path):
    inside, outside = tmp_path / "job/plans/a b.toml", tmp_path / "c.toml"
    for plan, named in ((inside, "'plans/a b.toml'"), (outside, str(outside))):
        command = entrypoint(str(plan), "s3://bucket/out", str(tmp_path / "job"))
        assert command == f"python -m engine audit {named} --out s3://bucket/out --on ray"


def submitted(plan_file, head, *options):
    file = plan_file.with_name("cluster.toml")
    file.write_text(f'address = "{head.url}"\nworking_dir = "{plan_file.parent}"\n')
    command = ["submit", str(plan_file), "--cluster", str(file), "--out", "s3://bucket/out", *options]
    return CliRunner().invoke(main, command)


def test_the_command_ends_as_the_audit_did(plan_file):
    with serving(lines=LINES[:1], ending=("FAILED", 3)) as head:
        done = submitted(plan_file, head)
    assert done.exit_code == 3
    assert "failed, exit code 3" in done.output
    assert LINES[0].rstrip() in done.output


def test_detached_it_says_the_job_s_name_and_leaves(plan_file):
    with serving() as head:
        done = submitted(plan_file, head, "--detach", "--strict")
    assert done.exit_code == 0
    assert head.looks == 0
    assert head.submitted[0]["submission_id"] in done.stdout
    assert head.submitted[0]["entrypoint"].endswith("--on ray --strict")


def test_without_a_cluster_it_is_the_caller_s_to_mend(plan_file):
    with serving() as head:
        pass
    assert submitted(plan_file, head).exit_code == 2
