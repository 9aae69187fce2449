"""Whether every group gets the favourable label as often."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import Direction
from engine.state import Tally
from engine.value import Bars, Value, wilson
from operators.table.group_counts import GroupCounts
from operators.tabular._grouped import LEAST, Protected, crossings, difference, obstacle, unnamed

_SHOWN = 40


@dataclass(frozen=True)
class LabelParity(Protected, Metric[GroupCounts]):
    """Largest difference of the share of the favourable label between groups of a protected column, or of all crossed.

    ``max_a P(y | a) - min_a P(y | a)``: the statistical parity difference, 0 best. ``protected`` and ``label`` are named in
    the plan; ``favourable`` is the label that counts, as it is written, and where it is not named the last of two in order.
    Groups of fewer than 30 records are parts without a number; records without a label do not count, and a missing protected
    cell is a group of its own ("nothing"). Parts: for each protected column, and for all of them crossed, the difference and
    the disparate impact ``min_a / max_a`` (four fifths is the usual limit), and the share of each group. Interval: Newcombe's,
    of the two groups that differ most, which were chosen for that.

    0 to 1, lower is better. The same as fairlearn's demographic_parity_difference and _ratio.

    Cost: one pass over the named columns.

    >>> import pyarrow as pa
    >>> rows = pa.array([{"sex": "fm"[i % 2], "hired": int(i % 8 in (0, 2, 4, 1))} for i in range(80)])
    >>> batch = pa.RecordBatch.from_arrays([pa.array(range(80)), pa.nulls(80, pa.string()), rows], ["_id", "_fault", "row"])
    >>> metric = LabelParity(protected=("sex",), label="hired")
    >>> metric.value(metric.fold(batch)).value
    0.5

    Source: Feldman et al. 2015, "Certifying and removing disparate impact"; fairlearn 0.15.
    """

    label: str = ""
    favourable: str = ""

    unit: ClassVar[str] = "difference of shares"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Feldman et al. 2015"

    @property
    def columns(self) -> tuple[str, ...]:
        """The protected columns and the label."""
        return (*self.protected, self.label)

    def value(self, state: GroupCounts) -> Value:
        """The largest difference."""
        skipped = state.skipped.nonzero()
        if not self.protected or not self.label:
            return Value.missing(unnamed("tabular.label_parity", 'label = "...", protected'), skipped)
        reason = obstacle(state, "subject")
        if reason:
            return Value.missing(reason, skipped)
        labels = [state.cell(row, len(self.protected)) for row in range(len(state.counts))]
        there = np.array([label != "nothing" for label in labels], bool)
        known = sorted({label for label in labels if label != "nothing"})
        chosen = self.favourable or (known[-1] if len(known) == 2 else "")
        if chosen not in known:
            return Value.missing(f"no label {chosen!r}" if chosen else "the label has no two values: name favourable", skipped)
        hits = state.counts * np.array([label == chosen for label in labels], bool)
        unlabelled = Tally({"no label": int(state.counts[~there].sum())}).nonzero()
        return _parity(state, self.protected, hits, state.counts * there).with_(skipped={**skipped, **unlabelled})


def _parity(state: GroupCounts, protected: tuple[str, ...], hits: NDArray[np.int64], n: NDArray[np.int64]) -> Value:
    parts: dict[str, Value] = {}
    worst: Value | None = None
    for name, columns in crossings(protected).items():
        groups = state.merged(columns)
        total, good = (np.bincount(groups.at, one, len(groups.names)).astype(int).tolist() for one in (n, hits))
        shares = {group: _share(good[at], total[at]) for at, group in enumerate(groups.names) if total[at]}
        found = _between(shares, [(good[at], total[at]) for at in range(len(total)) if total[at]])
        parts[name] = found
        if found.value is not None and (worst is None or found.value > (worst.value or 0.0)):
            worst = found
    if worst is None:
        return Value.missing(f"no protected column has two groups of {LEAST} records").with_(parts=parts)
    if not state.complete:
        worst = worst.with_(estimator="sample", reason="more combinations than are counted: some groups are left out")
    return worst.with_(parts=parts, n=int(n.sum()))


def _share(hits: int, n: int) -> Value:
    if n < LEAST:
        return Value.missing(f"{n} records, fewer than {LEAST}")
    low, high = wilson(hits, n)
    return Value(hits / n, n=n, low=low, high=high)


def _between(shares: dict[str, Value], counts: list[tuple[int, int]]) -> Value:
    """The difference between the most and the least favoured group."""
    large = sorted((hits / n, hits, n) for hits, n in counts if n >= LEAST)
    if len(large) < 2:
        return Value.missing(f"fewer than two groups of {LEAST} records").with_(parts=shares)
    least, most = large[0], large[-1]
    value = difference(most[1], most[2], least[1], least[2])
    impact = Value.exact(least[0] / most[0], value.n) if most[0] else Value.missing("no group has the favourable label")
    shown = sorted((name for name in shares if shares[name].value is not None), key=lambda name: (shares[name].value, name))
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN // 2] + shown[-_SHOWN // 2 :]
    plot = Bars(tuple(shown), tuple(shares[name].value or 0.0 for name in shown), "share with the favourable label")
    held = dict(list(shares.items())[: 4 * _SHOWN])
    return value.with_(low=max(0.0, value.low or 0.0), parts={"disparate impact": impact, **held}, plot=plot)
