import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.html_attributes import attribute_values

lxml = pytest.importorskip("lxml.html")
names = st.sampled_from(["id", "class", "backend_node_id", "data-x"])
text = st.text(alphabet="ab1 &<>\"'é", max_size=6)
elements = st.recursive(
    st.tuples(names, text, st.just([])), lambda inner: st.tuples(names, text, st.lists(inner, max_size=3)), max_leaves=8
)


def written(element):
    from html import escape

    name, value, children = element
    return f'<div {name}="{escape(value)}">{escape(value)}{"".join(map(written, children))}</div>'


@given(elements)
def test_finds_what_a_tree_has(element):
    page = written(element)
    wanted = {}
    for node in lxml.fromstring(page).iter():
        for name, value in node.attrib.items():
            wanted.setdefault(name, set()).add(value)
    assert attribute_values(page) == wanted
    assert attribute_values(page, ["id"]) == {name: values for name, values in wanted.items() if name == "id"}


@pytest.mark.parametrize(
    "page",
    ["", " ", "\0", "<", "<a", "<a b=", "&#0;", "<!doctype", "<?xml version='1.0' encoding='x'?><a>", "\ud800", "<a " * 9],
)
def test_odd_pages_are_no_crash(page):
    assert isinstance(attribute_values(page), dict)


def test_hostile_pages_end():
    for page in ("<div>" * 200_000, "<a b='" + "x" * 2_000_000, '<a b="1" ' * 100_000, "<!--" * 300_000, "&amp;" * 400_000):
        attribute_values(page)
    entities = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a id='&c;'>"
    assert len("".join(attribute_values(entities).get("id", ()))) < 100
