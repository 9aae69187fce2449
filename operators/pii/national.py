"""Numbers that states give their people. Digits alone count beside a word that says so: one in ten has the check digit."""

import re
from collections import Counter
from collections.abc import Callable

from engine.masking import luhn
from operators.kernels.pii_windows import NUMBER
from operators.pii.checksums import mod_11_10, verhoeff, weighted
from operators.pii.recogniser import PROVEN, STRONG, WEAK, Recogniser, begins

_SAMPLE_SSNS = frozenset(("123456789", "078051120", "219099999", "457555462"))
"""Printed on sample cards and in advertisements; never a person's."""

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (*_ODD_DIGITS, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", _ODD_DIGITS + _ODD_LETTERS, strict=True))
"""Values of the characters in the odd places of an Italian codice fiscale."""


def is_ssn(digits: str) -> bool:
    """The Social Security Administration's rules: area not 000, 666 or above 899, no part zero, no sample.

    >>> is_ssn("219094999"), is_ssn("666094999"), is_ssn("219004999")
    (True, False, False)
    """
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    issued = "000" < area < "900" and area != "666" and group != "00" and serial != "0000"
    return issued and digits not in _SAMPLE_SSNS and len(set(digits)) > 1


def is_itin(digits: str) -> bool:
    """The Internal Revenue Service's ranges of the fourth and fifth digit."""
    group = int(digits[3:5])
    return digits[0] == "9" and (50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 99) and group not in (89, 93)


def is_nhs_number(digits: str) -> bool:
    """Modulo 11 with weights 10 to 2.

    >>> is_nhs_number("9434765919"), is_nhs_number("9434765918")
    (True, False)
    """
    check = -weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check == int(digits[9]) and len(set(digits)) > 1


def is_sin(digits: str) -> bool:
    """A Canadian social insurance number: none begins with 0 or 8."""
    return digits[0] not in "08" and luhn(digits)


def is_tfn(digits: str) -> bool:
    """An Australian tax file number."""
    return weighted(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and len(set(digits)) > 1


def is_steuer_id(digits: str) -> bool:
    """Of a German's first ten digits one stands there twice or three times, every other at most once.

    >>> is_steuer_id("36574261809"), is_steuer_id("36554266806")
    (True, False)
    """
    often = [count for count in Counter(digits[:10]).values() if count > 1]
    return digits[0] != "0" and len(often) == 1 and often[0] <= 3 and mod_11_10(digits)


def is_nir(text: str) -> bool:
    """A French number of the register of persons; Corsica's departments are 2A and 2B.

    >>> is_nir("295109912611193"), is_nir("253072B07300470"), is_nir("295109912611192")
    (True, True, False)
    """
    number = text.replace("2A", "19", 1).replace("2B", "18", 1) if text[5] == "2" and text[6] in "AB" else text
    return number.isdigit() and int(number[:13]) % 97 == 97 - int(number[13:])


def is_nif(text: str) -> bool:
    """A Spanish DNI, or an NIE of a foreigner (X, Y, Z): the letter is the number modulo 23.

    >>> is_nif("54362315K"), is_nif("X2482300W"), is_nif("54362315Z")
    (True, True, False)
    """
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return _NIF_LETTERS[int(number) % 23] == text[-1] and len(set(number)) > 1


def is_codice_fiscale(text: str) -> bool:
    """The Italian tax code: the last letter is made of all others.

    >>> is_codice_fiscale("RCCMNL83S18D969H"), is_codice_fiscale("RCCMNL83S18D969A")
    (True, False)
    """
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr(65 + (even + sum(_ODD[c] for c in text[:15:2])) % 26) == text[15]


def is_cpf(digits: str) -> bool:
    """The two check digits of a Brazilian cadastro de pessoas físicas.

    >>> is_cpf("39053344705"), is_cpf("39053344704"), is_cpf("11111111111")
    (True, False, False)
    """
    first = weighted(digits, tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(digits, tuple(range(11, 1, -1))) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}" and len(set(digits)) > 1


def is_aadhaar(digits: str) -> bool:
    """An Indian Aadhaar number: none begins with 0 or 1, none is a palindrome."""
    return digits[0] not in "01" and digits != digits[::-1] and verhoeff(digits)


def _one(
    type_: str,
    shape: str,
    valid: Callable[[str], bool] | None = None,
    context: str = "",
    strength: int = PROVEN,
    first: str = r"\d",
) -> Recogniser:
    """The shape goes on after its first character."""
    whole = re.compile(begins(first, r"[\w.+/-]") + rf"(?:{shape})(?![\w-])")
    return Recogniser(type_, NUMBER, whole, valid, frozenset(context.split()), strength)


_NINO = r"[A-CEGHJ-NPR-TW-Z](?<!BG)(?<!GB)(?<!NK)(?<!KN)(?<!TN)(?<!NT)(?<!ZZ) ?\d\d ?\d\d ?\d\d ?[A-D]"
_NIR = r" ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"
_FISCALE = (
    r"(?<=[A-Z])[A-Z]{5}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]"
    r"|(?<=[a-z])[a-z]{5}[0-9lmnp-v]{2}[a-ehlmprst][0-9lmnp-v]{2}[a-z][0-9lmnp-v]{3}[a-z]"
)
_NIF = r"(?:(?<=\d)|(?<=[XYZ])-?)\d{7}-?[A-HJ-NP-TV-Z]"

NATIONAL = (
    _one("us_ssn", r"\d{2}-\d{2}-\d{4}", is_ssn, strength=STRONG),
    _one("us_ssn", r"\d{2}[ .]?\d{2}[ .]?\d{4}", is_ssn, "ssn ssns social", WEAK),
    _one("us_itin", r"\d{2}-\d{2}-\d{4}", is_itin, strength=STRONG, first="9"),
    _one("us_itin", r"\d{2} ?\d{2} ?\d{4}", is_itin, "itin taxpayer", WEAK, first="9"),
    _one("uk_nhs_number", r"\d{2}[ -]?\d{3}[ -]?\d{4}", is_nhs_number, "nhs"),
    _one("uk_nino", _NINO, strength=STRONG, first="[A-CEGHJ-PR-TW-Z]"),
    _one("ca_sin", r"\d{2}[ -]?\d{3}[ -]?\d{3}", is_sin, "sin nas insurance"),
    _one("au_tfn", r"\d{2}[ -]?\d{3}[ -]?\d{3}", is_tfn, "tfn tax"),
    _one("de_tax_id", r"\d ?\d{3} ?\d{3} ?\d{3}", is_steuer_id, "steuer steuerid steueridentifikationsnummer idnr tax tin"),
    _one("fr_nir", _NIR, is_nir, first="[1-478]"),
    _one("es_nif", _NIF, is_nif, first=r"[\dXYZ]"),
    _one("it_codice_fiscale", _FISCALE, is_codice_fiscale, first="[A-Za-z]"),
    _one("br_cpf", r"\d{2}\.\d{3}\.\d{3}-\d{2}", is_cpf),
    _one("br_cpf", r"\d{10}", is_cpf, "cpf"),
    _one("in_aadhaar", r"\d{3}[ -]?\d{4}[ -]?\d{4}", is_aadhaar, "aadhaar aadhar uidai uid आधार"),
)
