"""Addresses that people and their devices are reached at: mail, telephone, network."""

import re
from ipaddress import ip_address

from operators.kernels.pii_windows import ADDRESS, NETWORK, NUMBER
from operators.pii.recogniser import STRONG, WEAK, Recogniser, begins

_FILES = frozenset("png jpg jpeg gif svg webp bmp ico css js mjs html htm php xml json yaml yml txt csv pdf".split())  # noqa: SIM905
_RESERVED = re.compile(r"@(?:.*\.)?(?:example\.(?:com|org|net)|example|test|invalid|localhost|local)$", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"(?:your|example|username)", re.IGNORECASE)
_CALLING_CODES = frozenset(  # of ITU-T E.164
    """
    1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86
    90 91 92 93 94 95 98 211 212 213 216 218 220 221 222 223 224 225 226 227 228 229 230 231 232 233 234 235 236 237 238
    239 240 241 242 243 244 245 246 247 248 249 250 251 252 253 254 255 256 257 258 260 261 262 263 264 265 266 267 268
    269 290 291 297 298 299 350 351 352 353 354 355 356 357 358 359 370 371 372 373 374 375 376 377 378 380 381 382 383
    385 386 387 389 420 421 423 500 501 502 503 504 505 506 507 508 509 590 591 592 593 594 595 596 597 598 599 670 672
    673 674 675 676 677 678 679 680 681 682 683 685 686 687 688 689 690 691 692 800 808 850 852 853 855 856 870 878 880
    881 882 883 886 888 960 961 962 963 964 965 966 967 968 970 971 972 973 974 975 976 977 979 992 993 994 995 996 998
    """.split()  # noqa: SIM905  (a list of words)
)

_PHONE_WORDS = frozenset(
    """
    phone phones telephone tel mobile cell cellphone landline call calls calling dial fax whatsapp sms text texting contact
    hotline answering voicemail message messages office desk extension reach ring telefon telefono teléfono téléphone telefone
    handy móvil celular portable rufnummer 电话 電話 手机 телефон
    """.split()  # noqa: SIM905  (a list of words)
)
_OTHER = re.compile(
    r"\d{3}-\d\d-\d{4}|(?:19|20)\d\d[-./ ]?\d\d?[-./ ]\d\d?|\d\d?[-./]\d\d?[-./](?:19|20)\d\d|(?:(?:1\d|20)\d\d[() /-]*)+"
)
_COUNTING = ("01234567890123456789", "98765432109876543210")
_FICTION = "55501"
"""Exchange and first digits of the numbers that North America keeps for films and examples."""


def is_mail_address(text: str) -> bool:
    """A mail address that a person may have: no file of an image at twice the size, no name kept for examples (RFC 2606).

    >>> is_mail_address("ann@mail.org"), is_mail_address("icon@2x.png"), is_mail_address("user@example.com")
    (True, False, False)
    """
    made_up = _RESERVED.search(text) or _PLACEHOLDER.match(text)
    return text.rpartition(".")[2].lower() not in _FILES and ".." not in text and not made_up


def is_international(text: str) -> bool:
    """A country's code and 7 to 15 digits in all (E.164); under code 1 there are eleven.

    >>> is_international("+49 30 901820"), is_international("+1 12345678"), is_international("+999 1234567")
    (True, False, False)
    """
    digits = "".join(filter(str.isdigit, text.partition("x")[0].partition("e")[0]))
    if digits[0] == "1":
        return len(digits) == 11
    return 7 <= len(digits) <= 15 and any(digits[:size] in _CALLING_CODES for size in (1, 2, 3))


def is_north_american(text: str) -> bool:
    """Neither area nor exchange is a service code such as 911."""
    digits = "".join(filter(str.isdigit, text.partition("x")[0].partition("e")[0]))[-10:]
    return digits[1:3] != "11" and digits[4:6] != "11" and not digits[3:].startswith(_FICTION) and not _counts(digits)


def is_local(text: str) -> bool:
    """Seven to fifteen digits that are neither a date nor years, made up, or in the groups of a social security number.

    >>> is_local("467 3395"), is_local("2004 - 2010"), is_local("078-05-1120")
    (True, False, False)
    """
    digits = "".join(filter(str.isdigit, text))
    made_up = _counts(digits) or len(set(digits)) == 1 or digits[-7:].startswith(_FICTION)
    return 7 <= len(digits) <= 15 and not made_up and not _OTHER.fullmatch(text.strip("()"))


