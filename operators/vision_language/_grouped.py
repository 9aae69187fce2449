"""What metrics of groups of look-alikes share."""

from collections.abc import Mapping

import pyarrow as pa

from engine.schema import ID
from engine.state import Histogram, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import valid_mask

_EDGES = tuple(2.0**power for power in range(25))


def nothing() -> Product:
    """No records."""
    return Product(
        {
            "repeated": Ratio(),
            "grouped": Ratio(),
            "equal": Ratio(),
            "skipped": Tally(),
            "groups": Histogram(_EDGES),
            "largest": TopBy(),
            "top": TopBy(),
            "counts": Tally(),
        }
    )


def grouped(batch: pa.RecordBatch, prefix: str, lacking: str) -> Product:
    """Members and originals of groups; the least alike pairs are the evidence.

    Args:
        batch: has ``_id`` and the columns of a relation of look-alikes.
        prefix: of these columns.
        lacking: why a record is in no group.
    """
    there = valid_mask(batch[f"{prefix}_group_id"])
    present = batch.filter(pa.array(there))
    ids, group, size = (present[name].to_numpy() for name in (ID, f"{prefix}_group_id", f"{prefix}_group_size"))
    paired = present.filter(present[f"{prefix}_near_id"].is_valid())
    pair, other, distance = (paired[name].to_numpy() for name in (ID, f"{prefix}_near_id", f"{prefix}_distance"))
    later = pair > other
    pair, other, distance = pair[later], other[later], distance[later]
    original = ids == group
    large = original & (size > 1)
    without = len(batch) - len(ids)
    return Product(
        {
            "repeated": Ratio(int((~original).sum()), len(ids)),
            "grouped": Ratio(int((size > 1).sum()), len(ids)),
            "equal": Ratio(int((distance == 0).sum()), len(ids)),
            "skipped": Tally({lacking: without} if without else {}),
            "groups": Histogram.of(size[original], _EDGES),
            "largest": TopBy.of(size[large], ids[large], lambda at: f"{size[large][at]:,} records in its group"),
            "top": TopBy.of(distance, pair, lambda at: f"{distance[at]:.3g} bits apart", others=other),
            "counts": Tally(),
        }
    )


def repeated(state: Product, nothing_there: str) -> Value:
    """The share of records that are near an earlier one of their group."""
    skipped: Mapping[str, int] = state["skipped"].nonzero()
    share: Value = state["repeated"].share(nothing_there)
    if share.value is None:
        return share.with_(skipped=skipped)
    largest, counts = state["largest"].evidence(), state["counts"]
    greatest = largest[0].score if largest else 1.0
    parts = {
        "in a group of two or more": state["grouped"].share(),
        "with the very hash of an earlier one": state["equal"].share(),
        "largest group (records)": Value.exact(greatest, share.n).with_(evidence=largest),
        "pairs compared": Value.exact(counts["pairs"], max(1, counts["pairs"])),
        "records in buckets that were capped": Value.exact(counts["hot_records"], max(1, counts["hot_buckets"])),
    }
    plot = state["groups"].bins("records in the group", log_x=True)
    return share.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["top"].evidence())
