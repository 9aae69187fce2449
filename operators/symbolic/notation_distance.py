"""The signs that derivations are written in, beside real ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import FAULT, Dimension, Direction
from engine.state import Counts, Product, Quantiles, Tally
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.side_distances import bounded, jensen_shannon, kolmogorov_smirnov, same_source

_COMMAND = r"\\(?:[a-zA-Z]+|[^a-zA-Z\s])"
_OPERATOR = r"[-+*/^=<>≤≥≠≈±×÷·−√∑∏∫∈∪∩⊂⊆→⇒⇔∀∃¬∧∨%!]"
_SIGN = rf"{_COMMAND}|{_OPERATOR}"


@dataclass(frozen=True)
class NotationDistance(Comparison[Product]):
    """The Jensen-Shannon divergence between the signs of the subject's and the reference's derivations, in bits.

    ``JSD(P, Q) = KL(P || M) / 2 + KL(Q || M) / 2`` with ``M = (P + Q) / 2``, base 2. A sign of ``solution`` is an operator
    (``+ - * / ^ = < > %`` and their kin in Unicode) or a LaTeX command (``\\frac``, ``\\cdot``). Parts: ``operators`` and
    ``commands``, the divergences of either alone; ``same_source``, the mean divergence when both sides are pooled and cut at
    random into two as large as these: the floor of the value; ``signs`` and ``lines``, the Kolmogorov-Smirnov distances of how
    many signs and lines a derivation has. A hyphen within a word is an operator here, on both sides alike. Skipped: records
    without a solution.

    0 to 1, lower is better. Intervals: of the divergences normal, by the delta method over signs taken as independent, which
    signs of one derivation are not, so too narrow; of the distances by Dvoretzky, Kiefer and Wolfowitz. Cost: three linear
    regular expressions, about 20 MB/s a core.

    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "solution": list(texts)}
    ...     return NotationDistance().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = NotationDistance().compare(side("1 + 2 = 3"), side("\\\\frac{1}{2} = 0.5"))
    >>> value.value, value.parts["operators"].n
    (0.5, 2)

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic fidelity; Lin 1991.
    """

    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 17

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("solution",)
    unit: ClassVar[str] = "bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, symbolic fidelity; Lin 1991"

    def zero(self) -> Product:
        """No derivations."""
        counts = {name: Counts(self.size) for name in ("all", "operators", "commands")}
        return Product({**counts, "signs": Quantiles(), "lines": Quantiles(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the signs of each derivation."""
        texts = pl.DataFrame({"text": pl.Series(batch["solution"], dtype=pl.String)}).drop_nulls()
        found = texts.select(
            sign=pl.col("text").str.extract_all(_SIGN), lines=pl.col("text").str.count_matches("\n", literal=True)
        )
        signs = found["sign"].explode().drop_nulls()
        command = signs.str.starts_with("\\") if len(signs) else pl.Series([], dtype=pl.Boolean)
        absent = ~valid_mask(batch["solution"])
        unreadable = int((absent & valid_mask(batch[FAULT])).sum())
        skipped = {"no solution": int(absent.sum()) - unreadable, "unreadable": unreadable}
        return Product(
            {
                "all": Counts.of(_hashes(signs), self.size),
                "operators": Counts.of(_hashes(signs.filter(~command)), self.size),
                "commands": Counts.of(_hashes(signs.filter(command)), self.size),
                "signs": Quantiles.of(found["sign"].list.len().to_numpy()),
                "lines": Quantiles.of(found["lines"].to_numpy() + 1),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The divergence of all signs; its parts."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if state["all"].total == 0:
                return Value.missing(f"no solution of the {side} has an operator or a LaTeX command", skipped)
        value = jensen_shannon(subject["all"], reference["all"], "signs", "")
        parts = {
            name: jensen_shannon(subject[name], reference[name], name, f"no solution of the {{side}} has {name}")
            for name in ("operators", "commands")
        }
        parts["same_source"] = same_source(subject["all"], reference["all"], 0)
        for name in ("signs", "lines"):
            distance = kolmogorov_smirnov(subject[name], reference[name])
            parts[name] = bounded(subject[name], reference[name], distance or 0.0)
        drawn = {name: one.value for name, one in {"all": value, **parts}.items() if one.value is not None}
        bars = Bars(tuple(drawn), tuple(drawn.values()), "divergence (bits) or distance")
        return value.with_(n=subject["signs"].n, skipped=skipped, parts=parts, plot=bars)


def _hashes(signs: pl.Series) -> NDArray[np.uint64]:
    hashes: NDArray[np.uint64] = hash_array(pa.array(signs.to_list(), pa.string()))[:, 0]
    return hashes
