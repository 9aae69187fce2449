"""What metrics of copies share: in which cell of the grid a copy of the reference counts, and how its share is told."""

from collections.abc import Mapping

from engine.schema import Dimension, Modality
from engine.state import Product
from engine.value import Value

LEAKS: Mapping[Modality, Dimension] = {
    Modality.TEXT: Dimension.SAFETY,
    Modality.SYMBOLIC: Dimension.FIDELITY,
    Modality.TABULAR: Dimension.PRIVACY,
    Modality.SEMISTRUCTURED: Dimension.PRIVACY,
    Modality.VISION_LANGUAGE: Dimension.SAFETY,
    Modality.AGENT: Dimension.SAFETY,
}
"""The dimension of what the reference leaks into the subject, by modality."""


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
