"""The features that make a text or a conversation of other columns."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from engine.schema import MESSAGES
from operators.features.chosen_text import ChosenText
from operators.features.message_text import MessageText
from operators.features.prompt_response_messages import PromptResponseMessages
from operators.features.response_text import ResponseText

turns = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "user", "human", "Assistant", "gpt", "tool", "?", None]),
        "content": st.one_of(st.none(), st.sampled_from(["", "a", "é\n", "語"])),
    }
)
talks = st.lists(st.one_of(st.none(), st.lists(st.one_of(st.none(), turns), max_size=4)), max_size=5)


@given(talks, st.integers(0, 2))
def test_message_text_joins_what_the_assistant_said(conversations, skip):
    def expected(talk):
        said = [
            turn["content"]
            for turn in talk or []
            if turn and (turn["role"] or "").lower() in ("assistant", "gpt") and turn["content"] is not None
        ]
        return "\n\n".join(said) if said else None

    batch = pa.RecordBatch.from_arrays([pa.array(conversations, MESSAGES)], ["messages"]).slice(skip)
    assert MessageText().open()(batch)["text"].to_pylist() == [expected(talk) for talk in conversations[skip:]]


@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=3)), st.one_of(st.none(), st.text(max_size=3))), max_size=5))
def test_prompt_and_response_become_two_turns(pairs):
    prompts, responses = [a for a, _ in pairs], [b for _, b in pairs]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(prompts, pa.string()), pa.array(responses, pa.string())], ["prompt", "response"]
    )
    messages = PromptResponseMessages().open()(batch)["messages"]
    assert messages.type == MESSAGES
    assert messages.to_pylist() == [
        None if a is None or b is None else [{"role": "user", "content": a}, {"role": "assistant", "content": b}]
        for a, b in pairs
    ]


def test_plain_columns_pass_through():
    assert ResponseText().open()(pa.RecordBatch.from_pydict({"response": ["a", None]}))["text"].to_pylist() == ["a", None]
    assert ChosenText().open()(pa.RecordBatch.from_pydict({"chosen": ["a", None]}))["text"].to_pylist() == ["a", None]
