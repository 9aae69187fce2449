"""What is personal by the words that introduce it: dates of birth, licences, postal addresses, names.

The words are looked for in all texts at once, in either case, and what stands after them in the texts that have them.
"""

import re
from collections.abc import Iterator, Sequence

import polars as pl

from operators.kernels.buffers import Strings
from operators.kernels.pii_windows import HOUSE
from operators.pii.recogniser import STRONG, WEAK, Recogniser, begins

CUE = 32
"""The bit of a window around one of the words."""

_LEAD, _REACH, _LONGEST = 16, 110, 2000

_MONTH = (
    r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|(?:19|20)\d\d[/.-]\d{1,2}[/.-]\d{1,2}"
    rf"|{_DAY}[ -](?:of )?{_MONTH}[ ,-]{{1,2}}\d{{4}}|{_MONTH} {_DAY},? \d{{4}})"
)
_BORN = r"(?i:\b(?:date of birth|birth ?date|birthday|dob|d\.o\.b\.?|born(?: on)?)\b)(?: is| was|[ :=(#*\"'-]){1,8}"
_NUMBER = r"(?i: (?:number|num|no\.?|id))?(?: is| was|[ :=#]){1,6}"
_LICENCE = rf"(?i:\b(?:driver[’']?s?[’']?|driving) licen[cs]e){_NUMBER}(?P<value>(?i:[a-z]{{0,2}})\d[\d -]{{3,15}}\d)(?!\w)"
_PASSPORT = rf"(?i:\bpassport){_NUMBER}(?P<value>(?i:[a-z]{{0,2}})\d{{6,9}})(?!\w)"
_SUFFIX = r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Parkway|Pkwy|Terrace|Crescent)\b"
_LESS_SURE = r"(?:Dr|Court|Ct|Way|Square|Sq|Place|Pl|Highway|Hwy|Circle|Close)\b(?=\.?,|\.? ?\n|\.? (?:Apt|Suite|Unit))"
_UNIT = r"(?:,?[ \n]{1,4}(?:Apt|Apartment|Suite|Ste|Unit)\.? #?\d[\w-]{0,5})"
_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀ-ɏΑ-ΫЀ-Я]"
_NO_HOUSE = r"(?!(?<=1)[89]\d\d |(?<=2)0\d\d |(?<=1)23 Main )"
_HOUSE = begins(r"\d", r"[\w.,/$£€-]") + _NO_HOUSE + r"\d{0,4}[A-Za-z]?,? "
_STREET = (
    rf"{_HOUSE}(?:{_CAPITAL}[\w'’-]{{0,30}}\.? |\d{{1,3}}(?:st|nd|rd|th) ){{1,4}}(?:{_SUFFIX}|{_LESS_SURE})\.?{_UNIT}?"
    rf"|{_HOUSE}[^\n,;:!?]{{3,50}}?{_UNIT}"
)
_BOX = r"\b(?i:p\. ?o\. ?box|po box) \d{1,6}\b|\bPSC \d{1,5},? Box \d{1,5}\b"
_ZIP = (
    r"(?i:\b(?:zip|zip ?code|post ?code|postal code))(?: is| was|[ :=#]){1,6}"
    r"(?P<value>\d{3,6}(?:[ -]\d{2,4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})(?!\w)"
)
_NAME = rf"{_CAPITAL}[\w’'-]{{1,30}}(?: {_CAPITAL}\.?[\w’'-]{{0,30}}){{0,3}}"
_TITLED = rf"\b(?:(?:Mr|Mrs|Ms|Dr|Prof)\.? |Miss )(?P<value>{_NAME})"
_INTRODUCED = rf"(?i:\bmy name is|\bmy name[’']s) (?P<value>{_NAME})"
_URL = r"(?i:\b(?:https?://|www\.))[^\s<>\"'()\[\]{}|\\^`]{3,2000}"


def _one(type_: str, shape: str, strength: int = STRONG, kinds: int = CUE) -> Recogniser:
    return Recogniser(type_, kinds, re.compile(shape), strength=strength)


DESCRIBED = (
    _one("date_of_birth", f"{_BORN}(?P<value>{_DATE})(?!\\w)"),
    _one("us_driver_license", _LICENCE),
    _one("passport_number", _PASSPORT),
    _one("street_address", _STREET, kinds=HOUSE),
    _one("street_address", _BOX),
    _one("postal_code", _ZIP),
    _one("person_name", _TITLED, WEAK),
    _one("person_name", _INTRODUCED, WEAK),
    _one("url", _URL, WEAK),
)

CUES = {
    "date_of_birth": ("birth", "born", "dob", "d.o.b"),
    "us_driver_license": ("driver", "driving"),
    "passport_number": ("passport",),
    "street_address": ("p.o. box", "p. o. box", "p.o.box", "po box", "psc "),
    "postal_code": ("zip", "postcode", "post code", "postal code"),
    "person_name": ("mr.", "mr ", "mrs", "ms.", "ms ", "dr.", "dr ", "prof", "miss ", "my name"),
    "url": ("http://", "https://", "www."),
}
"""In lower case and ASCII."""


def cued(texts: Strings, series: pl.Series, types: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """The windows after the cues of some types: row, start, stop in the buffer, and `CUE`; in order of row and place."""
    cues = [cue for name, of in CUES.items() if name in types for cue in of]
    if not cues:
        return
    suspects = series.str.contains(f"(?i:{'|'.join(map(re.escape, cues))})").fill_null(False).arg_true()
    for row in suspects.to_list():
        first, last = int(texts.offsets[row]), int(texts.offsets[row + 1])
        text = texts.data[first:last].tobytes()
        end = 0
        for at in _places(text.lower(), cues):
            if at >= end:
                end = _end(text, at)
                yield row, first + _start(text, at), first + end, CUE


def _places(text: bytes, cues: Sequence[str]) -> list[int]:
    """Where the cues stand."""
    places: set[int] = set()
    for cue in cues:
        at = text.find(cue.encode())
        while at >= 0:
            places.add(at)
            at = text.find(cue.encode(), at + 1)
    return sorted(places)


def _start(text: bytes, at: int) -> int:
    """Where a window begins: a little before the cue, between characters."""
    start = max(0, at - _LEAD)
    while text[start] & 0xC0 == 0x80 and start < at:
        start += 1
    return start


def _end(text: bytes, at: int) -> int:
    """How far a window reaches: a little, and on to the end of the word there."""
    end = at + _REACH
    space = re.compile(rb"[\x00-\x20]").search(text, end, at + _LONGEST)
    return space.start() if space else min(len(text), at + _LONGEST)
