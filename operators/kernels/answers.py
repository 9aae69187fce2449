"""Final answers: where one stands in a derivation, and whether two say the same. No answer is ever evaluated as code."""

import re
from fractions import Fraction
from functools import lru_cache

from operators.kernels.arithmetic import evaluate

MAX_CHARACTERS = 1 << 16
"""Of a derivation, only its last 64 Ki characters are searched."""

_SAID = re.compile(
    r"(?:^|\n)[ \t]*(?:A|Answer|Final Answer)[ \t]*[:：][ \t]*([^\n]+)|the (?:final )?answer is:?[ \t]*([^\n]+)", re.IGNORECASE
)
_HASHES = re.compile(r"####[ \t]*([^\n]+)")
_BRACES = re.compile(r"\\f?box(?:ed)?\s*\{|[{}]")
_WRAPPED = re.compile(r"\\(?:text|mathrm|textbf|mathbf|mbox)\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]*)\}\s*\{([^{}]*)\}|(\d)\s*(\d))")
_SPACING = re.compile(r"\\[,;:! ]|\\left|\\right|\\displaystyle|\\degree|\^\\circ|\^\{\\circ\}|°|\$|\\\(|\\\)|[£€]")
_NAMED = re.compile(r"[a-zA-Z]\s*=\s*(?=[^=])")
_NUMBER_AND_UNIT = re.compile(r"(-?\s?(?:\d[\d,]*\.?\d*|\.\d+)(?:/\d+)?%?)\s*(?:[a-zA-Z][a-zA-Z .^/0-9]*)?\.?", re.ASCII)
_GROUPED = re.compile(r"[(\[{](.*)[)\]}]", re.DOTALL)


def final_answer(derivation: str) -> str | None:
    """The answer that a derivation ends with: what stands last of ``#### x``, ``\\boxed{x}``, ``A: x``, ``the answer is x``.

    None where none of these stands in it: a bare last number is no stated answer.

    >>> final_answer("9 * 2 = 18\\n#### 18"), final_answer("so $\\\\boxed{\\\\frac{1}{2}}$."), final_answer("A: 7 apples")
    ('18', '\\\\frac{1}{2}', '7 apples')
    >>> final_answer("it is 18") is None
    True
    """
    tail = derivation[-MAX_CHARACTERS:]
    found = [(at.start(), at[1]) for at in _HASHES.finditer(tail)]
    found += [(at.start(), at[1] or at[2]) for at in _SAID.finditer(tail)]
    found += boxes(tail)
    return max(found)[1].strip() if found else None


def stated_answers(derivation: str) -> list[tuple[int, int]]:
    """Where each answer stands that a derivation states, as `final_answer` finds them: spans that do not overlap, in order.

    >>> stated_answers("so \\\\boxed{4}.\\n#### 4")
    [(10, 11), (19, 20)]
    """
    before = max(0, len(derivation) - MAX_CHARACTERS)
    tail = derivation[before:]
    spans = [at.span(1) for at in _HASHES.finditer(tail)]
    spans += [at.span(1 if at[1] else 2) for at in _SAID.finditer(tail)]
    for start, inside in boxes(tail):
        first = tail.index("{", start) + 1
        spans.append((first, first + len(inside)))
    apart: list[tuple[int, int]] = []
    for start, stop in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not apart or start >= apart[-1][1]:
            apart.append((start, stop))
    return [(before + start, before + stop) for start, stop in apart]


def masked_answer(derivation: str, mask: str) -> str:
    """A derivation with the mask in place of its final answer, wherever that is stated as an answer; steps stay as they are.

    >>> masked_answer("9 * 2 = 18, so \\\\boxed{18}.\\n#### 18", "[MASK]")
    '9 * 2 = 18, so \\\\boxed{[MASK]}.\\n#### [MASK]'
    """
    answer = final_answer(derivation)
    if answer is None:
        return derivation
    pieces, end = [], 0
    for start, stop in stated_answers(derivation):
        stated = derivation[start:stop]
        if answer in stated or same_answer(stated, answer):
            pieces += [derivation[end:start], mask]
            end = stop
    return "".join([*pieces, derivation[end:]])


