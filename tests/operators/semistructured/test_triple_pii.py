"""Personal data in triples: in names, URIs and values, and of which relations."""

import pyarrow as pa

from operators.semistructured.relation_jsd import PARTS
from operators.semistructured.triple_pii import TriplePii


def measure(triples, **parameters):
    columns = {name: pa.array(part, pa.string()) for name, part in zip(PARTS, zip(*triples, strict=True), strict=True)}
    faults = pa.nulls(len(triples), pa.string())
    metric = TriplePii(**parameters)
    return metric.value(metric.fold(pa.RecordBatch.from_pydict({"_id": range(len(triples)), "_fault": faults, **columns})))


def test_each_end_is_looked_at():
    value = measure(
        [
            ("http://x.org/who?mail=ann.lee@mail.org", "type", "person"),
            ("bob", "has_mailbox", "mailto:bob@mail.org"),
            ("bob", "social security number", "536-22-1234"),
            ("repository", "token", "ghp_Ab3dEf6hIjAb3dEf6hIjAb3dEf6hIjAb3dEf"),
            ("bob", "lives in", "Rome"),
            ("bob", None, "x@y.org"),
        ]
    )
    assert (value.value, value.n, value.skipped) == (0.8, 5, {"a part is missing": 1})
    assert value.parts["email_address"].value == 0.4
    assert {"email_address in type", "email_address in has_mailbox", "secret in token"} <= set(value.parts)
    assert [entry.record for entry in value.evidence] == [0, 1, 2, 3]
    assert not any("mail.org" in name for name in value.parts)


def test_the_relation_is_the_word_that_a_number_needs():
    assert measure([("bob", "password", "correct-h0rse-Battery")]).value == 1
    assert measure([("bob", "motto", "correct-h0rse-Battery")]).value == 0


def test_only_the_types_that_are_asked_for():
    triples = [("bob", "mail", "bob@mail.org"), ("a", "b", "c")]
    assert measure(triples).value == 0.5
    assert measure(triples, types=("ip_address",)).value == 0
    assert measure([(None, "b", "c")]).reason == "no record has a triple"
