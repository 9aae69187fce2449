"""Lines of logs that come from a real log."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import HoldoutComparison
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, Tally
from engine.value import Value
from operators.kernels.hashing import hash_array
from operators.kernels.log_lines import LAYOUTS, fields, shapes
from operators.semistructured._leaked import leaked


@dataclass(frozen=True)
class LeakedLines(HoldoutComparison[Product]):
    """The share of the reference's different lines with parameters that the subject repeats, parameters and all.

    A line is its content without a header of a known form (`operators.kernels.log_lines`), so that it is the same at another
    time. Only lines with a number, an address or another parameter that is masked in a template (`semistructured.template_jsd`)
    count: the others are the program's own words. The value is ``different ones in reference and subject / different ones in
    the reference``. Parts: ``holdout``, the same share of the holdout's, lines that the generator never saw: what logs of the
    kind have in common; and ``excess``, how much more of the reference there is than that, which is what leaked.

    0 to 1, lower is better; Wilson interval, lines taken as independent. Beyond ``size`` different ones a side those with the
    smallest hashes stand for all. Skipped: null and empty lines, lines ``without a parameter``. Cost: about 20 MB/s a core.

    >>> def side(*lines):
    ...     return LeakedLines().fold(pa.RecordBatch.from_pydict({"log": list(lines)}))
    >>> real = side("2024-01-31 10:00:00 INFO login of user 4711", "2024-01-31 10:00:01 INFO login of user 17", "bye")
    >>> value = LeakedLines().compare(side("2025-05-05 05:05:05 INFO login of user 4711", "bye"), real)
    >>> value.value, value.skipped
    (0.5, {'without a parameter': 1})

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy.
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 16

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("log",)
    unit: ClassVar[str] = "share of the reference's lines"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured privacy"

    def zero(self) -> Product:
        """No lines."""
        return Product({"codes": Distinct(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hash the lines with parameters."""
        content = fields(batch["log"], LAYOUTS)["content"].str.strip_chars().str.replace_all(r"\s+", " ")
        spoken = content.filter(content.is_not_null() & (content != ""))
        told = spoken.filter(shapes(spoken).str.contains("<*>", literal=True))
        counts = {"no line": content.null_count(), "empty": int((content == "").sum())}
        counts["without a parameter"] = len(spoken) - len(told)
        skipped = Tally({reason: n for reason, n in counts.items() if n})
        return Product({"codes": Distinct.of(hash_array(told.to_arrow())[:, 0], self.size), "skipped": skipped})

    def compare(self, subject: Product, reference: Product, holdout: Product | None = None) -> Value:
        """The share of the reference's, and that of the holdout's."""
        return leaked(subject, reference, holdout, "line with a parameter")
