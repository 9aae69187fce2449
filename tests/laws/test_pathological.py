"""No text is so odd that it costs more than ten times an ordinary one of its length: in any metric, its features included.

Models and sandboxes stay out: what they cost is bounded by windows and limits. Time is the process's own, the best of several
runs, and a metric that is found too slow is measured again before it fails.
"""

import time

import pytest

from engine import catalog
from engine.schema import SCHEMAS, Modality
from tests.laws.records import answer, batch_of, modality_of

SIZE = 100_000
MOST = 10.0
FLOOR_SECONDS = 0.005
NAMES = [name for name in catalog.metric_names() if name.split(".")[0] in ("text", "symbolic", "corpus")]

PIECES = {
    "one letter": "a",
    "spaces": " ",
    "line feeds": "\n",
    "zero width": "\u200b",
    "letters joined by zero width": "a\u200d",
    "marks": "\u0301",
    "open brackets": "(",
    "open braces": "{",
    "open lists of objects": '[{"a":',
    "quotes": '"',
    "nested quantifiers": "(a+)+",
    "words that go on": "a-a_a'",
    "full stops": ".",
    "sentences of one letter": "A. ",
    "digits": "1",
    "thousands": "1,",
    "sums without an end": "1+",
    "signs": "-",
    "boxes": "\\boxed{",
    "fractions": "\\frac{",
    "addresses": "a@a.",
    "links": "http://a:",
    "keys": "eyJa-",
    "assignments": "password='",
    "fences": "```",
    "tags": "<a ",
    "quantifiers of logic": "∀x(",
    "one word": "the ",
    "one word a line": "no\n",
    "numbers with dots": "1.2.3.",
    "plus signs": "+1 (",
}
ORDINARY = {
    "text": "The committee met again on Tuesday, and nobody had read the report of 14 March. Ann Lee asked {at} why.\n",
    "code": "def f{at}(a, b):\n    c = [x * {at} + 1 for x in zip(a, b) if x[0] > x[1]]\n    return c or a[0]  # {at}\n\n\n",
    "solution": "In step {at} we have 2 + {at} apples, so the sum is 3 * 4 = 12 and nothing is left over.\n",
    "premises": "∀x (Cat(x) → Animal{at}(x)) ",
}
LIKE_CODE, LIKE_SOLUTION, LIKE_LOGIC = ("code", "tests"), ("solution", "gold", "answer"), ("premises", "conclusion")


def ordinary(column):
    kind = next((group[0] for group in (LIKE_CODE, LIKE_SOLUTION, LIKE_LOGIC) if column in group), "text")
    whole = "".join(ORDINARY[kind].replace("{at}", str(at)) for at in range(SIZE // 20))
    return whole[: whole.rindex(ORDINARY[kind][-2:], 0, SIZE) + 2].ljust(SIZE)


def pathological(piece):
    return (piece * SIZE)[:SIZE]


def record(modality, text_of):
    """A record whose texts are all such a text; a list holds it once beside a short one."""
    row = {}
    for column in SCHEMAS[modality]:
        if str(column.type) == "string":
            row[column.name] = text_of(column.name)
        elif column.name == "messages":
            row[column.name] = [{"role": role, "content": text_of("text")} for role in ("user", "assistant")]
        else:
            row[column.name] = [text_of(column.name), "a"] if str(column.type).startswith("list") else None
    return row


def too_slow(cost):
    """The pieces whose repetition costs more than `MOST` times an ordinary text, and how many times. ``cost`` is called with a
    function from a column's name to its text, and with how often to try."""
    usual = max(FLOOR_SECONDS, cost(ordinary, 3))
    found = {}
    for said, piece in PIECES.items():
        ratio = cost(lambda _, piece=piece: pathological(piece), 1) / usual
        if ratio > MOST:  # on a busy machine the usual time is found too small as well
            usual = max(FLOOR_SECONDS, cost(ordinary, 5))
            ratio = cost(lambda _, piece=piece: pathological(piece), 5) / usual
        if ratio > MOST:
            found[said] = round(ratio, 1)
    return found


def seconds(name, text_of, runs):
    """The least that features, fold and value take together."""
    metric, row = catalog.metric(name), record(modality_of(name), text_of)
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        answer(metric, metric.zero() + metric.fold(batch_of(name, [row])))
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_no_text_costs_ten_times_an_ordinary_one(name):
    assert not too_slow(lambda text_of, runs: seconds(name, text_of, runs))


def test_the_law_names_what_a_careless_search_is_slow_on():
    def seconds_of(text_of, _):
        return 0.01 if len(set(text_of("text"))) > 1 else 1.0

    assert too_slow(seconds_of).keys() == {said for said, piece in PIECES.items() if len({*piece}) == 1}
    assert not too_slow(lambda text_of, _: 1e-6 * len(text_of("text")))


def test_every_modality_with_texts_of_its_own_is_looked_at():
    assert {modality_of(name) for name in NAMES} == {Modality.TEXT, Modality.SYMBOLIC}
    assert len(PIECES) >= 12
    assert {len(pathological(piece)) for piece in PIECES.values()} == {SIZE} == {len(ordinary(c)) for c in ORDINARY}
