import json

import pytest

from operators.agent._gui import targets_of
from operators.agent.element_locatability import ElementLocatability
from tests.operators.agent.agent_given import measured

NAME = "agent.element_locatability"
PAGE = '<html><body><div backend_node_id="1134"><a backend_node_id="136" href="/x?a=1&amp;b=2">13</a></div></body></html>'
CANDIDATE = {"tag": "a", "attributes": json.dumps({"backend_node_id": "136"}), "backend_node_id": "136"}


@pytest.mark.parametrize(
    ("element", "found"),
    [
        ("136", True),
        ("13", False),
        ("113", False),
        (["999", "136"], True),
        ([CANDIDATE], True),
        ([json.dumps(CANDIDATE)], True),
        (CANDIDATE, True),
        ({**CANDIDATE, "backend_node_id": "137"}, False),
        ('click(uid="136")', True),
        ('text_input(text="136", uid="7")', False),
        ("/x?a=1&b=2", True),
        (136, True),
    ],
)
def test_an_id_is_a_value_of_an_attribute(element, found):
    assert (measured(NAME, page=[PAGE], element=[element]).value == 1.0) == found


def test_steps_without_a_target_do_not_count():
    value = measured(
        NAME,
        ElementLocatability(max_bytes=1000),
        page=[PAGE, PAGE, PAGE, None, PAGE, PAGE, "x" * 1001, PAGE],
        element=["136", "[]", 'say(utterance="Hi")', "136", None, "[true]", "136", ""],
    )
    assert (value.value, value.n) == (1.0, 1)
    reasons = {"no target": 3, "no page or element": 2, "element that cannot be read": 1, "over 1000 bytes": 1}
    assert value.skipped == reasons


def test_only_the_attributes_that_count():
    metric = ElementLocatability(attributes=("data-webtasks-id",))
    pages = ['<a data-webtasks-id="u1">', '<a id="u1">']
    value = measured(NAME, metric, page=pages, element=['click(uid="u1")'] * 2)
    assert value.value == 0.5
    assert value.evidence[0].record == 1


def test_secrets_are_not_shown():
    value = measured(NAME, page=["<p>"], element=["AKIAQWERTYUIOPASDFGH"])
    assert "AKIAQWERTYUIOPASDFGH" not in value.evidence[0].note


@pytest.mark.parametrize(
    ("text", "targets"), [("{", ["{"]), ("null", []), ("1.5", None), ('{"tag": "a"}', []), ("[[[1]]]", None)]
)
def test_odd_elements(text, targets):
    assert targets_of(text) == targets
