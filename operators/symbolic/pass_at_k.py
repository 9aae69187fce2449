"""The chance that one of k programs for a problem is right."""

import math
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Z95, Bins, Value

_EDGES = tuple(at / 10 for at in range(11))


@dataclass(frozen=True)
class PassAtK(Metric[Product]):
    """pass@k: the mean over problems of the chance that of ``k`` of their programs, drawn at random, one passes its tests.

    ``mean over problems of 1 - C(n - c, k) / C(n, k)`` with ``n`` programs for a problem (records with the same ``problem``),
    of which ``c`` pass: the unbiased estimator. Programs are run by `operators.features.test_run`. Problems with fewer than
    ``k`` programs are left out (counted as skipped). Of more than 65,536 problems those with the smallest hash are taken: a
    sample. Skipped too: records without a problem, a program or tests. Part ``problems_solved``: the share of problems with a
    program that passes.

    0 to 1, higher is better, normal interval over problems. Cost: nothing beside the runs.

    >>> columns = {"problem": ["a"] * 4 + ["b"] * 4, "test_status": ["passed", *["exception"] * 7]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(8), "_fault": pa.nulls(8, pa.string()), **columns})
    >>> PassAtK(k=2).value(PassAtK(k=2).fold(batch)).value
    0.25

    Source: Chen et al. 2021 (arXiv 2107.03374), section 2.1, equation 1.
    """

    k: Annotated[int, Field(ge=1, le=10_000)] = 10

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("problem", "test_status")
    unit: ClassVar[str] = "chance that one of k passes"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2107.03374, section 2.1"

    def zero(self) -> Product:
        """No problems."""
        return Product({"problems": RatioBy(1 << 16), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count programs and passes by problem."""
        statuses = batch["test_status"].to_pylist()
        problems = batch["problem"].to_pylist()
        names = [
            None if problem is None or status is None else blake2b(problem.encode(), digest_size=16).hexdigest()
            for problem, status in zip(problems, statuses, strict=True)
        ]
        skipped = names.count(None)
        passed = np.array([status == "passed" for status in statuses], bool)
        return Product(
            {
                "problems": RatioBy.of(pa.array(names, pa.string()), passed, 1 << 16),
                "skipped": Tally({"no problem, program or tests": skipped} if skipped else {}),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean of the estimator over the problems."""
        problems: RatioBy = state["problems"]
        skipped = dict(state["skipped"].nonzero())
        few = sum(n for _, n in problems.ratios.values() if n < self.k)
        if few:
            skipped[f"of problems with fewer than {self.k} programs"] = few
        enough = [(c, n) for c, n in problems.ratios.values() if n >= self.k]
        if not enough:
            return Value.missing(f"no problem has {self.k} programs with tests", skipped)
        chances = np.sort([pass_at_k(n, c, self.k) for c, n in enough])
        mean = math.fsum(chances) / len(chances)
        spread = float(np.std(chances, ddof=1)) if len(chances) > 1 else 0.5
        half = Z95 * spread / math.sqrt(len(chances))
        counts, _ = np.histogram(chances, _EDGES)
        solved = sum(c > 0 for c, _ in enough)
        return Value(
            mean,
            n=len(enough),
            low=max(0.0, mean - half),
            high=min(1.0, mean + half),
            estimator="sample" if problems.dropped else "exact",
            skipped=skipped,
            parts={"problems_solved": Value.exact(solved / len(enough), len(enough))},
            plot=Bins(_EDGES, tuple(map(float, counts)), "pass@k of a problem"),
        )


def pass_at_k(n: int, c: int, k: int) -> float:
    """``1 - C(n - c, k) / C(n, k)`` as a product, without large numbers.

    >>> pass_at_k(4, 1, 2), pass_at_k(10, 0, 3), pass_at_k(5, 4, 2)
    (0.5, 0.0, 1.0)
    """
    return 1.0 if n - c < k else 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))
