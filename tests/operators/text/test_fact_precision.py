import pyarrow as pa
import pytest

from operators.kernels.facts import facts
from operators.text.fact_precision import FactPrecision


def numbers_and_names(text):
    found = facts(pa.array([text]))
    return sorted(found["numbers"][0].to_list()), sorted(found["names"][0].to_list())


@pytest.mark.parametrize(
    ("text", "numbers", "names"),
    [
        ("In 1998 it cost $1,200.50.", ["1200.5", "1998"], []),
        ("two of twelve", ["12", "2"], []),
        ("3.0 and 3 are one number", ["3"], []),
        ("We met Ann Lee in New York.", [], ["ann lee", "new york"]),
        ("The Bank of England said so.", [], ["bank of england"]),
        ("He left. She stayed.", [], []),
        ("“Yes,” said Zoë O’Neill", [], ["zoë o’neill"]),
        ("nothing here", [], []),
        ("", [], []),
        (None, [], []),
    ],
)
def test_what_a_fact_is(text, numbers, names):
    assert numbers_and_names(text) == (numbers, names)


def measure(texts, contexts):
    columns = {
        "_id": pa.array(range(len(texts)), pa.int64()),
        "_fault": pa.nulls(len(texts), pa.string()),
        "text": pa.array(texts, pa.string()),
        "context": pa.array(contexts, pa.string()),
    }
    return FactPrecision().value(FactPrecision().fold(pa.RecordBatch.from_pydict(columns)))


def test_by_hand():
    texts = ["It was Ann Lee, in 1998, with 3 men.", "So said Bob Ray.", "no fact", None, "in 5"]
    contexts = ["ann lee came in 1998 with two men", "BOB RAY said", "x", "x", None]
    value = measure(texts, contexts)
    assert value.value == pytest.approx((2 / 3 + 1) / 2)
    assert value.parts["numbers"].value == 0.5
    assert value.parts["names"].value == 1.0
    assert value.skipped == {"no number and no name": 1, "no text or no context": 2}
    assert [(entry.record, entry.note) for entry in value.evidence] == [(0, "not in the source: 3")]


def test_a_name_must_stand_as_whole_words():
    assert measure(["it was Ann"], ["joanna came"]).value == 0.0
    assert measure(["it was Ann"], ["(ann) came"]).value == 1.0


@pytest.mark.parametrize("piece", ["1,", "A", "Aa ", "A. ", "\u0301", "A'", "the ", "1.", "“"])
def test_hostile_texts_are_linear(piece):
    long = piece * (100_000 // len(piece))
    assert measure([long], ["x"]).n <= 1
