"""Code in Markdown."""

import re

_FENCED = re.compile(r"\s*```[^\n`]*\n(.*?)\n?[ \t]*```\s*", re.DOTALL)


def unfenced(text: str) -> str:
    """A program that stands whole in one Markdown fence, without it; any other text as it is.

    >>> unfenced("```python\\nx = 1\\n```"), unfenced("x = 1")
    ('x = 1', 'x = 1')
    """
    fence = _FENCED.fullmatch(text) if "```" in text else None
    return fence[1] if fence else text
