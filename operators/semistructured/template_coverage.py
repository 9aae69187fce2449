"""How many of the templates of a real log there are, and how evenly."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Value
from operators.kernels.divergence import normalised_entropy
from operators.semistructured._log import Templates, counts_over


@dataclass(frozen=True)
class TemplateCoverage(Templates):
    """The share of the reference's templates that the log has too: ``|T_s & T_r| / |T_r|``.

    Templates are those of `semistructured.template_jsd`. Parts: ``new``, the share of the log's templates that the reference
    lacks; ``entropy`` and ``entropy of the reference``: Shannon's entropy of the lines by template over that of as many equally
    frequent ones. A rare template is found the more probably the more lines there are: compare equally long logs. Skipped: null
    and empty lines.

    0 to 1, higher is better; exact, so that its interval is a point; an estimate beyond ``size`` distinct shapes. Cost: that
    of `semistructured.template_jsd`, shared with it.

    >>> import pyarrow as pa
    >>> def side(*lines):
    ...     columns = {"_id": range(len(lines)), "_fault": pa.nulls(len(lines), pa.string()), "log": list(lines)}
    ...     return TemplateCoverage().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = TemplateCoverage().compare(side("open file 7", "bye"), side("open file 1", "disk is full"))
    >>> value.value, value.parts["new"].value
    (0.5, 0.5)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured diversity; He et al. 2017 (Drain).
    """

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    unit: ClassVar[str] = "share of the reference's templates"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured diversity"

    def between(self, subject: Counter[str], reference: Counter[str]) -> Value:
        """The share of the reference's templates."""
        shares = {"new": len(subject.keys() - reference.keys()) / len(subject)}
        for name, counts in (("entropy", subject), ("entropy of the reference", reference)):
            shares[name] = normalised_entropy(counts_over(sorted(counts), counts))
        parts = {name: Value.exact(share, len(subject)) for name, share in shares.items()}
        return Value.exact(len(subject.keys() & reference.keys()) / len(reference), len(reference)).with_(parts=parts)
