import json
import string

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.masking import SECRETS, masked
from operators.text.secrets import Secrets, secrets

ALPHABET = np.array(list(string.ascii_letters + string.digits))


def drawn(size, alphabet=ALPHABET, seed=7):
    return "".join(np.random.default_rng(seed).choice(alphabet, size))


UPPER = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
HEX = np.array(list("0123456789abcdef"))
PLANTED = {
    "private_key": f"-----BEGIN RSA PRIVATE KEY-----\n{drawn(300)}\n-----END RSA PRIVATE KEY-----",
    "aws_access_key": "AKIA" + drawn(16, UPPER),
    "github_token": "ghp_" + drawn(36),
    "gitlab_token": "glpat-" + drawn(20),
    "slack_token": f"xoxb-{drawn(12, HEX)}-{drawn(24)}",
    "google_api_key": "AIza" + drawn(35),
    "stripe_key": "sk_live_" + drawn(24),
    "openai_key": f"sk-{drawn(20)}T3BlbkFJ{drawn(20)}",
    "anthropic_key": "sk-ant-api03-" + drawn(80),
    "huggingface_token": "hf_" + drawn(34, ALPHABET[:52]),
    "npm_token": "npm_" + drawn(36),
    "pypi_token": "pypi-AgEIcHlwaS5vcmc" + drawn(80),
    "sendgrid_key": f"SG.{drawn(22)}.{drawn(43)}",
    "twilio_key": "SK" + drawn(32, HEX),
    "telegram_token": f"987654321:AA{drawn(33)}",
    "json_web_token": f"eyJ{drawn(30)}.eyJ{drawn(60)}.{drawn(40)}",
    "password_in_url": f"postgres://ann:{drawn(12)}@db.internal:5432/app",
    "assigned": f'api_key = "{drawn(24)}"',
}


def test_every_kind_is_planted():
    assert PLANTED.keys() == SECRETS.keys()


@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("around", ["{}", "see {} there", "({}),", "text\n{}\ntext", "Überall: {} 日本"])
def test_a_secret_is_found_as_its_kind_and_masked(kind, around):
    text = around.format(PLANTED[kind])
    assert kind in secrets(pa.array([text]))["kind"].to_list()
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert PLANTED[kind] not in hidden
    assert kind not in secrets(pa.array([hidden]))["kind"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        'password = "changeme123"',
        'api_key = "your_api_key_here"',
        'token: "aaaaaaaaaaaa"',
        "postgres://user:<password>@host/db",
        "https://example.com/a:b@c",
        "sk-learn and hf_hub and npm_run",
        "eyJ is how a token begins",
        "the secret is 'to listen'",
        "ghp_short",
        "-----BEGIN PUBLIC KEY-----",
        "",
    ],
)
def test_what_is_no_secret(text):
    assert secrets(pa.array([text])).is_empty()


def measure(texts):
    columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "text": pa.array(texts, pa.string())}
    return Secrets().value(Secrets().fold(pa.RecordBatch.from_pydict(columns)))


def test_the_share_and_the_evidence():
    both = f"{PLANTED['github_token']} {PLANTED['aws_access_key']}"
    value = measure(["none", both, PLANTED["stripe_key"], None, "none"])
    assert (value.value, value.n, value.skipped) == (0.5, 4, {"no text": 1})
    assert {kind: part.value for kind, part in value.parts.items()} == {
        "aws_access_key": 0.25,
        "github_token": 0.25,
        "stripe_key": 0.25,
    }
    assert value.evidence[0].record == 1
    assert not any(secret[:8] in entry.note for entry in value.evidence for secret in PLANTED.values())


@pytest.mark.parametrize(
    "piece", ["eyJ", "eyJ-", "sk-", "a://b:", "password=", "AKIA", "-----BEGIN ", "xoxb-", "://", "SG.", "a."]
)
def test_hostile_texts(piece):
    long = piece * (100_000 // len(piece))
    measure([long])
    masked(long, 20_000)


def test_no_report_shows_a_secret(tmp_path):
    texts = [f"This is note {at} and its key is {secret}." for at, secret in enumerate(PLANTED.values())]
    pq.write_table(pa.table({"text": texts}), tmp_path / "notes.parquet")
    plan = f'[subject]\npath = "{tmp_path}/notes.parquet"\nmodality = "text"\n[metrics."text.secrets"]\n'
    (tmp_path / "audit.toml").write_text(plan)
    run_audit(tmp_path)
    written = [path for path in (tmp_path / "out").rglob("*") if path.suffix in (".json", ".html", ".md")]
    assert json.loads((tmp_path / "out" / "report.json").read_text())
    for path in written:
        content = path.read_text(encoding="utf-8", errors="replace")
        for kind, secret in PLANTED.items():
            assert secret.split()[-1] not in content, (path.name, kind)


def run_audit(folder):
    from click.testing import CliRunner

    from engine.cli import main

    result = CliRunner().invoke(main, ["audit", str(folder / "audit.toml"), "--out", str(folder / "out")])
    assert result.exit_code == 0, result.output
