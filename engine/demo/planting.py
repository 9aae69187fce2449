"""Which records get which fault: drawn once, disjoint, and written down."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Planted:
    """One kind of fault in one dataset: which records have it, and which metric finds it (None: no metric yet)."""

    records: tuple[int, ...]
    found_by: str | None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"count": len(self.records), "found_by": self.found_by, "records": list(self.records)}


Truth = Mapping[str, Planted]


def plant(rng: random.Random, n: int, faults: Mapping[str, tuple[int, str | None]], first: int = 0) -> dict[str, Planted]:
    """Draw disjoint records for every fault: ``faults`` maps a name to how many and what finds them.

    Args:
        rng: where chance comes from.
        n: how many records there are.
        faults: how many records of each kind, and the metric that finds them.
        first: records before this one stay sound, so that copies have something to copy.

    >>> planted = plant(random.Random(0), 10, {"copied": (2, "corpus.exact_duplicates"), "empty": (1, None)}, first=5)
    >>> planted["copied"].records, planted["empty"].records
    ((8, 9), (5,))
    """
    drawn = rng.sample(range(first, n), sum(count for count, _ in faults.values()))
    planted = {}
    for name, (count, metric) in faults.items():
        planted[name] = Planted(tuple(sorted(drawn[:count])), metric)
        drawn = drawn[count:]
    return planted


def kind_of(planted: Truth) -> dict[int, str]:
    """The fault of each record that has one."""
    return {record: name for name, fault in planted.items() for record in fault.records}
