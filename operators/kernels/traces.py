"""Derivations with programs in them: where the programs stand, and what they are said to have put out."""

import re
from typing import NamedTuple

MAX_CHARACTERS = 1 << 20
MAX_BLOCKS = 100

_MARK = re.compile(r"<(/?)(llm-code(?:-output)?)>|^[ \t]*```[ \t]*([\w+-]*)[^\n`]*$", re.MULTILINE)
_CODE = {"llm-code", "python", "py", "python3"}
_OUTPUT = {"llm-code-output", "output", "stdout"}


class Recorded(NamedTuple):
    """A program, and what it put out according to who wrote it down; None where nobody did."""

    code: str
    output: str | None


def recorded_blocks(derivation: str) -> list[Recorded]:
    """The programs of a derivation in order, with the output that stands directly behind each.

    Two ways of writing are known: ``<llm-code>`` and ``<llm-code-output>`` (OpenMathInstruct-1), and Markdown fences
    ```` ```python ```` (py, python3) and ```` ```output ```` (stdout). An output belongs to a program where nothing but white
    space is between them. What is not closed is not counted: a derivation that was cut off.

    >>> recorded_blocks("Sum:\\n<llm-code>\\n1 + 1\\n</llm-code>\\n<llm-code-output>\\n2\\n</llm-code-output>\\nso 2")
    [Recorded(code='1 + 1', output='2')]
    >>> recorded_blocks("```python\\nx = 1\\n```\\nthen\\n```python\\nx + 1\\n```\\n```output\\n2\\n```")
    [Recorded(code='x = 1', output=None), Recorded(code='x + 1', output='2')]
    """
    blocks: list[Recorded] = []
    opened, begun, ended = "", 0, -1
    for at in _MARK.finditer(derivation):
        name = at[2] or at[3].lower()
        if not opened:
            opens = at[2] is None or not at[1]
            opened, begun = (_kind(name), at.end()) if opens else ("", 0)
            adjoins = opens and ended >= 0 and not derivation[ended : at.start()].strip()
            ended = ended if adjoins and opened.startswith("output") else -1
            continue
        if not _closes(at, opened):
            continue
        text = derivation[begun : at.start()].strip("\n")
        if opened.startswith("code"):
            blocks.append(Recorded(text, None))
            ended = at.end()
        elif opened.startswith("output") and ended >= 0:
            blocks[-1] = Recorded(blocks[-1].code, text)
            ended = -1
        opened = ""
    return blocks


def _kind(name: str) -> str:
    tag = "tag" if name.startswith("llm-") else "fence"
    return f"{'code' if name in _CODE else 'output' if name in _OUTPUT else 'other'} {tag}"


def _closes(at: re.Match[str], opened: str) -> bool:
    if opened.endswith("tag"):
        return at[1] == "/" and (at[2] == "llm-code") == opened.startswith("code")
    return at[2] is None and not at[3]
