"""Memorised text: planted spans found whole, and nothing that is not there, beside a search over all 50-grams."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local

LM_EXTRACTION = Path(__file__).resolve().parents[4] / "shared" / "data" / "text" / "lm_extraction"
REAL = pytest.mark.skipif(not LM_EXTRACTION.is_dir(), reason="no real data beside the checkout")
VOCABULARY = [f"w{at}" for at in range(400)]


def measured(folder, subject, reference, holdout=None, workers=2, out="out", settings=""):
    sides = {"subject": subject, "reference": reference, **({"holdout": holdout} if holdout else {})}
    lines = []
    for side, texts in sides.items():
        pq.write_table(pa.table({"text": pa.array(texts, pa.string())}), folder / f"{side}.parquet", row_group_size=50)
        lines.append(f'[{side}]\npath = "{side}.parquet"\nmodality = "text"\n')
    plan = folder / f"{out}.toml"
    plan.write_text("".join(lines) + settings + '[metrics."corpus.memorised_text"]\n')
    report = audit(load(plan), Local(workers), str(folder / out))
    return report.result("corpus.memorised_text").value


def brute(subject, reference, least=50):
    grams = {tuple(words[at : at + least]) for words in map(str.split, reference) for at in range(len(words) - least + 1)}
    found = []
    for words in map(str.split, subject):
        found.append(any(tuple(words[at : at + least]) in grams for at in range(len(words) - least + 1)))
    return found


def written(rng, words):
    return " ".join(rng.choice(VOCABULARY, words))


@pytest.fixture(scope="module")
def planted():
    """Subjects with spans of 30 to 70 words of the reference, some with a word changed."""
    rng = np.random.default_rng(0)
    reference = [written(rng, int(rng.integers(20, 300))) for _ in range(300)]
    subject = []
    for at in range(400):
        words = written(rng, 150).split()
        source = reference[int(rng.integers(300))].split()
        if at % 2 and len(source) > 80:
            length, start = int(rng.integers(30, 71)), int(rng.integers(0, 10))
            span = source[start : start + length]
            if at % 4 == 3:
                span[int(rng.integers(len(span)))] = "changed"
            words[40:40] = span
        subject.append("  ".join(words))
    subject += ["too short", None, "", " ".join(reference[0].split()[:60])]
    return subject, reference


def test_every_span_is_found_and_none_that_is_not_there(tmp_path, planted):
    subject, reference = planted
    value = measured(tmp_path, subject, reference, holdout=reference[:150])
    truth = brute([text or "" for text in subject], reference)
    evaluated = [len((text or "").split()) >= 50 for text in subject]
    assert (value.n, value.skipped) == (sum(evaluated), {"fewer words": len(subject) - sum(evaluated)})
    assert value.value == pytest.approx(sum(truth) / sum(evaluated))
    in_holdout = brute([text or "" for text in subject], reference[:150])
    assert value.parts["also in the holdout"].value == pytest.approx(sum(in_holdout) / sum(evaluated))
    assert value.parts["planted passages found, as they are"].value == 1
    ladder = [value.parts[f"planted passages found, {percent} % of words changed"].value for percent in (1, 2, 5)]
    assert 1 > ladder[0] > ladder[1] > ladder[2]
    words = {evidence.record: int(evidence.note.split()[0]) for evidence in value.evidence}
    for record, count in words.items():
        assert not any(brute([subject[record]], reference, count + 1))
        assert all(brute([subject[record]], reference, count))


def test_any_number_of_workers_gives_the_same(tmp_path, planted):
    assert measured(tmp_path, *planted, workers=1, out="one") == measured(tmp_path, *planted, workers=4, out="four")


def test_a_span_that_many_hold_is_common(tmp_path):
    rng = np.random.default_rng(1)
    notice, secret = written(rng, 60), written(rng, 60)
    reference = [f"{written(rng, 30)} {notice}" for _ in range(12)] + [f"{secret} {written(rng, 40)}"]
    value = measured(tmp_path, [f"{written(rng, 9)} {notice}", f"{secret} {written(rng, 9)}"], reference)
    assert value.value == 1
    assert value.parts["of these, in one record of the reference"].value == 0.5
    assert value.parts["of these, in at most 10 records"].value == 0.5
    assert value.parts["of these, in at most 100 records"].value == 1
    assert (value.plot.edges, value.plot.counts) == ((1, 2, 4, 11, 31), (1, 0, 0, 1))
    assert sorted(evidence.note.split(", ")[1] for evidence in value.evidence) == [
        "in at most 12 records of the reference",
        "in one record of the reference",
    ]


def test_boilerplate_beyond_the_limit_is_counted(tmp_path):
    rng = np.random.default_rng(2)
    notice = written(rng, 60)
    reference = [f"{notice} {written(rng, 30)}" for _ in range(50)]
    value = measured(tmp_path, [notice], reference)
    assert value.value == 1
    assert value.parts["runs too common to follow all"].value > 0


def test_least_is_the_plans(tmp_path):
    rng = np.random.default_rng(3)
    text = written(rng, 100)
    subject = [" ".join([*text.split()[:30], "other", *text.split()[31:60]])]
    settings = "[relations.shared_spans]\nleast = 25\nplanted = 0\n"
    assert measured(tmp_path, subject, [text]).value == 0
    value = measured(tmp_path, subject, [text], out="short", settings=settings)
    assert (value.value, value.parts["words of the longest span"].value) == (1, 30)
    assert not any(name.startswith("planted") for name in value.parts)


def test_no_text_is_none(tmp_path):
    assert measured(tmp_path, [None, "short"], ["x " * 90]).reason == "no record has enough words"


@REAL
def test_a_thousand_memorised_suffixes_are_found_among_distractors(tmp_path):
    """Suffixes that GPT-Neo emits from memory, as token numbers, inside text of other tokens; the reference is the passages."""
    prefix, suffix, before = (np.load(LM_EXTRACTION / f"val_{name}.npy") for name in ("prefix", "suffix", "preprefix"))
    rng, pool = np.random.default_rng(0), np.concatenate([before.ravel(), prefix.ravel()])

    def say(tokens):
        return " ".join(f"t{token}" for token in tokens)

    reference = [say(np.r_[a, b]) for a, b in zip(prefix, suffix, strict=True)]
    noise = rng.choice(pool, (1000, 150))
    made = [say(np.r_[one[:70], tokens, one[70:]]) for one, tokens in zip(noise, suffix, strict=True)]
    distractors = [say(one) for one in rng.choice(pool, (4000, 200))]
    value = measured(tmp_path, made + distractors, reference)
    assert value.value == 0.2
    assert max(evidence.record for evidence in value.evidence) < 1000
