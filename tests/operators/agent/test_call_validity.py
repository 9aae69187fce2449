import json

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.agent._tools import tools_of
from tests.operators.agent.agent_given import asks, batch_of, call, measured, says
from tests.operators.agent.bfcl_given import questions, right_calls

NAME = "agent.call_validity"
PARAMETERS = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "days": {"type": "integer", "minimum": 1},
        "warmth": {"type": "number"},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "on": {"type": "string", "format": "date"},
        "near": {"type": "array", "items": {"type": "object", "properties": {"km": {"type": "number"}}, "required": ["km"]}},
        "loud": {"type": "boolean"},
        "until": {"type": "string", "default": None},
    },
    "required": ["city"],
}
TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}]


def faults_of(*calls):
    """The fault of each call of (arguments, tools, name), looked at together: '' for none."""
    made = [[{"name": name, "arguments": arguments}] for arguments, _, name in calls]
    batch = batch_of(NAME, calls=made, tools=[tools for _, tools, _ in calls])
    return [found[0]["fault"] for found in batch["call_faults"].to_pylist()]


CALLS = [
    ({"city": "Brno"}, ""),
    ({"city": "Brno", "days": 3, "warmth": 3, "unit": "C", "on": "2024-02-29", "near": [{"km": 1.5}], "loud": True}, ""),
    ({"city": "Brno", "days": 3.0}, ""),
    ({"city": "Brno", "near": []}, ""),
    ({"city": "Brno", "until": None}, ""),
    ({}, "missing_required"),
    ({"days": 3}, "missing_required"),
    ({"city": "Brno", "town": "Brno"}, "unknown_parameter"),
    ({"city": 3}, "wrong_type"),
    ({"city": None}, "wrong_type"),
    ({"city": "Brno", "days": True}, "wrong_type"),
    ({"city": "Brno", "days": 3.5}, "wrong_type"),
    ({"city": "Brno", "days": "3"}, "wrong_type"),
    ({"city": "Brno", "warmth": False}, "wrong_type"),
    ({"city": "Brno", "loud": 1}, "wrong_type"),
    ({"city": "Brno", "near": {"km": 1}}, "wrong_type"),
    ({"city": "Brno", "near": [{"km": "1"}]}, "wrong_type"),
    ({"city": "Brno", "near": [{"miles": 1}]}, "missing_required"),
    ({"city": "Brno", "unit": "K"}, "bad_value"),
    ({"city": "Brno", "on": "2023-02-29"}, "bad_format"),
    ({"city": "Brno", "days": 0}, "constraint"),
    ("[1]", "bad_arguments"),
    ('{"city": ', "bad_arguments"),
    ('{"city": "a", "city": "b"}', "bad_arguments"),
]


def test_one_call():
    assert faults_of(*((arguments, TOOLS, "weather") for arguments, _ in CALLS)) == [fault for _, fault in CALLS]


def test_every_call_of_a_record_has_to_be_allowed():
    good, bad = {"name": "weather", "arguments": {"city": "Brno"}}, {"name": "wether", "arguments": {}}
    broken = [{"name": "f", "parameters": {"type": "object", "properties": {"a": {"pattern": "("}}}}]
    value = measured(
        NAME,
        calls=[[good, good], [good, bad, bad], [good], [], None, [good], [{"name": "f", "arguments": {}}], "words"],
        tools=[TOOLS, TOOLS, TOOLS, TOOLS, TOOLS, None, broken, TOOLS],
    )
    assert value.value == 0.5
    assert value.n == 4
    assert value.parts["calls"].value == 4 / 7
    assert value.parts["unknown_tool"].value == 2 / 7
    assert value.parts["bad_call"].value == 1 / 7
    assert value.skipped == {"no call": 1, "no calls or no tools": 2, "tool schema that cannot be used": 1}
    assert value.evidence[0].record == 1
    assert value.evidence[0].note == "unknown tool of wether, step 1"


