"""Conversations as numbers: who speaks in each turn, and which turn breaks the order of speakers."""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.buffers import Strings, lists, strings, valid_mask

SYSTEM, USER, ASSISTANT, TOOL, UNKNOWN = range(5)

_ROLES = {
    "system": SYSTEM,
    "developer": SYSTEM,
    "user": USER,
    "human": USER,
    "assistant": ASSISTANT,
    "gpt": ASSISTANT,
    "model": ASSISTANT,
    "function_call": ASSISTANT,
    "tool": TOOL,
    "function": TOOL,
    "observation": TOOL,
    "ipython": TOOL,
}
"""The names of OpenAI's, ShareGPT's, Gemma's and Llama's chat formats; case does not matter."""

NO_TURN, UNKNOWN_ROLE, LATE_SYSTEM, OUT_OF_ORDER, EMPTY_TURN, NO_FINAL_ANSWER = 1, 2, 4, 8, 16, 32
"""Bits of a fault mask, see `turn_faults`."""

_START = 5


def _may_follow() -> NDArray[np.bool_]:
    allowed = np.zeros((6, 6), np.bool_)
    for before, after in (
        (_START, SYSTEM),
        (_START, USER),
        (SYSTEM, USER),
        (USER, ASSISTANT),
        (ASSISTANT, USER),
        (ASSISTANT, TOOL),
        (TOOL, TOOL),
        (TOOL, ASSISTANT),
    ):
        allowed[before, after] = True
    allowed[UNKNOWN] = True  # who follows an unknown speaker cannot be judged
    return allowed


_MAY_FOLLOW = _may_follow()


class Turns(NamedTuple):
    """``n`` conversations: the turns of conversation ``i`` are ``offsets[i]`` to ``offsets[i + 1]``, where ``valid[i]``."""

    offsets: NDArray[np.int64]
    valid: NDArray[np.bool_]
    roles: NDArray[np.int8]
    contents: Strings
    column: pa.Array


def turns(messages: pa.Array) -> Turns:
    """The turns of a column of type `engine.schema.MESSAGES`.

    >>> from engine.schema import MESSAGES
    >>> turns(pa.array([[{"role": "Human", "content": "hi"}, {"role": "gpt", "content": "yes"}]], MESSAGES)).roles.tolist()
    [1, 2]
    """
    view, spoken = lists(messages), messages.values
    content = spoken.field("content")
    content_view = strings(content)
    present = valid_mask(spoken)
    roles = np.where(present, _role_codes(spoken.field("role")), np.int8(UNKNOWN)).astype(np.int8)
    return Turns(view.offsets, view.valid, roles, content_view._replace(valid=content_view.valid & present), content)


def _role_codes(roles: pa.Array) -> NDArray[np.int8]:
    if pa.types.is_null(roles.type):
        return np.full(len(roles), UNKNOWN, np.int8)
    names = pa.array(list(_ROLES), roles.type)
    found = pc.index_in(pc.ascii_lower(roles), names).fill_null(len(_ROLES)).to_numpy(zero_copy_only=False)
    codes: NDArray[np.int8] = np.array([*_ROLES.values(), UNKNOWN], np.int8)[found]
    return codes


@nb.njit(nogil=True, cache=True)
def _judge(offsets: Any, roles: Any, blanks: Any, may_follow: Any) -> Any:
    rows = len(offsets) - 1
    masks, counts = np.zeros(rows, np.uint8), np.zeros(rows, np.int64)
    for i in range(rows):
        first, stop, mask, count, before = offsets[i], offsets[i + 1], 0, 0, _START
        for at in range(first, stop):
            role, fault = roles[at], 0
            if role == UNKNOWN:
                fault = UNKNOWN_ROLE
            elif role == SYSTEM and at > first:
                fault = LATE_SYSTEM
            elif not may_follow[before, role]:
                fault = OUT_OF_ORDER
            calls_tool = role == ASSISTANT and at + 1 < stop and roles[at + 1] == TOOL
            if blanks[at] and not calls_tool:
                fault |= EMPTY_TURN
            mask |= fault
            count += fault != 0
            before = role
        if first == stop:
            mask, count = NO_TURN, 1
        elif before != ASSISTANT:
            mask, count = mask | NO_FINAL_ANSWER, count + 1
        masks[i], counts[i] = mask, count
    return masks, counts


def turn_faults(view: Turns, blanks: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Per conversation the mask of its faults and how many turns have one.

    In order: system (optional, first), then user and assistant by turns; after an assistant turn any number of tool turns, then
    an assistant turn again; the last is the assistant's. A turn that calls a tool may say nothing besides.
    """
    masks, counts = _judge(view.offsets, view.roles, blanks, _MAY_FOLLOW)
    return masks, counts
