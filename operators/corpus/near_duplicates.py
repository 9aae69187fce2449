"""How much of the data nearly repeats itself, and how good that answer is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, SHARD, Dimension, Direction
from engine.state import Histogram, Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value, wilson

_EDGES = tuple(2.0**power for power in range(25))
_SHOWN = 12


@dataclass(frozen=True)
class NearDuplicates(Metric[Product]):
    """Share of records that are near-duplicates of an earlier record of the subject.

    ``1 - groups / n`` over the records that have a text, groups being those of `relations.near_groups`: connected components of
    pairs whose Jaccard similarity, of word 5-grams at its defaults, is at least 0.8. Every such pair was verified. 0 is best.
    Parameters of the comparison stand in the plan under ``[relations.near_groups]``.

    Beside it stands how good the answer is: the precision of the accepted pairs (all that were not clear from signatures were
    compared exactly, and a sample of those that were), and the recall, from near-duplicates planted into copies of a sample of
    these very records at known rates of edits. Files and ``source`` values that lose more than ``alarm`` of their records are
    named: whatever removes nearly all of one source is rarely a duplicate finder's success.

    Cost: that of the relation.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_shard": ["a", "a"], "group_id": [0, 0], "group_size": [2, 2],
    ...     "keep": [True, False], "similarity": [0.9, 0.9], "neighbor_id": [1, 0],
    ...     "known_similarity": pa.nulls(2, pa.float64()), "origin": pa.nulls(2, pa.string())})
    >>> NearDuplicates().value(NearDuplicates().fold(batch)).value
    0.5

    Source: Broder 1997; Lee et al. 2022, "Deduplicating Training Data Makes Language Models Better", section 4.2; METRICS S7.

    Args:
        alarm: the share of a file's or a source's records that may be removed without a word.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = (
        SHARD,
        "group_id",
        "group_size",
        "keep",
        "similarity",
        "neighbor_id",
        "known_similarity",
        "origin",
    )
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Broder 1997; Lee et al. 2022, section 4.2"

    alarm: Annotated[float, Field(ge=0, le=1)] = 0.5

    def zero(self) -> Product:
        """No records yet."""
        return Product(
            {
                "repeated": Ratio(),
                "grouped": Ratio(),
                "known": Ratio(),
                "kept": Ratio(),
                "absent": Ratio(),
                "groups": Histogram(_EDGES),
                "largest": TopBy(),
                "top": TopBy(),
                "files": RatioBy(),
                "origins": RatioBy(),
                "counts": Tally(),
            }
        )

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count members and originals; the least similar verified pairs are the evidence."""
        readable = batch.filter(batch["keep"].is_valid())
        kept = readable["keep"].to_numpy(zero_copy_only=False)
        present = readable.filter(readable["group_id"].is_valid())
        ids, group, size = (present[name].to_numpy() for name in (ID, "group_id", "group_size"))
        paired = present.filter(present["neighbor_id"].is_valid())
        pair, other, similarity = (paired[name].to_numpy() for name in (ID, "neighbor_id", "similarity"))
        later = pair > other
        pair, other, similarity = pair[later], other[later], similarity[later]
        original = ids == group
        large = original & (size > 1)
        return Product(
            {
                "repeated": Ratio(int((~original).sum()), len(ids)),
                "grouped": Ratio(int((size > 1).sum()), len(ids)),
                "known": Ratio(len(ids) - present["known_similarity"].null_count, len(ids)),
                "kept": Ratio(int(kept.sum()), len(kept)),
                "absent": Ratio(len(readable) - len(ids), len(readable)),
                "groups": Histogram.of(size[original], _EDGES),
                "largest": TopBy.of(size[large], ids[large], lambda at: f"{size[large][at]:,} records in its group"),
                "top": TopBy.of(1 - similarity, pair, lambda at: f"{100 * similarity[at]:.1f} % alike", others=other),
                "files": RatioBy.of(readable[SHARD], ~kept),
                "origins": RatioBy.of(readable["origin"], ~kept),
                "counts": Tally(),
            }
        )

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the rounds counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, with how good it is, what is removed where, and group sizes as histogram."""
        absent = {"no text": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state["repeated"].share("no record has a text")
        if share.value is None:
            return share.with_(skipped=absent)
        alarms = [*state["files"].above(self.alarm), *state["origins"].above(self.alarm)]
        worst = f"removed: {', '.join(f'{hits:,} of {n:,} of {name}' for name, hits, n in alarms[:3])}" if alarms else None
        return share.with_(
            skipped=absent,
            reason=f"more than {self.alarm:.0%} of a file or source is {worst}" if worst else None,
            parts={
                "kept": state["kept"].share(),
                "in a group of two or more": state["grouped"].share(),
                "also in an earlier corpus": state["known"].share(),
                **_largest(state["largest"], share.n),
                **_quality(state["counts"]),
                "removed by file": _removed(state["files"], self.alarm),
                "removed by source": _removed(state["origins"], self.alarm),
            },
            plot=state["groups"].bins("records in the group", log_x=True),
            evidence=state["top"].evidence(),
        )


def _largest(top: TopBy, n: int) -> dict[str, Value]:
    entries = top.evidence()
    greatest = entries[0].score if entries else 1.0
    return {"largest group (records)": Value.exact(greatest, n).with_(evidence=entries)}


def _quality(counts: Tally) -> dict[str, Value]:
    return {
        "precision of accepted pairs": _precision(counts),
        "recall of planted near-duplicates": _recall(counts),
        "pairs compared": Value.exact(counts["pairs"], counts["pairs"]),
        "pairs compared exactly": Value.exact(_exactly(counts), counts["pairs"]),
        "records in buckets that were capped": Value.exact(counts["hot_records"], counts["hot_buckets"]),
    }


def _exactly(counts: Tally) -> int:
    return counts["accepted exactly"] + counts["rejected exactly"]


def _precision(counts: Tally) -> Value:
    """Pairs accepted exactly are right; of those accepted by their estimate, what the sample says."""
    exact, estimated = counts["accepted exactly"], counts["accepted by estimate"] + counts["earlier pairs by estimate"]
    accepted = exact + estimated
    if not accepted:
        return Value.missing("no pair was accepted")
    if not estimated:
        return Value.exact(1.0, accepted)
    right, sampled = counts["sampled of accepted, near"], counts["sampled of accepted"]
    if not sampled:
        return Value.missing("no pair that was accepted by its estimate could be compared exactly")
    low, high = wilson(right, sampled)
    shares = [(exact + estimated * share) / accepted for share in (right / sampled, low, high)]
    return Value(shares[0], n=accepted, low=shares[1], high=shares[2], estimator="sample")


def _recall(counts: Tally) -> Value:
    """Found of planted, all rates of edits together, each beside it."""
    rates = sorted(int(name.split()[1]) for name in counts.counts if name.startswith("planted "))
    each = {f"{rate / 10:g} % of words edited": Ratio(counts[f"found {rate}"], counts[f"planted {rate}"]) for rate in rates}
    total = sum(each.values(), Ratio())
    share: Value = total.share("no planted copy is a near-duplicate")
    bars = Bars(tuple(each), tuple(ratio.hits / ratio.n for ratio in each.values() if ratio.n), "found of those planted")
    return share.with_(estimator="sample", parts={name: ratio.share() for name, ratio in each.items()}, plot=bars)


def _removed(by: RatioBy, alarm: float) -> Value:
    """The share of names that lose more than the alarm allows; the worst as bars."""
    worst = by.above(-1.0)[:_SHOWN]
    if not worst:
        return Value.missing("no record has one")
    shares = tuple(hits / n for _, hits, n in worst)
    bars = Bars(tuple(name for name, _, _ in worst), shares, "share removed")
    alarmed = len(by.above(alarm))
    note = f"of more than {by.size:,}, these were drawn by hash" if by.dropped else None
    return Value.exact(alarmed / len(by.ratios), len(by.ratios)).with_(plot=bars, reason=note)
