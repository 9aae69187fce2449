import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine import catalog
from engine.audit import audit
from engine.local import Local
from engine.plan import load
from operators.features.paraphrase import Paraphrase
from operators.text._judged import VERDICTS, judged
from operators.text.paraphrase_stability import ParaphraseStability

PROSE = "The committee met on Tuesday and nobody had read the report, which was late. " * 20


def said(texts, **parameters):
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})
    return Paraphrase(**parameters).open()(batch)["paraphrase"].to_pylist()


def measure(texts, paraphrases):
    columns = {"text": pa.array(texts, pa.string()), "paraphrase": pa.array(paraphrases, pa.large_string())}
    batch = pa.RecordBatch.from_pydict({"_id": pa.array(range(len(texts)), pa.int64()), **columns})
    return ParaphraseStability().value(ParaphraseStability().fold(batch))


@pytest.fixture
def functions(tmp_path, monkeypatch):
    code = """
def shout(texts):
    assert len(set(texts)) == len(texts)
    return [text.upper() if text != "no" else None for text in texts]

def short(texts):
    return texts[1:]

def number(texts):
    return [1] * len(texts)
"""
    (tmp_path / "rewording.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)


def test_the_function_says_it(functions):
    assert said(["one", None, "no", "one"], function="rewording:shout") == ["ONE", None, None, "ONE"]
    assert said([], function="rewording:shout") == []
    drawn = said([f"text {at}" for at in range(2000)], function="rewording:shout", share=0.25)
    assert sum(text is not None for text in drawn) == pytest.approx(500, rel=0.15)


@pytest.mark.parametrize("function", ["short", "number"])
def test_an_answer_to_each_is_wanted(functions, function):
    with pytest.raises(ValueError, match="returned"):
        said(["one", "two"], function=f"rewording:{function}")


def test_what_is_missing_is_said():
    assert "function" in Paraphrase().obstacle()
    assert "not importable" in Paraphrase(function="no_such_module:f").obstacle()
    assert Paraphrase(function="textwrap:shorten").obstacle() is None


def test_by_hand():
    """In capitals no word of Gopher's list stands there any more."""
    value = measure([PROSE, PROSE, "same", None, "x"], [PROSE.upper(), PROSE + "So it was.", "same", "x", None])
    assert value.skipped == {"no text or no paraphrase": 2, "the paraphrase is the text": 1}
    assert value.n == 2
    assert value.parts["gopher_quality"].value == 0.5
    both = judged(pa.array([PROSE, PROSE.upper(), PROSE + "So it was."], pa.large_string())).verdicts
    flipped = sum(both[name][0] != both[name][at] for name in VERDICTS for at in (1, 2))
    assert value.value == pytest.approx(flipped / 14)
    assert value.evidence[0].record == 0
    assert "gopher quality" in value.evidence[0].note


def test_in_an_audit(tmp_path, functions):
    pq.write_table(pa.table({"text": [f"{PROSE} {at}" for at in range(20)]}), tmp_path / "a.parquet")
    plan = f'[subject]\npath = "{tmp_path}/a.parquet"\nmodality = "text"\n[metrics."text.paraphrase_stability"]\n'
    (tmp_path / "audit.toml").write_text(plan + '[features.paraphrase]\nfunction = "rewording:shout"\n')
    report = audit(load(tmp_path / "audit.toml"), Local(1), str(tmp_path / "out"))
    assert report.result("text.paraphrase_stability").value.parts["gopher_quality"].value == 1.0


def test_it_waits_to_be_asked():
    assert catalog.features()["features.paraphrase"].unasked
