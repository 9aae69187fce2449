import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.perturb import PERTURBATIONS, sentence_order, typos
from operators.text._judged import VERDICTS, flips, judged
from operators.text.c4_rules import C4Rules
from operators.text.perturbation_stability import PerturbationStability
from operators.text.secrets import Secrets
from operators.text.well_formed import WellFormed

PROSE = "The committee met on Tuesday. It was late, and nobody had read the report! Who would? " * 40
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def arrow(texts):
    return pa.array(texts, pa.large_string())


def measure(texts, **parameters):
    columns = {"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())}
    metric = PerturbationStability(**parameters)
    return metric.value(metric.fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize("perturb", PERTURBATIONS.values(), ids=PERTURBATIONS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_a_text_is_perturbed_in_one_way_whatever_stands_beside_it(perturb, texts):
    together = perturb(arrow(texts)).to_pylist()
    assert together == [perturb(arrow([text])).to_pylist()[0] for text in texts]


@given(text=TEXTS)
def test_what_each_perturbation_leaves_alone(text):
    said = {name: perturb(arrow([text])).to_pylist()[0] for name, perturb in PERTURBATIONS.items()}
    assert said["spaces"].split() == text.split()
    assert sorted(said["sentence_order"]) == sorted(text)
    assert said["lower_case"].lower() == text.lower()
    assert len(said["confusables"]) == len(text)
    assert [c for c in said["typos_5_percent"] if not c.isalpha()] == [c for c in text if not c.isalpha()]


def test_typos_come_as_often_as_they_should_and_of_three_kinds():
    clean = "thequickbrownfoxjumpsoverthelazydog" * 3000
    wrong = typos(arrow([clean]), 0.05).to_pylist()[0]
    dropped = len(clean) - len(wrong)
    assert dropped / len(clean) == pytest.approx(0.05 / 3, rel=0.1)
    by_place = typos(arrow([f"{at:05d}a" for at in range(60_000)]), 0.05).to_pylist()
    assert {text[5:] for text in by_place} == {"a", "s", ""}
    assert sum(text[5:] != "a" for text in by_place) / 60_000 == pytest.approx(0.05, rel=0.05)


def test_look_alikes_look_alike():
    text = "acdehijopsxyABCEHIKMOPSTXZ" * 200
    changed = PERTURBATIONS["confusables"](arrow([text])).to_pylist()[0]
    pairs = {(a, b) for a, b in zip(text, changed, strict=True) if a != b}
    assert len(pairs) == 26
    assert all(unicodedata.name(b).startswith(("CYRILLIC", "GREEK")) and a.isupper() == b.isupper() for a, b in pairs)
    share = sum(a != b for a, b in zip(text, changed, strict=True)) / len(text)
    assert share == pytest.approx(0.1, rel=0.15)


def test_sentences_keep_their_words_and_two_always_change_places():
    for at in range(20):
        assert sentence_order(arrow([f"One {at}. Two {at}!"])).to_pylist() == [f"Two {at}! One {at}."]
    assert sentence_order(arrow(["Pi is 3.14 or so"])).to_pylist() == ["Pi is 3.14 or so"]


@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_no_change_flips_nothing(texts):
    assert not flips(judged(arrow(texts)), judged(arrow(texts))).any()


@given(words=st.lists(st.sampled_from("der Hund und le chat dort the cat sat où".split()), min_size=1, max_size=20))
def test_spaces_never_change_the_language(words):
    before = arrow([" ".join(words)])  # short enough for the detector to see all of it either way
    after = PERTURBATIONS["spaces"](before)
    assert judged(before).verdicts["language_id"].tolist() == judged(after).verdicts["language_id"].tolist()


def test_the_verdicts_are_those_of_the_metrics():
    texts = [PROSE, "short", "a\x00b", f"ghp_{'aB3' * 12} is a key", PROSE + "{", "lorem ipsum dolor. " * 9]
    found = judged(arrow(texts)).verdicts
    for at, text in enumerate(texts):
        batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), "text": [text]})
        for name, metric in (("well_formed", WellFormed()), ("c4_rules", C4Rules()), ("secrets", Secrets())):
            assert metric.value(metric.fold(batch)).value == found[name][at], (name, text)
    assert {*found} == {*VERDICTS}


def test_by_hand():
    """In capitals "THE" is no stop word any more: of seven verdicts one flips, under one of the perturbations."""
    value = measure([PROSE])
    assert value.parts["gopher_quality under upper_case"].value == 1.0
    before = judged(arrow([PROSE]))
    changed, flipped = 0, 0
    for perturb in PERTURBATIONS.values():
        other = perturb(arrow([PROSE]))
        after = judged(other)
        changed += other.to_pylist() != [PROSE[:4000]]
        flipped += sum(before.verdicts[name][0] != after.verdicts[name][0] for name in VERDICTS)
    assert changed == len(PERTURBATIONS)
    assert value.value == pytest.approx(flipped / changed / len(VERDICTS))
    assert value.parts["upper_case"].value >= 1 / 7
    assert value.evidence[0].record == 0


def test_copies_weigh_and_blanks_are_skipped():
    robust, fragile = "12:30 in 2024", PROSE
    once, thrice = measure([robust, fragile]), measure([robust, fragile, fragile, fragile, None, "  ", "12"])
    assert thrice.skipped == {"no text": 1, "blank": 1, "nothing to perturb": 1}
    each = [measure([text]).value for text in (robust, fragile)]
    assert once.value == pytest.approx(np.mean(each))
    assert thrice.value == pytest.approx((each[0] + 3 * each[1]) / 4)
    assert (once.low, once.high) == (once.value, once.value), "all there is"
    assert measure([f"{PROSE}{at}" for at in range(9)], size=4).estimator == "sample"


@pytest.mark.parametrize("piece", ["a", ".", ". ", "a. ", "'", ".'", "\n", "。", "\u200b", "(", "é"])
def test_hostile_texts(piece):
    assert measure([piece * (100_000 // len(piece))]).n <= 1