def test_calls_of_a_conversation_are_looked_at_with_their_step():
    talk = [says("user", "Hi"), asks(call("weather", {"city": "Brno"})), asks(call("weather", {"days": 2}))]
    value = measured(NAME, trajectory=[talk], tools=[TOOLS])
    assert value.value == 0.0
    assert value.evidence[0].note == "missing required at $ of weather, step 3"


PROPERTIES = {"q": {"type": "string"}, "k": {"type": "integer"}}
LISTED = [{"name": "q", "type": "STRING"}], [{"name": "k", "type": "NUMBER"}]
DIALECTS = {
    "openai": [{"type": "function", "function": {"name": "find", "parameters": {"properties": PROPERTIES, "required": ["q"]}}}],
    "inner": [{"name": "find", "parameters": {"type": "object", "properties": PROPERTIES, "required": ["q"]}}],
    "one tool": {"name": "find", "parameters": {"type": "object", "properties": PROPERTIES, "required": ["q"]}},
    "texts": [json.dumps({"name": "find", "parameters": {"properties": PROPERTIES, "required": ["q"]}})],
    "anthropic": [{"name": "find", "input_schema": {"type": "object", "properties": PROPERTIES, "required": ["q"]}}],
    "mcp": [{"name": "find", "inputSchema": {"type": "object", "properties": PROPERTIES, "required": ["q"]}}],
    "gemini": [{"functionDeclarations": [{"name": "find", "parameters": {"properties": PROPERTIES, "required": ["q"]}}]}],
    "bfcl": [{"name": "find", "parameters": {"type": "dict", "properties": PROPERTIES, "required": ["q"]}}],
    "draft 3": [
        {"name": "find", "parameters": {"properties": {"q": {"type": "string", "required": True}, "k": PROPERTIES["k"]}}}
    ],
    "toolbench": [{"api_name": "find", "required_parameters": LISTED[0], "optional_parameters": LISTED[1]}],
    "xlam": [{"name": "find", "parameters": {"q": {"type": "str"}, "k": {"type": "int", "default": 3}}}],
    "xlam, optional": [{"name": "find", "parameters": {"q": {"type": "str"}, "k": {"type": "int, optional"}}}],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialects_of_tools(dialect):
    given = [{"q": "a"}, {"q": "a", "k": 2}, {"k": 2}, {"q": "a", "k": "2"}, {"q": 1}, {"q": "a", "more": 2}]
    faults = ["", "", "missing_required", "wrong_type", "wrong_type", "unknown_parameter"]
    assert faults_of(*((arguments, DIALECTS[dialect], "find") for arguments in given)) == faults


def test_tools_that_only_the_system_prompt_lists():
    tool = {"name": "find", "parameters": {"type": "object", "properties": PROPERTIES, "required": ["q"]}}
    prompts = [
        f"You may call functions. <tools> {json.dumps([tool])} </tools> Be brief.",
        f"<tools>\n{json.dumps({'type': 'function', 'function': tool})}\n{json.dumps({'name': 'now'})}\n</tools>",
        f"Specifically, you have access to the following APIs: {[tool]!r} Remember: {{",
        "You have no tools.",
    ]
    calls = [call("find", {"q": "a"}), call("find", {"k": "2", "q": "a"})]
    talks = [[says("system", prompt), asks(one)] for prompt in prompts for one in calls]
    value = measured(NAME, trajectory=talks)
    assert (value.value, value.n) == (0.5, 6)
    assert value.parts["wrong_type"].value == 0.5
    assert value.skipped == {"no calls or no tools": 2}


def test_what_tools_may_leave_out():
    open_ = [{"name": "f", "parameters": {"type": "object", "additionalProperties": True}}]
    typed = [{"name": "f", "parameters": {"a": {"type": "List[int]"}, "b": {"type": "?"}}}]
    named = [{"api_name": "Get It", "tool_name": "A-B", "required_parameters": LISTED[0]}]
    now = [{"name": "now"}]
    struct = {"properties": {"a": {"type": "string", "enum": None, "items": None}, "b": None}, "required": None, "enum": None}
    unified = [{"name": "f", "parameters": {**struct, "anyOf": None}, "input_schema": None}]
    assert faults_of(
        ({}, now, "now"),
        ({"a": 1}, now, "now"),
        ({"a": 1}, open_, "f"),
        ({"a": [1], "b": "x"}, typed, "f"),
        ({"q": "x"}, named, "get_it_for_a_b"),
        ({"a": "x"}, unified, "f"),
        ({"b": "x"}, unified, "f"),
    ) == ["", "unknown_parameter", "", "", "", "", "unknown_parameter"]
    assert tools_of("[]") is None
    assert tools_of('{"name": 3}') is None


kinds = st.sampled_from(["string", "integer", "number", "boolean", "array", "object"])
leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 2.0]) | st.sampled_from(["", "a", "3"])
values = leaves | st.lists(leaves, max_size=2) | st.dictionaries(st.sampled_from("ab"), leaves, max_size=2)