def _counts(digits: str) -> bool:
    """Whether the digits only count up or down, as made-up numbers do."""
    return any(digits in of for of in _COUNTING)


def is_host(text: str) -> bool:
    """An address that the Internet routes: none of a private network, this machine, or documentation.

    >>> is_host("86.121.97.248"), is_host("192.168.1.1"), is_host("2a00:1450:4001:81b::200e"), is_host("300.1.1.1")
    (True, False, True, False)
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_global and not address.is_multicast


def is_public_ipv4(text: str) -> bool:
    """A routed address that is no version or section number: those are made of single digits."""
    return is_host(text) and any(len(part) > 1 for part in text.split("."))


def is_device(text: str) -> bool:
    """Six bytes that are not all alike."""
    digits = "".join(filter(str.isalnum, text)).lower()
    return len({digits[at : at + 2] for at in range(0, 12, 2)}) > 2


_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_USER = r"[a-zA-Z]{2,10}://[^\s/@]{1,200}@"
_LOCAL = r"(?<![\w.+%'/-])[\w+%'-](?:[\w.+%'-]{0,62}[\w+%-])?"
_MAIL = rf"{_USER}|(?P<value>{_LOCAL}@(?:{_LABEL}\.){{1,8}}[^\W\d_]{{2,24}})(?![\w@-]|:[\w~/])"
_EXTENSION = r"(?: {0,2}(?:x|ext\.? {0,1}) {0,1}\d{1,6})?"
_END = r"(?![\w]|[-.]\d)"
_MORE = r"(?:[ .()/-]{0,3}\d)"
_AREA = r"(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d[.-])"
_NORTH_AMERICAN = (
    r"(?:(?<=\()[2-9]\d\d\)[ .-]?|(?<=1)[ .-]" + _AREA + r"|(?<=[2-9])\d\d[.-])[2-9]\d\d[.-]\d{4}" + _EXTENSION + _END
)
_TRUNK = r"(?:(?<=\()0\d{1,4}\)|(?<=0)\d{1,4})[ /-]\d" + _MORE + "{4,8}" + _END
_ANY = r"(?:(?<=\()(?=\d{1,5}\))\d|(?<=\d))" + _MORE + "{6,14}" + _EXTENSION + _END


def _first(characters: str) -> str:
    """A number's first character: no other number and no sign of money stands before it."""
    return begins(characters, r"[\w.+#/=$£€-]") + rf"(?<!\d[ )]{characters})"


CONTACTS = (
    Recogniser("email_address", ADDRESS, re.compile(_MAIL), is_mail_address, strength=STRONG, as_it_stands=True),
    Recogniser(
        "phone_number",
        NUMBER,
        re.compile(begins(r"\+", r"[\w+]") + r"\(?\d" + _MORE + "{6,14}" + _EXTENSION + _END),
        is_international,
        strength=STRONG,
        as_it_stands=True,
    ),
    Recogniser(
        "phone_number",
        NUMBER,
        re.compile(_first("[(1-9]") + _NORTH_AMERICAN),
        is_north_american,
        strength=STRONG,
        as_it_stands=True,
    ),
    Recogniser(
        "phone_number",
        NUMBER,
        re.compile(_first("[(0]") + _TRUNK),
        is_local,
        strength=WEAK,
        as_it_stands=True,
    ),
    Recogniser(
        "phone_number",
        NUMBER,
        re.compile(_first(r"[(\d]") + _ANY),
        is_local,
        _PHONE_WORDS,
        WEAK,
        as_it_stands=True,
    ),
    Recogniser(
        "ip_address",
        NUMBER,
        re.compile(begins(r"\d", r"[\w.-]") + r"\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w-]|\.\d)"),
        is_public_ipv4,
        strength=STRONG,
        as_it_stands=True,
    ),
    Recogniser(
        "ip_address",
        NETWORK,
        re.compile(r"(?<![\w:.])[0-9a-fA-F]{1,4}:[0-9a-fA-F:]{3,34}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\d)"),
        is_host,
        strength=STRONG,
        as_it_stands=True,
    ),
    Recogniser(
        "mac_address",
        NETWORK,
        re.compile(r"(?<![\w:-])[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}(?![\w:-])"),
        is_device,
        strength=STRONG,
        as_it_stands=True,
    ),
)
