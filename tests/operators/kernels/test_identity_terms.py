import re

import pyarrow as pa
import pytest

from operators.kernels.identity_terms import GROUPS, mentioned

NAMED = [
    ("gender", "The women voted."),
    ("gender", "She is a transgender athlete"),
    ("orientation", "He is gay."),
    ("orientation", "straight people"),
    ("religion", "MUSLIMS and Jews prayed"),
    ("origin", "a black man"),
    ("origin", "Chinese New Year"),
    ("disability", "deaf since birth"),
    ("disability", "for blind people"),
    ("age", "an elderly couple"),
    ("age", "young women"),
]
NOBODY = [
    "white wine and black ink",
    "an old straight road",
    "a blind alley",
    "womanise",
    "Gaynor",
    "the amended text",
    "",
    "語",
]


@pytest.mark.parametrize(("group", "text"), NAMED)
def test_terms(group, text):
    found = mentioned(pa.array([text]))
    assert found[group].tolist() == [True]
    assert found["any"].tolist() == [True]


@pytest.mark.parametrize("text", NOBODY)
def test_what_names_nobody(text):
    assert mentioned(pa.array([text]))["any"].tolist() == [False]


def test_the_same_as_pythons_own_expressions():
    texts = [text for _, text in NAMED] + NOBODY
    found = mentioned(pa.array(texts))
    for group, pattern in GROUPS.items():
        expected = [bool(re.search(rf"\b(?:{pattern})\b", text.lower())) for text in texts]
        assert found[group].tolist() == expected
