"""Check digits: arithmetic that tells a number that was issued from one that only looks like it. See also `engine.masking`."""

from functools import cache


def mod_11_10(digits: str) -> bool:
    """ISO 7064 mod 11, 10: German tax identification numbers.

    >>> mod_11_10("36574261809"), mod_11_10("36574261808")
    (True, False)
    """
    check = 5
    for digit in map(int, digits):
        check = ((check or 10) * 2 % 11 + digit) % 10
    return check == 1


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """The sum of the digits, each times its weight."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


@cache
def _dihedral() -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    """Multiplication of the dihedral group of order ten, and Verhoeff's permutation to each power."""

    def product(a: int, b: int) -> int:
        return (a + b) % 5 if a < 5 and b < 5 else 5 + (a + b) % 5 if a < 5 else 5 + (a - b) % 5 if b < 5 else (a - b) % 5

    step = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    powers = [tuple(range(10))]
    for _ in range(7):
        powers.append(tuple(step[at] for at in powers[-1]))
    return tuple(tuple(product(a, b) for b in range(10)) for a in range(10)), tuple(powers)


def verhoeff(digits: str) -> bool:
    """Verhoeff (1969): Indian Aadhaar numbers.

    >>> verhoeff("234123412346"), verhoeff("234123412347")
    (True, False)
    """
    times, powers = _dihedral()
    check = 0
    for at, digit in enumerate(map(int, reversed(digits))):
        check = times[check][powers[at % 8][digit]]
    return check == 0
