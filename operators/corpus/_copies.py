"""What metrics of copies share: how the share of copied records is told."""

from engine.state import Product
from engine.value import Value


def copied_share(state: Product, lacking: str) -> Value:
    """The share of records that the reference has too, beside the holdout's.

    Args:
        state: ratios "reference", "holdout" and "absent", and the worst records as "top".
        lacking: what a record is skipped without, with its article.
    """
    share: Value = state["reference"].share(f"no record has {lacking}")
    parts = {"also in the holdout": state["holdout"].share(f"no record has {lacking}")}
    absent = {f"no {lacking.split()[-1]}": state["absent"].hits} if state["absent"].hits else {}
    return share.with_(skipped=absent, parts=parts, evidence=state["top"].evidence())
