"""Secrets and personal data in texts: what they look like, and texts without them. Reports show records, and may not pass on
a key, or how a person is reached and paid.

The shapes of secrets are those that the providers document; each is anchored by a fixed beginning, so a text is scanned in
linear time, in Python's regular expressions and in Rust's alike. Of personal data only what is told with hardly an error is
blotted out; what a text holds is measured by ``text.pii``.
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

PERSONAL: dict[str, str] = {
    "email_address": r"(?<![\w.+%'-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}",
    "iban": r"(?<!\w)[A-Za-z]{2}\d\d(?:[A-Za-z0-9]{11,30}|(?:[ -][A-Z0-9]{4}){2,7}(?:[ -][A-Z0-9]{1,3})?)(?!\w)",
    "credit_card": r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])",
    "us_ssn": r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])",
    "phone_number": (
        r"(?<![\w+])\+\(?\d(?:[ .()/-]{0,3}\d){6,14}(?!\d)"
        r"|(?<![\w.+#/=-])(?:1[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-])[2-9]\d\d[.-]\d{4}"
        r"(?: ?(?:x|ext\.?) ?\d{1,6})?(?![\w-])"
    ),
}
"""What reports blot out of personal data; an IBAN and a card's number where their check digits are right."""

_ANY = re.compile("|".join(SECRETS.values()))
_PERSON = re.compile("|".join(f"(?P<{kind}>{shape})" for kind, shape in PERSONAL.items()))
_SHOWN = 4
_REACH = 9000
"""No secret is longer."""


def masked(text: str, size: int | None = None) -> str:
    """The first ``size`` characters of a text without secrets, but for their first four characters, and without the letters and
    digits of personal data. Places stay.

    >>> masked("key AKIAQWERTYUIOPASDFGH, ann@mail.org")
    'key AKIA••••••••••••••••, •••@••••.•••'
    """
    size = len(text) if size is None else size
    shown = _ANY.sub(lambda at: at[0][:_SHOWN] + "•" * (len(at[0]) - _SHOWN), text[: size + _REACH])
    return _PERSON.sub(lambda at: re.sub(r"\w", "•", at[0]) if _is_personal(at) else at[0], shown)[:size]


def luhn(digits: str) -> bool:
    """The check digit of payment cards (ISO/IEC 7812-1).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    total = sum(map(int, digits[-1::-2]))
    for digit in map(int, digits[-2::-2]):
        total += 2 * digit - 9 * (digit > 4)
    return total % 10 == 0


def mod_97(text: str) -> bool:
    """The check digits of an IBAN, of capital letters and digits (ISO 7064 mod 97-10).

    >>> mod_97("GB82WEST12345698765432"), mod_97("GB82WEST12345698765433")
    (True, False)
    """
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def _is_personal(found: re.Match[str]) -> bool:
    """Whether the arithmetic is right too, where there is one."""
    text = re.sub(r"[ -]", "", found[0])
    if not text.isascii():
        return found.lastgroup == "email_address"
    if found.lastgroup == "iban":
        return mod_97(text) or any(mod_97(re.sub(r"[ -]", "", found[0][:at])) for at in _ends(found[0]))
    return found.lastgroup != "credit_card" or luhn(text)


def _ends(text: str) -> list[int]:
    """Where the groups of a number end but for the last: a word in capitals may follow it."""
    return [at for at, character in enumerate(text) if character in " -" and at > 14][-2:]
