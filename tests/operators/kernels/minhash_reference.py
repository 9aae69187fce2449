"""The definition of tokens, shingles and signatures, slow and in plain Python, written apart from the kernels."""

import re
from itertools import groupby

U64 = 2**64
C1, C2, K = 0x87C37B91114253D5, 0x4CF5AD432745937F, 0x9E3779B97F4A7C15

_ALONE = re.compile(
    "[\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u1000-\u102a\u1780-\u17b3\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufa6d\uff66-\uff9f\U00020000-\U0002a6df]"
)
"""The scripts without spaces that the tests draw from."""


def mix(k):
    k = (k ^ k >> 33) * 0xFF51AFD7ED558CCD % U64
    k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53 % U64
    return k ^ k >> 33


def is_separator(character):
    return character.isspace() or ord(character) <= 0x20


def words(text):
    spaced = "".join(" " if is_separator(c) else f" {c} " if _ALONE.match(c) else c for c in text)
    return [word for word in spaced.split(" ") if word]


def word_hash(word):
    data = word.encode()
    h = C2
    for at in range(0, len(data), 8):
        h = (h ^ int.from_bytes(data[at : at + 8], "little")) * C1 % U64
        h ^= h >> 32
    return mix(h ^ len(data))


def characters(text):
    runs = ["".join(run) if not apart else " " for apart, run in groupby(text, is_separator)]
    return "".join(runs).strip(" ")


def token_hashes(text, unit):
    if unit == "word":
        return [word_hash(word) for word in words(text)]
    return [mix((ord(c) + C2) % U64) for c in characters(text)]


def shingles(text, unit, n):
    tokens = token_hashes(text, unit)
    if len(tokens) < n:
        whole = sum(w * pow(K, len(tokens) - 1 - j, U64) for j, w in enumerate(tokens))
        return [mix((whole + len(tokens) - n) % U64)]
    return [mix(sum(tokens[i + j] * pow(K, n - 1 - j, U64) for j in range(n)) % U64) for i in range(len(tokens) - n + 1)]


def signature(text, unit, n, a, b):
    found = [s >> 32 for s in shingles(text, unit, n)]
    return [min((x * c + d) % 2**32 for x in found) for c, d in zip(a, b, strict=True)]


def twins(text, unit, n):
    found = shingles(text, unit, n)
    return [mix((sum(found) + len(found)) % U64), mix((sum(mix((s + C1) % U64) for s in found) + len(found)) % U64)]
