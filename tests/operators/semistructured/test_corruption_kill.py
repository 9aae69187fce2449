"""Planted faults, and which are noticed."""

import json

import pytest

from operators.semistructured._rewriting import faults
from operators.semistructured.corruption_kill import CorruptionKill
from operators.semistructured.invariance import Invariance
from operators.semistructured.response_curve import ResponseCurve
from tests.operators.semistructured.faults_given import PEOPLE, measure


def test_every_fault_is_one():
    for seed in range(30):
        for kind, text in faults(PEOPLE[seed], seed):
            try:
                value = json.loads(text)
            except ValueError:
                assert kind in ("dropped brace", "truncated")
                continue
            assert kind not in ("dropped brace", "truncated")
            if kind == "duplicated key":
                assert value == json.loads(PEOPLE[seed])
                with pytest.raises(ValueError, match="twice"):
                    json.loads(text, object_pairs_hook=once)
            else:
                assert value != json.loads(PEOPLE[seed])
    assert list(faults(PEOPLE[3], 5)) == list(faults(PEOPLE[3], 5))


def once(pairs):
    if len(dict(pairs)) < len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def test_faults_in_documents_that_are_alike_are_noticed_and_others_are_not():
    alike = measure(CorruptionKill(), PEOPLE)
    assert (alike.value, alike.n, alike.parts["false alarms"].value) == (1.0, 600, 0.0)
    loose = measure(CorruptionKill(), [json.dumps({f"k{at % 3}": at, **({"o": 1} if at % 2 else {})}) for at in range(100)])
    assert loose.parts["dropped brace"].value == loose.parts["duplicated key"].value == 1.0
    assert loose.parts["missing key"].value < 0.5
    assert loose.value < alike.value


def test_faults_beside_a_schema(tmp_path):
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}))
    value = measure(CorruptionKill(schema=str(path)), PEOPLE)
    assert value.parts["truncated"].value == 1.0
    assert 0 < value.parts["missing key"].value < 0.5
    assert value.parts["false alarms"].value == 0.0


@pytest.mark.parametrize("metric", [CorruptionKill, Invariance, ResponseCurve])
def test_how_many_documents_are_drawn_is_said_and_can_be_raised(metric):
    whole, drawn = measure(metric(), PEOPLE), measure(metric(sampled=16), PEOPLE)
    assert (whole.estimator, whole.reason) == ("exact", None)
    assert drawn.estimator == "sample"
    assert drawn.reason == "from 16 distinct documents of up to 8 kB drawn by hash: see sampled"
    many = [json.dumps({"id": at, "name": f"n{at}"}) for at in range(400)]
    assert measure(metric(), many).estimator == "sample"
    assert measure(metric(sampled=1024), many).estimator == "exact"