def boxes(text: str) -> list[tuple[int, str]]:
    """Where each outermost ``\\boxed{...}`` with matching braces begins, and what is in it.

    >>> boxes("\\\\boxed{a{b}} \\\\boxed{\\\\boxed{c}} \\\\boxed{d")
    [(0, 'a{b}'), (13, '\\\\boxed{c}')]
    """
    waiting: list[tuple[int, int] | None] = []
    closed: list[tuple[int, int, int]] = []
    for at in _BRACES.finditer(text):
        if at[0] == "}":
            box = waiting.pop() if waiting else None
            if box:
                closed.append((*box, at.start()))
        else:
            waiting.append(None if at[0] == "{" else (at.start(), at.end()))
    found, end = [], 0
    for start, first, stop in sorted(closed):
        if start >= end:
            found.append((start, text[first:stop]))
            end = stop
    return found


def same_answer(one: str, other: str) -> bool:
    """Whether two answers are the same: as numbers where both are numbers, else as normalised text.

    Numbers are compared exactly, as fractions: ``1,000``, ``$1000.00`` and ``1000 dollars`` are the same, ``0.5`` and
    ``\\frac{1}{2}`` too; ``50%`` is the same as ``50`` and as ``0.5``. Answers in brackets are compared item by item.

    >>> same_answer("$1,000.00", "1000 dollars"), same_answer("\\\\frac{3}{4}", "0.75"), same_answer("75%", "0.75")
    (True, True, True)
    >>> same_answer("(1, 2)", "(1,2)"), same_answer("3", "4"), same_answer("(A)", "A"), same_answer("x=5", "5")
    (True, False, True, True)
    """
    left, right = normalised(one), normalised(other)
    if left == right:
        return True
    if left[:1] in "([{" and right[:1] in "([{":
        parts = _items(left), _items(right)
        return left[0] == right[0] and len(parts[0]) == len(parts[1]) > 1 and all(map(same_answer, *parts))
    return bool(_values(left) & _values(right))


@lru_cache(maxsize=1 << 16)
def normalised(answer: str) -> str:
    """An answer without its dress: LaTeX wrappers, currency, spaces, the name before ``=``, a full stop, letter case.

    >>> normalised("\\\\text{ Yes}. "), normalised("\\\\dfrac12"), normalised("(B)")
    ('yes', '1/2', 'b')
    """
    text = answer.strip()[:1000]
    for _ in range(4):
        inner = boxes(text)
        text = inner[0][1] if inner and inner[0][0] == 0 else text
        text = _FRACTION.sub(
            lambda at: f"{_term(at[1] or at[3] or '')}/{_term(at[2] or at[4] or '')}", _WRAPPED.sub(r"\1", text)
        )
    text = _SPACING.sub("", text).replace("\\%", "%").replace("−", "-").strip().rstrip(".").strip()
    text = _NAMED.sub("", text, count=1) if _NAMED.match(text) else text
    text = " ".join(text.split()).casefold()
    letter = _GROUPED.fullmatch(text)
    return letter[1].strip() if letter and len(letter[1].strip()) == 1 else text


def _term(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def number(answer: str) -> Fraction | None:
    """The value of a normalised answer that is a number, an expression of numbers, or a number with a unit.

    >>> number("1,200 apples"), number("3/4"), number("nine") is None
    (Fraction(1200, 1), Fraction(3, 4), True)
    """
    try:
        value = evaluate(answer)
    except ZeroDivisionError:
        return None
    if value is None:
        unit = _NUMBER_AND_UNIT.fullmatch(answer)
        value = evaluate(unit[1].replace(" ", "")) if unit and not unit[1].endswith("/0") else None
    return value


def _values(answer: str) -> set[Fraction]:
    value = number(answer)
    if value is None:
        return set()
    return {value, value * 100} if answer.endswith("%") else {value}


def _items(answer: str) -> list[str]:
    inside, depth, items = answer[1:-1], 0, [""]
    for letter in inside:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            items.append("")
        else:
            items[-1] += letter
    return items
