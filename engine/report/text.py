"""Numbers and untrusted text as a reader may safely see them."""

import re
from collections.abc import Iterator

from engine.report.model import Result, Status
from engine.schema import Direction, Modality
from engine.value import Value

SHOWN_CHARACTERS = 2_000
"""Of any one string in a page: whatever is longer is cut, with its length."""

# Characters that move, hide or reorder what is around them: C0 and C1 controls but tab and newline, zero-width and bidi
# controls, line separators, half surrogates, byte-order mark, and the tag characters that hide text from a reader.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

ARROWS = {Direction.UP: "↑", Direction.DOWN: "↓", Direction.NONE: "◦"}
DIRECTIONS = {Direction.UP: "↑ higher is better", Direction.DOWN: "↓ lower is better", Direction.NONE: "◦ describes"}
SYMBOLS = {Status.MEASURED: "●", Status.NOT_ASKED: "○", Status.NOT_MEASURABLE: "△", Status.FAILED: "✕"}


def visible(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """The text with nothing hidden in it, cut to ``limit`` characters.

    >>> visible("a" + chr(0x202e) + "b" + chr(27) + "[31m")
    'a⟨U+202E⟩b␛[31m'
    >>> visible("x" * 10, limit=4)
    'xxxx… (10 characters)'
    """
    cut = text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
    return _INVISIBLE.sub(lambda match: _picture(ord(match.group())), cut)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def one_line(text: str, limit: int = 200) -> str:
    """`visible`, on one line."""
    return visible(" ".join(text.split()), limit)


def words(name: str) -> str:
    """An identifier in words.

    >>> words("not_measurable")
    'not measurable'
    """
    return name.replace("_", " ")


def modality_name(modality: Modality) -> str:
    """A modality as the survey writes it.

    >>> modality_name(Modality.VISION_LANGUAGE)
    'vision-language'
    """
    return "semi-structured" if modality is Modality.SEMISTRUCTURED else modality.value.replace("_", "-")


def number(value: float) -> str:
    """A number with four significant digits, or as many more as keep it from looking whole.

    >>> [number(x) for x in (0.97312, 1.0, 0.9999971, 12345, 12345.678, 0.0000123, 1e20)]
    ['0.9731', '1', '0.999997', '12,345', '12,346', '1.23×10⁻⁵', '1×10²⁰']
    """
    if abs(value) >= 1e15:
        return _scientific(f"{value:.4g}" if value % 10**15 or abs(value) >= 1e16 else f"{value:.1e}")
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = next((d for d in range(4, 17) if float(f"{value:.{d}g}") != round(value)), 17)
    return _scientific(f"{value:.{digits}g}")


def _scientific(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    return f"{mantissa}×10{str(int(exponent)).translate(_SUPERSCRIPT)}" if exponent else mantissa


def interval(value: Value) -> str:
    """The 95 % interval in words; empty where there is none, "exact" where it is a point.

    >>> interval(Value(0.5, n=4, low=0.15, high=0.85))
    '0.15 to 0.85'
    """
    if value.low is None or value.high is None:
        return ""
    if value.low == value.high == value.value:
        return "exact"
    return f"{number(value.low)} to {number(value.high)}"


def bytes_text(size_bytes: int) -> str:
    """A size with a binary unit.

    >>> bytes_text(2_500_000)
    '2.4 MiB'
    """
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} PiB"


def flat_parts(value: Value, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """The parts of a value, and theirs, each with its path.

    >>> [name for name, _ in flat_parts(Value(1.0, parts={"a": Value(2.0, parts={"b": Value(3.0)})}))]
    ['a', 'a/b']
    """
    for name, part in value.parts.items():
        yield prefix + name, part
        yield from flat_parts(part, f"{prefix}{name}/")


def span(result: Result) -> str:
    """The range of a metric's values in words.

    >>> from engine.report.model import Result
    >>> bounds = (0.0, None)
    >>> span(Result("m", 1, Status.MEASURED, "text", "validity", "", "", bounds, Direction.UP, ""))
    '0 to ∞'
    """
    low, high = result.range
    return f"{'−∞' if low is None else number(low)} to {'∞' if high is None else number(high)}"
