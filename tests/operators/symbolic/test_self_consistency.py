import pyarrow as pa

from operators.symbolic.self_consistency import SelfConsistency


def measure(solutions, samples):
    columns = {
        "_id": pa.array(range(len(solutions)), pa.int64()),
        "_fault": pa.nulls(len(solutions), pa.string()),
        "solution": pa.array(solutions, pa.string()),
        "samples": pa.array(samples, pa.list_(pa.string())),
    }
    return SelfConsistency().value(SelfConsistency().fold(pa.RecordBatch.from_pydict(columns)))


def test_by_hand():
    samples = [["A: 1", "A: 1.0", "A: 2"], ["A: 1", "A: 2"], ["A: 3", "silence"], ["silence", None], None, ["A: 1"]]
    value = measure(["A: 1", "A: 2", "A: 4", "A: 1", "A: 1", None], samples)
    assert (value.value, value.n) == (2 / 3, 3)
    assert value.skipped == {"no sample states an answer": 2, "no solution": 1}
    assert round(value.parts["margin"].value, 6) == round((1 / 3 + 0 + 1 / 2) / 3, 6)
    assert [entry.note for entry in value.evidence] == ["answers '4', 1 of 2 samples answer '3'"]


def test_a_derivation_without_an_answer_agrees_with_none():
    value = measure(["silence"], [["A: 1"]])
    assert value.value == 0.0
    assert value.evidence[0].note == "states no answer, 1 of 1 samples answer '1'"
