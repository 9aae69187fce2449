"""Personal data in many texts: a scan rules almost all of them out, recognisers read what is left, a place has one type."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from heapq import merge
from typing import Literal, get_args

import numpy as np
import polars as pl
import pyarrow as pa

from operators.kernels.buffers import Strings, strings
from operators.kernels.pii_windows import windows
from operators.pii.contacts import CONTACTS
from operators.pii.described import DESCRIBED, cued
from operators.pii.folding import folded
from operators.pii.national import NATIONAL
from operators.pii.payment import PAYMENT
from operators.pii.recogniser import Match, Recogniser, Window

Type = Literal[
    "email_address",
    "phone_number",
    "credit_card",
    "iban",
    "crypto_wallet",
    "ip_address",
    "mac_address",
    "us_ssn",
    "us_itin",
    "us_driver_license",
    "passport_number",
    "uk_nhs_number",
    "uk_nino",
    "ca_sin",
    "au_tfn",
    "de_tax_id",
    "fr_nir",
    "es_nif",
    "it_codice_fiscale",
    "br_cpf",
    "in_aadhaar",
    "date_of_birth",
    "street_address",
    "postal_code",
    "person_name",
    "url",
]
COUNTED: tuple[Type, ...] = tuple(of for of in get_args(Type) if of not in ("postal_code", "person_name", "url"))
"""Of all types those that are personal by themselves: a page's address, a postal code and a bare name are not."""
SCHEMA = {"row": pl.Int64, "type": pl.String, "start": pl.Int64, "stop": pl.Int64, "strength": pl.Int64}


def personal_spans(texts: pa.Array, types: tuple[str, ...]) -> pl.DataFrame:
    """The personal data of some types in some texts: ``row``, ``type``, the characters ``start`` to ``stop``, ``strength``.

    Spans of a text do not overlap: the surer one stays, then the longer one, whichever types are asked for: a card's number is
    no telephone's because nobody asked for cards. In order of row and place.

    >>> personal_spans(pa.array(["Mail ann@mail.org now", None]), ("email_address",)).rows()
    [(0, 'email_address', 5, 17, 2)]
    """
    found: dict[int, list[Match]] = defaultdict(list)
    for row, match in _matches(texts, tuple(dict.fromkeys((*COUNTED, *types)))):
        found[row].append(match)
    kept = ((row, match) for row in sorted(found) for match in apart(found[row]) if match.type in types)
    return pl.DataFrame([(row, m.type, m.start, m.stop, m.strength) for row, m in kept], SCHEMA, orient="row")


def apart(matches: Iterable[Match]) -> list[Match]:
    """The matches without those that overlap a surer one, or of equals a longer one, in order of place.

    >>> apart([Match("url", 4, 9, 1), Match("email_address", 0, 9, 2)])
    [Match(type='email_address', start=0, stop=9, strength=2)]
    """
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: (-m.strength, m.start - m.stop, m.start, m.type)):
        at = bisect_left(kept, match.start, key=lambda m: m.start)
        before = kept[at - 1].stop if at else 0
        after = kept[at].start if at < len(kept) else match.stop
        if before <= match.start and match.stop <= after:
            kept.insert(at, match)
    return kept


@cache
def _recognisers(types: tuple[str, ...], kinds: int) -> tuple[Recogniser, ...]:
    """Those that look for these types in windows of these kinds."""
    return tuple(one for one in (*PAYMENT, *CONTACTS, *NATIONAL, *DESCRIBED) if one.type in types and one.kinds & kinds)


def _windows(texts: pa.Array, buffers: Strings, types: tuple[str, ...]) -> Iterator[tuple[int, int, int, int]]:
    """The windows of the scan and those after cues, in order of row and place."""
    scanned = zip(*(column.tolist() for column in windows(buffers)), strict=True)
    return merge(scanned, cued(buffers, pl.Series(texts, dtype=pl.String), types))


def _matches(texts: pa.Array, types: tuple[str, ...]) -> Iterator[tuple[int, Match]]:
    """What the recognisers of some types find in the windows that can hold it, by row; places are those of the text."""
    buffers = strings(texts)
    row, counted, characters = -1, 0, 0
    for at, start, stop, kinds in _windows(texts, buffers, types):
        recognisers = _recognisers(types, kinds)
        if not recognisers:
            continue
        if at != row:
            row, counted, characters = at, int(buffers.offsets[at]), 0
        characters += int(np.count_nonzero((buffers.data[counted:start] & 0xC0) != 0x80))
        counted = start
        plain, places = folded(buffers.data[start:stop].tobytes().decode(errors="replace"))
        window = Window(plain)
        for match in (match for one in recognisers for match in one.matches(window)):
            first, end = (match.start, match.stop) if places is None else (places[match.start], places[match.stop - 1] + 1)
            yield row, Match(match.type, first + characters, end + characters, match.strength)
