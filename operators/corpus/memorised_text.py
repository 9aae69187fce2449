"""How much of the data repeats passages of the reference word for word."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality, Side
from engine.state import Histogram, Moments, Product, Ratio, Tally, TopBy
from engine.value import Value, wilson
from operators.corpus._cells import LEAKS

HELD = (1.0, 2.0, 4.0, 11.0, 31.0, 101.0, 301.0, 1001.0, 3001.0, 10_001.0, 100_001.0)
"""The edges of k: whole numbers, so that 11 begins what is more than 10. The last bin has no end."""


@dataclass(frozen=True)
class MemorisedText(Metric[Product]):
    """Share of records with a span of 50 words or more that stands word for word in a record of the reference.

    ``least`` of `relations.shared_spans` says how many words; every such span is compared with its source before it counts. 0
    is best. Parts: the same share against the holdout, where the plan has one (quotations and boilerplate that anyone writes);
    of the records with a span, those whose span at most one record of the reference holds, which is memorised rather than
    common (Carlini et al. call it 1-eidetic), and those whose span at most 10, or 100, hold: k-eidetic for these k. The plot is
    of k. It is of the longest span of a record, and counts the records that hold an anchor of the span and the words beside
    it: k is never too small, so that no share of these is too large. Words of the longest span; of passages planted with some
    of their words changed, how many are found: what is not, the audit would have missed. Records of fewer words are skipped.

    Cost: that of the relation, over the records of every side.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "shared_words": [80, 0, None], "shared_id": [7, None, None],
    ...     "shared_at": [3, None, None], "shared_holders": [1, None, None], "holdout_shared_words": [0, 0, None]})
    >>> value = MemorisedText().value(MemorisedText().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, '80 words from word 3 on, in one record of the reference')

    Source: Carlini et al. 2021, section 2 (k-eidetic memorisation); Lee et al. 2022, section 4.1 (50 tokens).
    """

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = ("shared_words", "shared_id", "shared_at", "shared_holders", "holdout_shared_words")
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Carlini et al. 2021, section 2; Lee et al. 2022, section 4.1"

    def zero(self) -> Product:
        """No records yet."""
        ratios = {name: Ratio() for name in ("reference", "holdout", "alone", "absent")}
        return Product({**ratios, "holders": Histogram(HELD), "words": Moments(), "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records with a span; those with the longest are evidence."""
        there = batch.filter(batch["shared_words"].is_valid())
        held = there["holdout_shared_words"].to_numpy(zero_copy_only=False)
        n = len(there)
        found = there.filter(there["shared_id"].is_valid())
        columns = (ID, "shared_words", "shared_id", "shared_at", "shared_holders")
        ids, words, other, at, holders = (found[name].to_numpy() for name in columns)

        def note(one: int) -> str:
            held_by = "one record" if holders[one] == 1 else f"at most {holders[one]:,} records"
            return f"{words[one]:,} words from word {at[one]:,} on, in {held_by} of the reference"

        return Product(
            {
                "reference": Ratio(len(found), n),
                "holdout": Ratio(int(np.count_nonzero(held > 0)), n),
                "alone": Ratio(int(np.count_nonzero(holders == 1)), len(found)),
                "absent": Ratio(len(batch) - n, len(batch)),
                "holders": Histogram.of(holders, HELD),
                "words": Moments.of(words.astype(np.float64)),
                "top": TopBy.of(words.astype(np.float64), ids, note, others=other),
                "counts": Tally(),
            }
        )

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the relation counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, beside the holdout's, and what was planted and found."""
        skipped = {"fewer words": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state["reference"].share("no record has enough words")
        if share.value is None:
            return share.with_(skipped=skipped)
        parts = {"also in the holdout": state["holdout"].share("no record has enough words")}
        if state["alone"].n:
            parts["of these, in one record of the reference"] = state["alone"].share("")
            parts |= eidetic(state["holders"])
            parts["words of the longest span"] = Value.exact(state["words"].greatest, state["alone"].n)
        parts |= planted(state["counts"].nonzero())
        plot = state["holders"].bins("records of the reference that hold the span (k)", log_x=True)
        return share.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["top"].evidence())


def eidetic(holders: Histogram) -> dict[str, Value]:
    """Of the spans, the share that at most k records hold, for two k.

    >>> {name: part.value for name, part in eidetic(Histogram.of(np.array([1, 10, 11, 400]), HELD)).items()}
    {'of these, in at most 10 records': 0.5, 'of these, in at most 100 records': 0.75}
    """
    counts = holders.counts
    within = {k: Ratio(sum(counts[: HELD.index(k + 1)]), sum(counts)) for k in (10, 100)}
    return {f"of these, in at most {k} records": ratio.share() for k, ratio in within.items()}


def planted(counts: Mapping[str, int]) -> dict[str, Value]:
    """Of the planted passages, the share that was found, by how much of them was changed."""
    prefix = "spans.planted."
    asked = {int(name.removeprefix(prefix)): n for name, n in counts.items() if name.startswith(prefix) and "found" not in name}
    found = {}
    for percent, n in sorted(asked.items()):
        hits = min(n, counts.get(f"{prefix}{percent}.found", 0))
        low, high = wilson(hits, n)
        how = f"{percent} % of words changed" if percent else "as they are"
        found[f"planted passages found, {how}"] = Value(hits / n, n, low, high, estimator="sample")
    cut, met = counts.get("spans.anchors cut", 0), counts.get("spans.anchors met", 0)
    if cut:
        found["runs too common to follow all"] = Value.exact(cut / met, met)
    if left := counts.get("spans.passages left", 0):
        found["passages not looked at"] = Value.exact(left, left)
    return found
