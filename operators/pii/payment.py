"""Numbers that money moves by: payment cards, bank accounts and wallets."""

import re
from collections.abc import Iterator
from hashlib import sha256
from math import inf

from engine.masking import luhn, mod_97
from operators.kernels.pii_windows import NUMBER, WORD
from operators.pii.keccak import keccak_256
from operators.pii.recogniser import Recogniser, begins

_CARD_WORDS = frozenset(
    "card cards credit debit cc visa mastercard amex maestro jcb diners discover carte karte tarjeta carta cartão".split()  # noqa: SIM905
)
_ISSUERS = (
    (4, 4, (16,)),  # Visa
    (51, 55, (16,)),  # Mastercard
    (2221, 2720, (16,)),
    (34, 34, (15,)),  # American Express
    (37, 37, (15,)),
    (6011, 6011, (16, 19)),  # Discover
    (644, 659, (16, 19)),
    (622126, 622925, (16, 19)),  # UnionPay
    (3528, 3589, (16,)),  # JCB
    (300, 305, (14,)),  # Diners Club
    (3095, 3095, (14,)),
    (36, 36, (14, 16)),
    (38, 39, (14, 16)),
)
"""First and last prefix, and the lengths that a number of it has: those common enough to be told without a word beside them."""

_LENGTHS = {
    length: countries.split()
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FK FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
}
_IBAN_LENGTH = {country: length for length, countries in _LENGTHS.items() for country in countries}
"""Of the SWIFT IBAN registry."""

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANTS = (1, 0x2BC830A3)


def is_card(digits: str) -> bool:
    """A card of an issuer whose numbers are told by themselves: prefix, length and check digit.

    >>> is_card("4111111111111111"), is_card("4111111111111112"), is_card("9111111111111119")
    (True, False, False)
    """
    issued = (len(digits) in lengths and first <= int(digits[: len(str(first))]) <= last for first, last, lengths in _ISSUERS)
    return any(issued) and is_any_card(digits)


def is_any_card(digits: str) -> bool:
    """A number that an issuer somewhere could give out: 12 to 19 digits, not all alike, and the check digit."""
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and luhn(digits)


def is_iban(text: str) -> bool:
    """The country's length and the check digits.

    >>> is_iban("DE89370400440532013000"), is_iban("DE8937040044053201300")
    (True, False)
    """
    return text.isascii() and len(text) == _IBAN_LENGTH.get(text[:2], inf) and mod_97(text)


def is_base58_address(text: str) -> bool:
    """A Bitcoin address of the old forms: 21 bytes in base 58 and four of their double hash.

    >>> is_base58_address("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"), is_base58_address("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3")
    (True, False)
    """
    number = 0
    for character in text:
        number = number * 58 + _BASE58.index(character)
    if number >= 1 << 200:
        return False
    payload = number.to_bytes(25, "big")
    return sha256(sha256(payload[:21]).digest()).digest()[:4] == payload[21:]


def is_bech32_address(text: str) -> bool:
    """A Bitcoin address of the newer forms (BIP 173, BIP 350).

    >>> is_bech32_address("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    True
    """
    check = 1
    for value in (3, 3, 0, 2, 3, *(_BECH32.index(character) for character in text.lower()[3:])):
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check in _BECH32_CONSTANTS


def is_ethereum_address(text: str) -> bool:
    """Forty hexadecimal digits, of one case or in the case that their hash says (EIP-55).

    >>> is_ethereum_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    True
    >>> is_ethereum_address("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")
    False
    """
    digits = text[2:]
    if len(set(digits)) < 4:
        return False
    if digits in (digits.lower(), digits.upper()):
        return True
    hashed = keccak_256(digits.lower().encode()).hex()
    return all(c.isdigit() or c.isupper() == (h >= "8") for c, h in zip(digits, hashed, strict=False))


def _grouped_iban() -> str:
    """The shape of an IBAN in groups of four, each country's length on its own."""
    shapes = []
    for length, countries in _LENGTHS.items():
        fours, rest = divmod(length, 4)
        last = rf"[ -][A-Z0-9]{{{rest}}}" if rest else ""
        shapes.append(rf"(?:{'|'.join(countries)})\d\d(?:[ -][A-Z0-9]{{4}}){{{fours - 1}}}{last}")
    return rf"(?<!\w)(?=[A-Z]{{2}}\d\d[ -])(?:{'|'.join(shapes)})(?!\w)"


_BEFORE, _AFTER = r"[\w/=&%.+-]", r"(?!\w|[.-]\d)"
_DIGIT = begins(r"\d", _BEFORE)
_PLAIN = _DIGIT + r"\d{11,18}"
_FOURS = _DIGIT + r"\d{3}([ -])\d{4}\1\d{4}(?:\1\d{4})?"
_NINETEEN = _DIGIT + r"\d{3}([ -])\d{4}\1\d{4}\1\d{4}\1\d{1,3}"
_SIX = begins("3", _BEFORE) + r"\d{3}([ -])\d{6}\1\d{4,5}"


def _cards() -> Iterator[Recogniser]:
    for shape in (_PLAIN, _FOURS, _NINETEEN, _SIX):
        whole = re.compile(shape + _AFTER)
        yield Recogniser("credit_card", NUMBER, whole, is_card)
        yield Recogniser("credit_card", NUMBER, whole, is_any_card, _CARD_WORDS)


def _wallets() -> Iterator[Recogniser]:
    checks = {
        r"[13][1-9A-HJ-NP-Za-km-z]{25,34}": is_base58_address,
        r"(?:bc1[02-9ac-hj-np-z]{11,71}|BC1[02-9AC-HJ-NP-Z]{11,71})": is_bech32_address,
        r"0x[0-9a-fA-F]{40}": is_ethereum_address,
    }
    for shape, valid in checks.items():
        yield Recogniser("crypto_wallet", WORD, re.compile(rf"(?<!\w){shape}(?!\w)"), valid, as_it_stands=True)


PAYMENT = (
    *_cards(),
    Recogniser("iban", NUMBER, re.compile(begins("[A-Za-z]", r"\w") + r"[A-Za-z]\d\d[A-Za-z0-9]{11,29}(?!\w)"), is_iban),
    Recogniser("iban", NUMBER, re.compile(_grouped_iban()), is_iban),
    *_wallets(),
)
