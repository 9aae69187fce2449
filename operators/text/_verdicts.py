"""What the record-level validity metrics share: records judged by a mask of faults, and the share that has none."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value


def no_verdicts() -> Product:
    """The state of no records."""
    return Product({"faults": Tally(), "passed": Ratio(), "skipped": Tally(), "worst": TopBy()})


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
    counts = {name: int(np.count_nonzero(masks & bit)) for name, bit in names.items()}
    failed = np.flatnonzero(masks)

    def note(at: int) -> str:
        return ", ".join(name.replace("_", " ") for name, bit in names.items() if masks[failed[at]] & bit)

    return Product(
        {
            "faults": Tally({name: count for name, count in counts.items() if count}),
            "passed": Ratio(len(masks) - len(failed), len(masks)),
            "skipped": Tally({name: count for name, count in (skipped or {}).items() if count}),
            "worst": TopBy.of(severity[failed].astype(np.float64), records[failed], note),
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
    return passed.share().with_(skipped=skipped, parts=shares, plot=bars, evidence=state["worst"].evidence())
