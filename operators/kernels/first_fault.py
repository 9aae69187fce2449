"""Validity by the first fault found in a record: what the parsers' metrics share, since a parser stops at one fault."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import FAULT, ID
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask

SKIPPED, VALID = -1, 0
"""Verdict codes besides ``i + 1`` for fault ``i``."""

_EXAMPLES = 2


def nothing_judged() -> Product:
    """The state of no records."""
    return Product({"faults": Tally(), "skipped": Tally(), "valid": Ratio(), "worst": Product()})


def judged(
    batch: pa.RecordBatch, codes: NDArray[np.int64], faults: Sequence[str], note: Callable[[int], str], skip: str = "null"
) -> Product:
    """The state of a batch whose records were judged.

    Args:
        batch: for ``_id`` and ``_fault``.
        codes: (n,) `VALID`, `SKIPPED` or one plus the position in ``faults``.
        faults: what can be wrong.
        note: called with a row's position for the few that are kept as evidence, two for each fault.
        skip: why a readable record was skipped.
    """
    ids = batch[ID].to_numpy()
    seen = codes != SKIPPED
    unreadable = int(np.count_nonzero(~seen & valid_mask(batch[FAULT])))
    skipped = {skip: int(np.count_nonzero(~seen)) - unreadable, "unreadable": unreadable}
    counts = {fault: int(np.count_nonzero(codes == i + 1)) for i, fault in enumerate(faults)}
    worst = {fault: _examples(np.flatnonzero(codes == i + 1), ids, note) for i, fault in enumerate(faults) if counts[fault]}
    return Product(
        {
            "faults": Tally({fault: count for fault, count in counts.items() if count}),
            "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            "valid": Ratio(int(np.count_nonzero(codes == VALID)), int(np.count_nonzero(seen))),
            "worst": Product(worst),
        }
    )


def _examples(rows: NDArray[np.int64], ids: NDArray[np.int64], note: Callable[[int], str]) -> TopBy:
    return TopBy.of(np.ones(len(rows)), ids[rows], lambda at: note(int(rows[at])), size=_EXAMPLES)


def skipped_as(state: Product, reason: str, count: int) -> Product:
    """The state with further records skipped for another reason."""
    return state + Product({"skipped": Tally({reason: count})}) if count else state


def valid_share(state: Product, nothing: str, parts: Mapping[str, Value] | None = None) -> Value:
    """The share of judged records without a fault; parts are the shares with each fault, which do not overlap.

    >>> valid_share(nothing_judged(), "no record has a program").reason
    'no record has a program'
    """
    skipped: dict[str, int] = state["skipped"].nonzero()
    valid: Ratio = state["valid"]
    if valid.n == 0:
        return Value.missing(nothing, skipped)
    counts: dict[str, int] = state["faults"].nonzero()
    ranked = sorted(counts, key=lambda fault: (-counts[fault], fault))
    shares = {fault: Ratio(counts[fault], valid.n).share() for fault in ranked}
    bars = Bars(tuple(ranked), tuple(counts[fault] / valid.n for fault in ranked), "share of records") if ranked else None
    evidence = tuple(entry for fault in ranked for entry in state["worst"][fault].evidence())
    return valid.share().with_(skipped=skipped, parts={**shares, **(parts or {})}, plot=bars, evidence=evidence)
