import numpy as np
import pyarrow as pa

from operators.agent.message_toxicity import MessageToxicity
from operators.features.agent_text import AgentText
from operators.features.trajectory_calls import TrajectoryCalls
from tests.operators.agent.agent_given import says


def read(*talks):
    import json

    batch = pa.RecordBatch.from_pydict({"trajectory": [json.dumps(talk) for talk in talks]})
    said = TrajectoryCalls().open()(batch)["said"]
    return AgentText().open()(pa.RecordBatch.from_pydict({"said": said}))["text"]


def test_only_the_agents_words_are_looked_at():
    texts = read([says("user", "You idiot."), says("assistant", "Hello."), says("assistant", "Bye.")], [says("user", "x")])
    assert texts.to_pylist() == ["Hello.\n\nBye.", None]


def test_share_over_the_threshold():
    texts = read([says("assistant", "a b")], [says("assistant", "c d")], [says("user", "e")])
    labels = pa.nulls(3, pa.struct([("insult", pa.float32())]))
    scores = pa.array(np.array([0.9, 0.2, np.nan], np.float32), mask=np.array([False, False, True]))
    columns = {"_id": range(3), "_fault": pa.nulls(3, pa.string()), "text": texts}
    batch = pa.RecordBatch.from_pydict({**columns, "toxicity": scores, "toxicity_labels": labels})
    value = MessageToxicity().value(MessageToxicity().fold(batch))
    assert value.value == 0.5
    assert value.skipped == {"no text": 1}
    assert MessageToxicity().value(MessageToxicity().zero()).reason == "no agent says anything that has a score"
