"""What a log says, and how often, beside a real log."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from engine.masking import masked
from engine.schema import Dimension, Direction
from engine.value import Bars, Value
from operators.kernels.divergence import divergence
from operators.semistructured._log import Templates, counts_over

_SHOWN, _CHARACTERS = 12, 80


@dataclass(frozen=True)
class TemplateJsd(Templates):
    """The Jensen-Shannon divergence of the templates of the log's lines from those of the reference's, in bits.

    A template is a line with its parameters as ``<*>``. First known headers are taken off (`operators.kernels.log_lines`),
    then numbers, addresses, UUIDs and hexadecimal words are masked; what is left, the shape, depends on the line alone. The
    distinct shapes of both sides together go through Drain's tree (drain3), once and in their alphabetical order: Drain
    follows the order of the lines, and an order of arrival would make the number depend on who read what first. On loghub's
    six systems this groups the lines as drain3 does that sees the masked lines as they come. Then ``JSD(P, Q)`` of the shares
    of lines by template. Parts: the templates whose shares differ most, by how much. Lines are cut at 400 characters. Skipped:
    null and empty lines.

    0 to 1, lower is better; interval: normal, by the delta method, lines taken as independent, which those of a log are
    not. Beyond ``size`` distinct shapes those with the smallest hash are compared: an estimate. Cost: about 20 MB/s a core,
    and a second for Drain; for thousands of shapes of hundreds of one-letter words minutes.

    >>> import pyarrow as pa
    >>> def side(*lines):
    ...     columns = {"_id": range(len(lines)), "_fault": pa.nulls(len(lines), pa.string()), "log": list(lines)}
    ...     return TemplateJsd().fold(pa.RecordBatch.from_pydict(columns))
    >>> real = side("open file 1", "open file 2", "disk is full", "disk is full")
    >>> value = TemplateJsd().compare(side("open file 7", "open file 8", "open file 9", "disk is full"), real)
    >>> {name: part.value for name, part in value.parts.items()}
    {'disk is full': -0.25, 'open file <*>': 0.25}

    Source: Lin 1991; He et al. 2017 (Drain); The LLM Data Auditor (arXiv 2601.17717), semi-structured fidelity.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lin 1991; He et al. 2017"

    def between(self, subject: Counter[str], reference: Counter[str]) -> Value:
        """The divergence."""
        names = sorted({*subject, *reference})
        a, b = counts_over(names, subject), counts_over(names, reference)
        differences = dict(zip(names, (a / a.sum() - b / b.sum()).tolist(), strict=True))
        worst = sorted((name for name in names if differences[name]), key=lambda name: (-abs(differences[name]), name))[:_SHOWN]
        shown = {masked(name[:_CHARACTERS]): differences[name] for name in worst}
        parts = {name: Value.exact(share, int(a.sum())) for name, share in shown.items()}
        sizes = {masked(name[:_CHARACTERS]): subject[name] / int(a.sum()) for name in worst}
        marks = tuple(reference[name] / int(b.sum()) for name in worst)
        plot = (
            Bars(tuple(sizes), tuple(sizes.values()), "share of lines", marks) if len(sizes) == len(marks) and sizes else None
        )
        return divergence(a, b).with_(parts=parts, plot=plot)
