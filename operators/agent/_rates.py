"""Counts by the length of the way."""

from engine.value import Z95, Value


def per_km(count: int, kilometres: float, n: int) -> Value:
    """A rate with Byar's 95 % interval of a Poisson count.

    >>> value = per_km(4, 2.0, 10)
    >>> value.value, round(value.low, 2), round(value.high, 2)
    (2.0, 0.54, 5.12)
    """
    low = count * max(0.0, 1 - 1 / (9 * count) - Z95 / (3 * count**0.5)) ** 3 if count else 0.0
    more = count + 1
    high = more * (1 - 1 / (9 * more) + Z95 / (3 * more**0.5)) ** 3
    return Value(count / kilometres, n=n, low=low / kilometres, high=high / kilometres)
