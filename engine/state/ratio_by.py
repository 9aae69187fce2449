"""A share for each of many names that the data chooses, in bounded memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.state.codec import State

_NAME_BYTES = 200


@dataclass(frozen=True, eq=False)
class RatioBy(State):
    """Hits and totals by name, for at most ``size`` names: those with the smallest hash, so that no order or cut of the data
    changes which. A name that is kept was kept by every partial state that saw it, so its counts are exact.

    >>> hits, names = np.array([True, False, True]), pa.array(["a", "a", None])
    >>> dict(RatioBy.of(names, hits).ratios)
    {'a': (1, 2)}
    """

    size: int = 4096
    dropped: int = 0
    ratios: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, names: pa.Array, hits: NDArray[np.bool_], size: int = 4096) -> Self:
        """The state of records with a name and whether they count; those without a name do not."""
        coded = names.dictionary_encode()
        some = coded.is_valid().to_numpy(zero_copy_only=False)
        codes = coded.indices.to_numpy(zero_copy_only=False)[some].astype(np.int64)
        totals = np.bincount(codes, minlength=len(coded.dictionary)).tolist()
        counted = np.bincount(codes, hits[some], minlength=len(coded.dictionary)).astype(np.int64).tolist()
        found: dict[str, tuple[int, int]] = {}
        for name, hit, n in zip(coded.dictionary.to_pylist(), counted, totals, strict=True):
            held = found.get(_short(name), (0, 0))
            found[_short(name)] = held[0] + hit, held[1] + n
        return cls(size, 0, found)._cut()

    def __add__(self, other: Self) -> "Self":
        ratios = dict(self.ratios)
        for name, (hits, n) in other.ratios.items():
            held = ratios.get(name, (0, 0))
            ratios[name] = held[0] + hits, held[1] + n
        return type(self)(self.size, max(self.dropped, other.dropped), ratios)._cut()

    def above(self, share: float) -> list[tuple[str, int, int]]:
        """The names of which more than a share are hits, the greatest share first: (name, hits, total)."""
        found = [(name, hits, n) for name, (hits, n) in self.ratios.items() if hits > share * n]
        return sorted(found, key=lambda entry: (-entry[1] / entry[2], -entry[2], entry[0]))

    def _cut(self) -> Self:
        names = sorted(self.ratios, key=_draw)[: self.size]
        dropped = int(bool(self.dropped) or len(self.ratios) > self.size)
        return type(self)(self.size, dropped, {name: self.ratios[name] for name in sorted(names)})


def _draw(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _short(name: str) -> str:
    """A hostile name takes no room: what is long is told apart by a hash at its end."""
    return name if len(name) <= _NAME_BYTES else f"{name[:_NAME_BYTES]}…{_draw(name).hex()}"