schemas = st.dictionaries(st.sampled_from("abc"), kinds, max_size=3).flatmap(
    lambda types: st.tuples(st.just(types), st.lists(st.sampled_from(sorted(types)), unique=True) if types else st.just([]))
)
drawn = st.lists(st.tuples(schemas, st.dictionaries(st.sampled_from("abcd"), values)), min_size=1, max_size=30)


@given(drawn)
@settings(max_examples=10, deadline=None)
def test_agrees_with_jsonschema(pairs):
    asked, valid = [], []
    for (types, required), arguments in pairs:
        schema = {"type": "object", "properties": {k: {"type": kind} for k, kind in types.items()}, "required": required}
        asked.append((arguments, [{"name": "f", "parameters": schema}], "f"))
        valid.append(jsonschema.Draft202012Validator({**schema, "additionalProperties": False}).is_valid(arguments))
    assert [fault == "" for fault in faults_of(*asked)] == valid


def test_odd_tools_are_no_crash():
    odd = [
        "[",
        "3",
        '["x"]',
        '[{"name": "f", "parameters": 3}]',
        '[{"name": "f", "parameters": {"type": 3, "properties": []}}]',
    ]
    value = measured(NAME, calls=["f(a=1)"] * len(odd), tools=odd)
    assert value.n + value.skipped["no calls or no tools"] == len(odd)


UNITS = [*("141-94-0", "142-94-1"), *(f"{143 + at}-95-{at}" for at in range(18))]
FORBIDDEN = {
    "simple_python": (set(), {"simple_python_307"}),
    "multiple": (set(), set()),
    "parallel": (set(), {"parallel_152"}),
    "live_simple": ({"live_simple_71-35-0"}, {"live_simple_71-35-0", *(f"live_simple_{at}" for at in UNITS)}),
}
"""Questions of BFCL whose own possible answers the tool's definition forbids: where what may be left out is, and where it is
not. A truth where a text is declared, null where nothing allows it, values outside the enumeration. BFCL's checker looks at
no enumeration and takes the answer's type."""


@pytest.mark.parametrize("category", FORBIDDEN)
def test_possible_answers_of_bfcl_are_allowed(category):
    asked = questions(category)
    if not asked:
        pytest.skip("neither bfcl-eval nor the shared data is here")
    for omit, forbidden in zip((True, False), FORBIDDEN[category], strict=True):
        calls = [right_calls(functions, answers, omit=omit) for _, functions, answers in asked]
        batch = batch_of(NAME, calls=calls, tools=[functions for _, functions, _ in asked])
        faults = batch["call_faults"].to_pylist()
        assert {one[0] for one, found in zip(asked, faults, strict=True) if any(f["fault"] for f in found)} == forbidden
