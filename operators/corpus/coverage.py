"""How much of real data the data reaches."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import Product, VectorSample
from engine.state.sample import estimate
from engine.value import Value
from operators.corpus._drawn import SampleComparison, few, skipped
from operators.kernels.manifold import lying, radii


@dataclass(frozen=True)
class Coverage(SampleComparison):
    """Share of the reference's records with a record of the subject nearby, and the recall of the subject's manifold.

    Nearby is within the ball that reaches to the record's k-th nearest other in the reference. Recall, a part, turns it round:
    the share of the reference that lies in a ball of the subject's, which a few outliers of the subject can raise. Samples,
    weights and balls as of `operators.corpus.precision`. Coverage depends on how many records are compared: with both sides
    alike and of equal size it is about ``1 - 2**-k``, and a subject of fewer records covers less. Interval: of the reference's
    sample. Records without an embedding are skipped.

    Cost: the embedding of both sides; for 5,000 of each, about 2 CPU-seconds at the end. 4 MB of state at 384 dimensions.

    Args:
        k: the neighbour that a ball reaches to.
        size: distinct embeddings of each side.

    >>> import pyarrow as pa
    >>> from operators.kernels.vectors import VECTOR
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "embedding": pa.array([[1, 0], [0, 1], [0.5, 0.5]], VECTOR)})
    >>> Coverage(k=1).compare(Coverage(k=1).fold(batch.slice(1)), Coverage(k=1).fold(batch)).parts["recall"].value
    0.6666666666666666

    Source: Naeem et al. 2020, section 3.2 (coverage); Kynkäänniemi et al. 2019, section 3 (recall).
    """

    k: Annotated[int, Field(ge=1, le=100)] = 5

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "share of the reference's records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Naeem et al. 2020, section 3.2"

    def compare(self, subject: Product, reference: Product) -> Value:
        """Coverage and recall."""
        mine: VectorSample = subject["sample"]
        theirs: VectorSample = reference["sample"]
        reason = few(mine, theirs, self.k + 1, self.k + 1)
        if reason:
            return Value.missing(reason, skipped(subject))
        complete = mine.complete and theirs.complete
        covered = lying(mine.vectors, theirs.vectors, radii(theirs.vectors, self.k)).held
        reached = lying(theirs.vectors, mine.vectors, radii(mine.vectors, self.k)).inside > 0
        parts = {
            "recall": estimate(reached.astype(np.float64), theirs.counts, complete, 1.0),
            "distinct embeddings of the subject": Value.exact(len(mine.ids), mine.records),
        }
        value = estimate(covered.astype(np.float64), theirs.counts, complete, 1.0)
        return value.with_(skipped=skipped(subject), parts=parts)
