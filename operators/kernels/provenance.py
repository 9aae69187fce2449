"""Whether what a record says of where it came from can be what it says that it is."""

import re
from datetime import UTC, datetime, timedelta

_URI = re.compile(r"(?:https?|ftp|s3|gs|az|abfss?|hf|ipfs|file|doi|urn|data)(?:://|:)[^\s<>\"]{3,}", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_FAMILIES = (
    r"CC0|CC-BY(?:-NC)?(?:-SA|-ND)?|CC-PDM|PDDL|ODC-By|ODbL|CDLA-Permissive|CDLA-Sharing|OGL-UK|etalab|GFDL|Apache|MIT|BSD|ISC|"
    r"Unlicense|0BSD|Zlib|BSL|MPL|EPL|CDDL|EUPL|L?GPL|AGPL|Artistic|OFL|WTFPL|NCSA|Python|PSF|PostgreSQL|OpenRAIL|BigScience-OpenRAIL|"
    r"NLOD|LicenseRef|DocumentRef"
)
_IDENTIFIER = re.compile(rf"(?:{_FAMILIES})(?:[-:.][A-Za-z0-9.\-:]+)?\+?", re.IGNORECASE)
_OPERATOR = re.compile(r"AND|OR|WITH")
_OLDEST = datetime(1826, 1, 1, tzinfo=UTC)
"""The first photograph that is left."""
_SKEW = timedelta(days=1)
_VERSION = re.compile(r"\d")
_MOST = 2000


def is_uri(text: str) -> bool:
    """Whether a text names a place: a URI of a scheme that data are found by, or a DOI.

    >>> is_uri("https://example.org/a.jpg"), is_uri("10.1000/182"), is_uri("my disk")
    (True, True, False)
    """
    text = text.strip()[:_MOST]
    return bool(_URI.fullmatch(text) or _DOI.fullmatch(text))


def is_licence(text: str) -> bool:
    """Whether a text is an SPDX expression of identifiers of families that data are published under.

    >>> is_licence("CC-BY-4.0"), is_licence("(MIT OR Apache-2.0)"), is_licence("free for research"), is_licence("unknown")
    (True, True, False, False)
    """
    words = text.strip()[:_MOST].replace("(", " ").replace(")", " ").split()
    if len(words) % 2 == 0 or text.count("(") != text.count(")"):
        return False
    named = all(_IDENTIFIER.fullmatch(word) or (at and words[2 * at - 1] == "WITH") for at, word in enumerate(words[::2]))
    return named and all(_OPERATOR.fullmatch(word) for word in words[1::2])


def is_time(text: str, now: datetime) -> bool:
    """Whether a text is a date, or a date and a time, in ISO 8601, between the first photograph and a day from now.

    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> is_time("2024-02-30", now), is_time("2024-02-29T10:00:00Z", now), is_time("2031-01-01", now), is_time("last year", now)
    (False, True, False, False)
    """
    try:
        found = datetime.fromisoformat(text.strip()[:64])
    except ValueError:
        return False
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return _OLDEST <= found <= now + _SKEW


def is_generator(text: str) -> bool:
    """Whether a text names something that makes pictures, with a version: a name and a digit.

    >>> is_generator("stable-diffusion-xl 1.0"), is_generator("a model")
    (True, False)
    """
    return bool(_VERSION.search(text)) and any(letter.isalpha() for letter in text)
