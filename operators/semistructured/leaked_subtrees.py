"""Parts of JSON documents that come from real documents."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import HoldoutComparison
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, Tally
from engine.value import Value
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_paths import ARRAY, OBJECT
from operators.kernels.json_syntax import check
from operators.kernels.json_trees import contents
from operators.semistructured._documents import MAX_DEPTH
from operators.semistructured._leaked import leaked


@dataclass(frozen=True)
class LeakedSubtrees(HoldoutComparison[Product]):
    """The share of the reference's different objects and arrays that the subject repeats at the same path.

    An address, an order, a person: an object or array, the whole document too, with at least ``least`` scalars in it, so that
    it is more than a common value. Two are the same where their paths (any element of an array is one step) and all that they
    hold are, whatever the order of keys and the spelling of numbers and strings. The value is ``different ones in reference and
    subject / different ones in the reference``. Parts: ``holdout``, the same share of the holdout's, documents that the
    generator never saw: what documents of the kind have in common; and ``excess``, how much more of the reference there is
    than that, which is what leaked.

    0 to 1, lower is better; Wilson interval, subtrees taken as independent, though one holds others. Beyond ``size`` different
    ones a side those with the smallest hashes stand for all. Skipped: null, documents that are not strict JSON, and those of
    more than 262,144 values. Cost: about 25 MB/s a core.

    >>> def side(*texts):
    ...     return LeakedSubtrees(least=2).fold(pa.RecordBatch.from_pydict({"json": list(texts)}))
    >>> real = side('{"id": 1, "home": {"street": "Elm 5", "zip": "1"}}', '{"id": 2, "home": {"street": "Oak 1", "zip": "9"}}')
    >>> LeakedSubtrees(least=2).compare(side('{"id": 7, "home": {"zip": "1", "street": "Elm 5"}}'), real).value
    0.25

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy; RFC 8785 for what is equal.
    """

    least: Annotated[int, Field(ge=1, le=1 << 16)] = 3
    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 16

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("json",)
    unit: ClassVar[str] = "share of the reference's subtrees"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured privacy"

    def zero(self) -> Product:
        """No subtrees."""
        return Product({"codes": Distinct(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Code the objects and arrays of every document."""
        texts = strings(batch["json"])
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        found, cut = json_paths.nodes(texts, texts.valid & (codes == 0))
        hashes, scalars = contents(found)
        inner = ((found.kind == OBJECT) | (found.kind == ARRAY)) & (scalars >= self.least)
        reasons = {"no document": ~texts.valid, "not strict JSON": texts.valid & (codes != 0), "too many values": cut}
        counts = {reason: int(np.count_nonzero(rows)) for reason, rows in reasons.items()}
        skipped = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"codes": Distinct.of(hashes[inner], self.size), "skipped": skipped})

    def compare(self, subject: Product, reference: Product, holdout: Product | None = None) -> Value:
        """The share of the reference's, and that of the holdout's."""
        return leaked(subject, reference, holdout, f"object or array of {self.least} scalars")
