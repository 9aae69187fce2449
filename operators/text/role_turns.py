"""Order of speakers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.completeness import blank, truncated
from operators.kernels.turns import (
    ASSISTANT,
    EMPTY_TURN,
    LATE_SYSTEM,
    NO_FINAL_ANSWER,
    NO_TURN,
    OUT_OF_ORDER,
    UNKNOWN_ROLE,
    turn_faults,
    turns,
)
from operators.text._verdicts import no_verdicts, pass_rate, verdicts

_TRUNCATED = 64
_FAULTS = {
    "no_turn": NO_TURN,
    "unknown_role": UNKNOWN_ROLE,
    "late_system_turn": LATE_SYSTEM,
    "out_of_order": OUT_OF_ORDER,
    "empty_turn": EMPTY_TURN,
    "no_final_answer": NO_FINAL_ANSWER,
    "truncated_answer": _TRUNCATED,
}


@dataclass(frozen=True)
class RoleTurns(Metric[Product]):
    """The share of conversations that a chat template can render and a model can learn a whole answer from.

    ``passed / conversations``. A conversation passes when a system turn stands first or nowhere, user and assistant alternate
    from the user on, tool turns stand only between two assistant turns, the last turn is the assistant's, no turn is blank
    (an assistant turn that calls a tool may be), and the final answer does not break off inside a fenced code block or, when
    all of it is JSON, inside an open brace, bracket or string. Roles of the common chat formats are known (human, gpt, model,
    observation, ...). Parts are the shares of conversations with each fault, which may overlap; evidence is ranked by faulty
    turns. Records without a conversation are skipped. An answer that stops in the middle of a sentence is not seen.

    0 to 1, higher is better, with a Wilson interval. Cost: one pass over roles and final answers, over 500 MB/s a core.

    >>> from engine.schema import MESSAGES
    >>> asked, answered = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}
    >>> talks = pa.array([[asked, answered], [asked]], MESSAGES)
    >>> metric = RoleTurns()
    >>> metric.value(metric.fold(pa.RecordBatch.from_pydict({"_id": [0, 1], "messages": talks}))).value
    0.5

    Source: The LLM Data Auditor (arXiv 2601.17717), text validity; CommonMark 0.31, section 4.5 (fences).
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("messages",)
    unit: ClassVar[str] = "share of conversations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, text validity"

    def zero(self) -> Product:
        """No records."""
        return no_verdicts()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each conversation."""
        talk = turns(batch["messages"])
        masks, counts = turn_faults(talk, blank(talk.contents))
        last = talk.offsets[1:] - 1
        answered = np.flatnonzero(talk.valid & (np.diff(talk.offsets) > 0))
        answered = answered[talk.roles[last[answered]] == ASSISTANT]
        broken = answered[truncated(talk.contents, last[answered])]
        masks[broken] |= _TRUNCATED
        counts[broken] += 1
        keep = talk.valid
        skipped = {"missing": int(np.count_nonzero(~keep))}
        return verdicts(masks[keep], counts[keep], batch[ID].to_numpy()[keep], _FAULTS, skipped)

    def value(self, state: Product) -> Value:
        """The share of sound conversations."""
        return pass_rate(state, _FAULTS, "no record has a conversation")
