"""Programs that pass their tests however they are written."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio, Tally
from engine.value import Value
from operators.kernels.first_fault import SKIPPED, VALID, judged, nothing_judged, skipped_as, valid_share
from operators.kernels.rewrites import NAMES

_CODES = {name: at + 1 for at, name in enumerate(NAMES)}


@dataclass(frozen=True)
class MetamorphicInvariance(Metric[Product]):
    """The share of programs whose tests come to the same verdict however the program is written.

    ``programs none of whose rewrites changes the verdict / programs with a rewrite``. The rewrites mean the same: written down
    anew, local variables renamed, statements that do nothing put in, operands of ``==``, ``+`` and ``*`` exchanged where it is
    certain that this changes nothing, assignments of constants exchanged (`operators.kernels.rewrites`; run by
    `operators.features.rewrite_run`). A program that changes its verdict depends on its own names, lines or layout. Parts: by
    rewrite, the share of the programs to which it applies that keep their verdict. Skipped: no program or tests; no rewrite
    could be judged (no syntax tree, over 50,000 characters, or over a limit). It is measured where the plan names it: no
    program is run unasked.

    0 to 1, higher is better, Wilson interval. Cost: six runs of the program.

    >>> columns = {"rewrites_kept": [["renamed"], []], "rewrites_broken": [[], ["renamed"]], "rewrites_error": ["", "E"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **columns})
    >>> value = MetamorphicInvariance().value(MetamorphicInvariance().fold(batch))
    >>> value.value, value.parts["renamed"].value, value.evidence[0].note
    (0.5, 0.5, 'E')

    Source: Wang et al. 2022, "ReCode" (arXiv 2212.10264), section 3; Chen, Cheung and Yiu 1998, "Metamorphic Testing".
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("rewrites_kept", "rewrites_broken", "rewrites_error")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2212.10264, section 3"

    def zero(self) -> Product:
        """No programs."""
        return nothing_judged() + Product({"broken": Tally(), "kept": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the first rewrite that changes each verdict."""
        kept, broken, errors = (batch[column].to_pylist() for column in self.reads)
        undecided = [ran is not None and not ran and not lost for ran, lost in zip(kept, broken, strict=True)]
        rows = [row for row, none in enumerate(undecided) if not none]
        codes = np.array(
            [SKIPPED if kept[at] is None else _CODES[broken[at][0]] if broken[at] else VALID for at in rows], np.int64
        )
        state = judged(
            batch.take(pa.array(rows, pa.int64())), codes, NAMES, lambda at: errors[rows[at]], "no program or no tests"
        )
        counts = {
            "broken": Tally(dict(Counter(name for each in broken for name in each or ()))),
            "kept": Tally(dict(Counter(name for each in kept for name in each or ()))),
        }
        return skipped_as(state + Product(counts), "no rewrite could be judged", sum(undecided))

    def value(self, state: Product) -> Value:
        """The share that is invariant."""
        counted = {name: (state["kept"][name], state["broken"][name]) for name in NAMES}
        parts = {name: Ratio(kept, kept + broken).share() for name, (kept, broken) in counted.items() if kept + broken}
        return valid_share(state, "no record has a program with tests and a rewrite that could be judged").with_(parts=parts)
