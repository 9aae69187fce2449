"""What the metrics on a log's templates share: masked lines with their counts, and templates made of them when asked."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.state import Product, Sample, Tally
from engine.value import Value
from operators.kernels.hashing import hash_array
from operators.kernels.log_lines import LAYOUTS, fields, shapes, templates


@dataclass(frozen=True)
class Templates(Comparison[Product]):
    """Folds log lines into their masked shapes, and compares the templates of both sides.

    Args:
        size: distinct shapes a side; of more, those with the smallest hash.
        similarity: the share of words that a line must have in common with a template to become one of it.
    """

    size: Annotated[int, Field(ge=64, le=1 << 16)] = 1 << 12
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.4

    reads: ClassVar[tuple[str, ...]] = ("log",)
    requires: ClassVar[tuple[str, ...]] = ("drain3",)

    @property
    def shares(self) -> str:
        """One state, whichever of them are measured."""
        return f"semistructured.log of {self.size} shapes"

    def zero(self) -> Product:
        """No lines."""
        return Product({"shapes": Sample(self.size), "seen": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Mask the parameters of each line."""
        said = shapes_of(batch["log"])
        spoken = said.filter(said.is_not_null() & (said != ""))
        counts = {"read": len(spoken), "empty": int((said == "").sum()), "no line": said.null_count()}
        hashes = hash_array(spoken.to_arrow())[:, 0]
        seen = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"shapes": Sample.of(hashes, spoken, self.size), "seen": seen})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The number of the templates of both sides."""
        skipped = {reason: n for reason, n in subject["seen"].nonzero().items() if reason != "read"}
        for side, state in (("subject", subject), ("reference", reference)):
            if not state["seen"]["read"]:
                return Value.missing(f"no record of the {side} has a log line", skipped)
        sides = [state["shapes"].entries for state in (subject, reference)]
        made = templates([shape for side in sides for *_, shape in side], self.similarity)
        counts = [_counted(side, made) for side in sides]
        complete = all(len(side) < self.size for side in sides)
        value = self.between(*counts).with_(n=subject["seen"]["read"], skipped=skipped)
        return value if complete else value.with_(estimator="sample")

    def between(self, subject: Counter[str], reference: Counter[str]) -> Value:
        """The number of the templates' counts; both sides have some."""
        raise NotImplementedError


def _counted(side: tuple[tuple[int, int, str], ...], made: dict[str, str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _, count, shape in side:
        counts[made[shape]] += count
    return counts


def shapes_of(lines: pa.Array) -> pl.Series:
    """The masked content of each line, without its header where it has a known one."""
    return shapes(fields(lines, LAYOUTS)["content"])


def counts_over(names: list[str], counts: Counter[str]) -> NDArray[np.int64]:
    """The counts in the order of the names."""
    return np.array([counts[name] for name in names], np.int64)
