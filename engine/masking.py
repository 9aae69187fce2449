"""Secrets in texts: what they look like, and texts without them. Reports show records, and may not pass a key on.

The shapes are those that the providers document; each is anchored by a fixed beginning, so a text is scanned in linear time, in
Python's regular expressions and in Rust's alike.
"""

import re

_ASSIGNED = (
    r"(?i:\b(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|auth[_-]?key))[\"']?[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}"
)

SECRETS: dict[str, str] = {
    "private_key": r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s:,.-]{0,8192}",
    "aws_access_key": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    "github_token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})\b",
    "gitlab_token": r"\bglpat-[A-Za-z0-9_-]{20,64}",
    "slack_token": r"\bxox[abeprs]-[A-Za-z0-9-]{10,250}|https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,100}",
    "google_api_key": r"\bAIza[A-Za-z0-9_-]{35}",
    "stripe_key": r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,247}\b",
    "openai_key": r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{0,100}T3BlbkFJ[A-Za-z0-9_-]{16,100}",
    "anthropic_key": r"\bsk-ant-[A-Za-z0-9_-]{24,200}",
    "huggingface_token": r"\bhf_[A-Za-z]{34}\b",
    "npm_token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "pypi_token": r"\bpypi-AgE[A-Za-z0-9_-]{50,250}",
    "sendgrid_key": r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b",
    "twilio_key": r"\bSK[0-9a-f]{32}\b",
    "telegram_token": r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b",
    "json_web_token": r"\beyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,1000}",
    "password_in_url": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{1,100}:[^\s/:@\"'<>]{3,100}@[A-Za-z0-9.-]{1,253}",
    "assigned": _ASSIGNED + r"(?:\"[^\"\s]{8,200}\"|'[^'\s]{8,200}')",
}
"""What a secret of each kind looks like. ``assigned`` is any other quoted value of a name such as password or api_key."""

PLACEHOLDER = (
    r"(?i:example|sample|dummy|change_?me|placeholder|your[_-]|my[_-]|xxx|\*\*\*|\.\.\.|<|\$\{|\{\{|%s|test|foo|abc123|12345)"
)
"""What stands in a secret that documentation made up."""

_ANY = re.compile("|".join(SECRETS.values()))
_SHOWN = 4
_REACH = 9000
"""No secret is longer."""


def masked(text: str, size: int | None = None) -> str:
    """The first ``size`` characters of a text, its secrets blotted out but for their first four characters. Places stay.

    >>> masked("key AKIAQWERTYUIOPASDFGH.")
    'key AKIA••••••••••••••••.'
    """
    size = len(text) if size is None else size
    return _ANY.sub(lambda at: at[0][:_SHOWN] + "•" * (len(at[0]) - _SHOWN), text[: size + _REACH])[:size]
