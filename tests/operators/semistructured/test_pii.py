import json
from pathlib import Path

import pyarrow as pa
import pytest

from operators.semistructured.pii import Pii
from operators.text.pii import Pii as TextPii

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "text" / "presidio_pii"


def measure(documents):
    columns = {"_id": range(len(documents)), "_fault": pa.nulls(len(documents), pa.string())}
    batch = pa.RecordBatch.from_pydict({**columns, "json": pa.array(documents, pa.string())})
    return Pii().value(Pii().fold(batch))


def parts(value):
    return {name: part.value for name, part in value.parts.items()}


def test_by_hand():
    value = measure(
        [
            json.dumps({"users": [{"mail": "ann@mail.org"}, {"mail": "bob@mail.org"}], "n": 1}),
            json.dumps({"key": "AKIAQWERTYUIOPASDFGH", "card": 4111111111111111}),
            json.dumps({"ann@mail.org": {"age": 3}}),
            "{}",
            "{",
            None,
        ]
    )
    assert (value.value, value.n, value.skipped) == (0.75, 4, {"no document": 1, "not strict JSON": 1})
    assert parts(value) == {
        "credit_card": 0.25,
        "email_address": 0.5,
        "secret": 0.25,
        "in keys": 0.25,
        "in values": 0.5,
        "credit_card at $.card": 0.25,
        "email_address at $.users[].mail": 0.25,
        "email_address at $.•••": 0.25,
        "secret at $.key": 0.25,
    }


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"ssn": "536-90-4399"}, "us_ssn"),
        ({"date_of_birth": "1981-04-12"}, "date_of_birth"),
        ({"phones": ["+44 20 7946 0018", "none"]}, "phone_number"),
        ({"password": "correct-h0rse-Battery"}, "secret"),
        ({"a": {"b": [["ann\u0040mail.org"]]}}, "email_address"),
        ({"text": "line\none \u65e5\u672c write to ann@mail.org"}, "email_address"),
    ],
)
def test_the_key_stands_beside_the_value(document, kind):
    for text in (json.dumps(document), json.dumps(document, ensure_ascii=False, indent=1)):
        assert parts(measure([text]))[kind] == 1.0


def test_what_is_none():
    clean = [{"version": "10.2.0"}, {"id": 5105105105105100 + 1}, {"mail": "ann@example.com"}, {"password": ""}, {"a": True}]
    assert measure([json.dumps(one) for one in clean]).value == 0.0


def test_nothing_of_a_finding_is_shown():
    secret, mail = "ghp_" + "Ab3dEf6hIj" * 4, "ann.lee@mail.org"
    documents = [json.dumps({mail: {secret: mail}, "x": {"k": secret}}), json.dumps({mail: 1})]
    shown = repr(measure(documents))
    assert secret[6:] not in shown
    assert "ann" not in shown


def test_a_long_document_and_odd_ones():
    for text in ('{"a": "' + "a@a." * 20_000 + '"}', json.dumps(["1"] * 20_000), json.dumps({"\u200b" * 9000: "eyJa-" * 9000})):
        assert measure([text]).n == 1


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not here")
def test_texts_put_into_documents_have_what_they_had():
    records = json.loads((SHARED / "synth_dataset_v2.json").read_text(encoding="utf-8"))[:500]
    texts = [record["full_text"] for record in records]
    columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "text": texts}
    flat = TextPii().value(TextPii().fold(pa.RecordBatch.from_pydict(columns)))
    nested = measure([json.dumps({"t": [{"x": text}]}) for text in texts])
    secrets = parts(nested).get("secret", 0.0)
    assert flat.value <= nested.value <= flat.value + secrets
    for kind, share in parts(flat).items():
        if " per " not in kind:
            assert parts(nested)[kind] == pytest.approx(share, abs=1e-12), kind
