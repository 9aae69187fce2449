"""What the record-level validity metrics share: records judged by a mask of faults, and the share that has none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Evidence, Value

_EXAMPLES = 2
"""Of each fault: a common one may not crowd out the others."""


def no_verdicts() -> Product:
    """The state of no records."""
    return Product({"faults": Tally(), "passed": Ratio(), "skipped": Tally(), "worst": Product()})


def verdicts(
    masks: NDArray[Any],
    severity: NDArray[Any],
    records: NDArray[Any],
    names: Mapping[str, int],
    skipped: Mapping[str, int] | None = None,
) -> Product:
    """The state of the records that were judged.

    Args:
        masks: (n,) the faults of each record as bits; 0 passes.
        severity: (n,) how much is wrong, the greatest shown first.
        records: (n,) record ids.
        names: the bit of each fault.
        skipped: records that were not judged, by reason.
    """
    rows = {name: np.flatnonzero(masks & bit) for name, bit in names.items()}

    def note(row: int) -> str:
        return ", ".join(name.replace("_", " ") for name, bit in names.items() if masks[row] & bit)

    def worst(having: NDArray[np.int64]) -> TopBy:
        scores = severity[having].astype(np.float64)
        return TopBy.of(scores, records[having], lambda at: note(int(having[at])), _EXAMPLES)

    return Product(
        {
            "faults": Tally({name: len(having) for name, having in rows.items() if len(having)}),
            "passed": Ratio(int(np.count_nonzero(masks == 0)), len(masks)),
            "skipped": Tally({name: count for name, count in (skipped or {}).items() if count}),
            "worst": Product({name: worst(having) for name, having in rows.items() if len(having)}),
        }
    )


def pass_rate(state: Product, names: Mapping[str, int], reason: str) -> Value:
    """The share of records without a fault; per fault the share of records that have it, which may overlap."""
    skipped = state["skipped"].nonzero()
    passed: Ratio = state["passed"]
    if passed.n == 0:
        return Value.missing(reason, skipped)
    shares = {name: Ratio(state["faults"][name], passed.n).share() for name in names}
    bars = Bars(tuple(names), tuple(state["faults"][name] / passed.n for name in names), "share of records")
    return passed.share().with_(skipped=skipped, parts=shares, plot=bars, evidence=_evidence(state["worst"]))


def _evidence(worst: Product) -> tuple[Evidence, ...]:
    """The worst records of every fault, each once, the greatest severity first."""
    found = {entry for top in worst.states.values() for entry in top.evidence()}  # type: ignore[attr-defined]
    return tuple(sorted(found, key=lambda entry: (-entry.score, entry.record)))
