import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.text.markdown_residue import MarkdownResidue

MARKED = {
    "heading": ["# One", "text\n### Three deep\ntext"],
    "emphasis": ["so **very** good", "__init__ is bold"],
    "bullet": ["- one\n- two", "  * deep"],
    "fence": ["```python\nx\n```", "text\n```"],
    "code_span": ["call `f(x)` now"],
    "link": ["see [this](http://a.b/c)"],
    "table": ["| a | b |\n|---|:-:|\n"],
    "html_tag": ["one<br>two", '<A HREF="x">y</a>', "</div >"],
    "html_entity": ["R&amp;D", "it&#39;s", "&#x27;"],
}
PLAIN = [
    "2 * 3 * 4 = 24",
    "#hashtag and C# and issue #12",
    "a < b and b > c",
    "f(x)[1] (so it is)",
    "well-known - or so",
    "snake_case_name",
    "AT&T; and & so on",
    "5 ** 2",
    "|a| is a norm",
    "",
]


def measure(texts):
    columns = {"_id": pa.array(range(len(texts)), pa.int64()), "text": pa.array(texts, pa.string())}
    return MarkdownResidue().value(MarkdownResidue().fold(pa.RecordBatch.from_pydict(columns)))


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in MARKED.items() for text in texts])
def test_each_mark_is_found_as_what_it_is(kind, text):
    value = measure([text])
    assert value.value == 0.0
    assert {name for name, part in value.parts.items() if part.value} == {kind}


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_mark(text):
    assert measure([text]).value == 1.0


@given(rows=st.lists(st.sampled_from([*PLAIN, *(text for texts in MARKED.values() for text in texts), None]), min_size=1))
def test_shares_against_a_count(rows):
    value = measure(rows)
    texts = [row for row in rows if row is not None]
    assert value.skipped == ({"no text": len(rows) - len(texts)} if len(texts) < len(rows) else {})
    if not texts:
        assert value.value is None
        return
    assert value.value == sum(text in PLAIN for text in texts) / len(texts)
    for kind, marked in MARKED.items():
        assert value.parts[kind].value == sum(text in marked for text in texts) / len(texts)


def test_evidence_has_most_kinds_first():
    value = measure(["# One", "# One\n**two** &amp;"])
    assert [(entry.record, entry.score) for entry in value.evidence] == [(1, 3.0), (0, 1.0)]
