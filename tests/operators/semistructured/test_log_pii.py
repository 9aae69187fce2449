"""Personal data and secrets in lines, by hand."""

from operators.semistructured.log_pii import LogPii
from tests.operators.semistructured.logs_given import measure, parts


def test_personal_data_in_lines():
    lines = [
        "2024-01-31 10:00:05 INFO login of ann@mail.org from 81.2.69.142",
        "2024-01-31 10:00:06 INFO login of ann@mail.org from 81.2.69.160",
        "AKIAQWERTYUIOPASDFGH",
        "10.0.0.1 closed 4111111111111112",
        None,
    ]
    value = measure(LogPii(), lines)
    assert (value.value, value.n, value.skipped) == (0.75, 4, {"no line": 1})
    found = parts(value)
    assert {name: share for name, share in found.items() if " in " not in name} == {
        "email_address": 0.5,
        "ip_address": 0.5,
        "secret": 0.25,
    }
    assert not any(secret in name for name in found for secret in ("ann", "QWERTY", "81.2"))
    assert value.evidence[0].note == "email_address, ip_address"
    assert measure(LogPii(types=("iban",)), lines).value == 0.25
