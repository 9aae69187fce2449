import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.kernels.xml_trees import XmlError, tree

LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "&{chr(97 + i)};&{chr(97 + i)};">' for i in range(20))
    + "]><l>&u;</l>"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a x=1/>",
        "<a>&undefined;</a>",
        LAUGHS,
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
        "<a>" * 100 + "</a>" * 100,
        "<a>\ud800</a>",
        "<a>" + "<b/>" * 200_001 + "</a>",
        "<a>" + " " * (16 << 20) + "</a>",
    ],
    ids=range(14),
)
def test_hostile_text_is_refused(text):
    with pytest.raises(XmlError):
        tree(text)


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_refused(text):
    with contextlib.suppress(XmlError):
        assert tree(text).name


def test_names_come_without_prefix_and_numbers_are_finite():
    root = tree('<r:a xmlns:r="u" v="1e400" w=" 2 " x="nan"><r:b/><c><r:b i="2"/></c></r:a>')
    assert [element.attributes.get("i") for element in root.all("b")] == [None, "2"]
    assert (root.number("v"), root.number("w"), root.number("x"), root.number("y")) == (None, 2.0, None, None)
    assert tree('<?xml version="1.0" encoding="UTF-16"?><a/>').name == "a"
