"""What programs are built of, beside real ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import FAULT, Dimension, Direction
from engine.state import Counts, Product, Quantiles, Tally
from engine.value import Bars, Value
from operators.kernels.hashing import hash_array
from operators.kernels.program_structure import Structure, structures
from operators.kernels.side_distances import bounded, jensen_shannon, kolmogorov_smirnov, same_source

_COUNTED = ("nodes", "operators", "calls")
_SIZES = ("lines", "depth", "complexity")


@dataclass(frozen=True)
class StructureDistance(Comparison[Product]):
    """The Jensen-Shannon divergence between what the subject's and the reference's Python programs are built of, in bits.

    ``JSD(P, Q) = KL(P || M) / 2 + KL(Q || M) / 2`` with ``M = (P + Q) / 2``, base 2, of the types of their syntax nodes
    (`operators.kernels.program_structure`). Parts: ``operators`` and ``calls``, the divergences of their operators and of the
    names that they call; ``same_source``, the mean divergence of node types when both sides are pooled and cut at random into
    two as large as these: the floor of the value; ``lines``, ``depth`` and ``complexity``, the Kolmogorov-Smirnov distances of
    non-blank lines, depth of the tree and McCabe's complexity a program. Names, comments and layout do not count for the value.
    Skipped: no program, over ``max_characters``, and what CPython does not parse: other languages too.

    0 to 1, lower is better. Intervals: of the divergences normal, by the delta method over nodes taken as independent, which
    nodes of one program are not, so too narrow; of the distances by Dvoretzky, Kiefer and Wolfowitz. Beyond ``size`` distinct
    names of calls on a side the divergence of calls is a lower bound, and says so. Cost: CPython's parser and one walk, about
    0.3 MB/s a core.

    >>> def side(*programs):
    ...     columns = {"_id": range(len(programs)), "_fault": pa.nulls(len(programs), pa.string()), "code": list(programs)}
    ...     return StructureDistance().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = StructureDistance().compare(side("x = 1 + 2", "x = f(1)"), side("y = 3 - 4", "y = g(2)"))
    >>> value.value, value.parts["operators"].value, value.parts["calls"].value
    (0.0, 1.0, 1.0)

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic fidelity; Lin 1991; McCabe 1976, "A Complexity Measure".
    """

    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 17
    max_characters: Annotated[int, Field(ge=1, le=1 << 22)] = 1 << 18

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("code",)
    unit: ClassVar[str] = "bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, symbolic fidelity; Lin 1991"

    def zero(self) -> Product:
        """No programs."""
        counted, sizes = {name: Counts(self.size) for name in _COUNTED}, {name: Quantiles() for name in _SIZES}
        return Product({**counted, **sizes, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the parts of each program."""
        codes, unreadable = batch["code"].to_pylist(), batch[FAULT].is_valid().to_pylist()
        long = [code is not None and len(code) > self.max_characters for code in codes]
        kept = [code for code, over in zip(codes, long, strict=True) if code is not None and not over]
        found = [structure for structure in structures(kept) if structure is not None]
        absent = [bad for code, bad in zip(codes, unreadable, strict=True) if code is None]
        skipped = {
            "no program": len(absent) - sum(absent),
            "unreadable": sum(absent),
            f"over {self.max_characters} characters": sum(long),
            "not Python": len(kept) - len(found),
        }
        return Product(
            {
                **{name: Counts.of(_hashes(found, name), self.size) for name in _COUNTED},
                **{name: Quantiles.of(np.array([getattr(one, name) for one in found], np.float64)) for name in _SIZES},
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The divergence of node types; of operators, calls and sizes as parts."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if state["lines"].n == 0:
                return Value.missing(f"no record of the {side} has a Python program", skipped)
        values = {
            name: jensen_shannon(
                subject[name], reference[name], f"the names of {name}", f"no program of the {{side}} has {name}"
            )
            for name in _COUNTED
        }
        parts = {name: values[name] for name in _COUNTED[1:]}
        parts["same_source"] = same_source(subject["nodes"], reference["nodes"], 0)
        for name in _SIZES:
            distance = kolmogorov_smirnov(subject[name], reference[name])
            parts[name] = bounded(subject[name], reference[name], distance or 0.0)
        drawn = {name: value.value for name, value in {"nodes": values["nodes"], **parts}.items() if value.value is not None}
        bars = Bars(tuple(drawn), tuple(drawn.values()), "divergence (bits) or distance")
        return values["nodes"].with_(n=subject["lines"].n, skipped=skipped, parts=parts, plot=bars)


def _hashes(found: list[Structure], name: str) -> NDArray[np.uint64]:
    names = [one for structure in found for one in getattr(structure, name)]
    hashes: NDArray[np.uint64] = hash_array(pa.array(names, pa.string()))[:, 0]
    return hashes
