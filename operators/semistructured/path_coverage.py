"""How many of the paths of real documents there are, and how evenly."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.kernels.divergence import normalised_entropy
from operators.semistructured._documents import HELD, Documents, counts_of, skipped_of


@dataclass(frozen=True)
class PathCoverage(Documents, Comparison[Product]):
    """The share of the reference's distinct paths that the subject has too: ``|P_s & P_r| / |P_r|``.

    Paths are those of `semistructured.path_distribution`, whatever kind of value they hold. Parts: ``new``, the share of the
    subject's paths that the reference lacks; ``entropy`` and ``entropy of the reference``: Shannon's entropy of the paths, each
    weighed with the documents that have it, over that of as many equally frequent ones (1: all paths are equally
    frequent). A rare path is found the more probably the more documents there are: compare equally large sides. Skipped: null,
    documents that are not strict JSON, and those of more than 262,144 values.

    0 to 1, higher is better; exact, so that its interval is a point. Beyond ``paths`` distinct paths on a side it is an
    estimate from those with the smallest hash. Cost: that of `semistructured.path_distribution`, shared with it.

    >>> import pyarrow as pa
    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "json": list(texts)}
    ...     return PathCoverage().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = PathCoverage().compare(side('{"a": 1}'), side('{"a": 1, "b": {"c": 2}}'))
    >>> value.value, value.parts["new"].value
    (0.5, 0.0)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured diversity.
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "share of the reference's paths"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured diversity"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share of the reference's paths."""
        skipped = skipped_of(subject)
        for side, state in (("subject", subject), ("reference", reference)):
            if not state["seen"]["read"]:
                return Value.missing(f"no record of the {side} has a JSON document", skipped)
        counts = [counts_of(state["kinds"], HELD) for state in (subject, reference)]
        ends = [int(state["kinds"].key[-1]) for state in (subject, reference) if state["kinds"].dropped]
        last = min(ends, default=(1 << 64) - 1)
        mine, theirs = ({key: n for key, n in of.items() if key <= last} for of in counts)
        estimator = "sample" if ends else "exact"
        shares = {"new": len(mine.keys() - theirs.keys()) / len(mine) if mine else 0.0}
        for name, of in (("entropy", mine), ("entropy of the reference", theirs)):
            shares[name] = normalised_entropy(np.array([of[key] for key in sorted(of)]))
        parts = {name: Value.exact(share, len(mine) or 1).with_(estimator=estimator) for name, share in shares.items()}
        covered = len(mine.keys() & theirs.keys()) / len(theirs) if theirs else 0.0
        return Value.exact(covered, subject["seen"]["read"]).with_(skipped=skipped, estimator=estimator, parts=parts)
