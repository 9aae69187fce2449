"""Whether counts that an analyst asks of the data are those of the reference."""

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction, Side
from engine.value import Z95, Bars, Value
from operators.kernels.mixed_distance import NOMINAL, NOTHING
from operators.table.models import Floats
from operators.table.scaled import Rows, Sides
from operators.tabular._sampled import SampledSides, effective, seeded

_BINS, _SHOWN = 10, 20


@dataclass(frozen=True)
class MarginalQueries(SampledSides):
    """Mean difference of the answers to random counting queries, as shares: on the data and on the reference.

    A query is "how many records have these cells" in one, two or three columns (``ways`` at most), the cells being those of a
    random record of the reference, so that what is frequent is asked for often; numbers and times count by tenths of the
    reference. The value is the mean of ``|share in the data - share in the reference|``. Parts: the same by number of columns;
    the mean that two samples of one table as large as these would have, ``sqrt(2/pi p (1 - p) (1/n + 1/m))``, below which
    nothing is wrong; the relative error ``|difference| / share in the reference``. Interval: of the mean over the queries
    drawn. The plot has the columns whose queries are furthest off.

    0 to 1, lower is better.

    Cost: the shared pass, then about a second for 1,000 queries on 20,000 rows of either side.

    >>> import pyarrow as pa
    >>> def side(*sexes):
    ...     rows, ids = pa.array([{"sex": sex} for sex in sexes]), pa.array(range(len(sexes)))
    ...     faults = pa.nulls(len(sexes), pa.string())
    ...     return MarginalQueries().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> MarginalQueries().compare(side("m", "m", "m", "f"), side("m", "f")).value
    0.25

    Source: McKenna et al. 2021, "Winning the NIST contest", section 2; NIST, SDNist k-marginal.
    """

    queries: Annotated[int, Field(ge=1, le=100_000)] = 1000
    ways: Annotated[int, Field(ge=1, le=8)] = 3

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "mean difference of shares"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "McKenna et al. 2021, section 2"

    def of(self, sides: Sides) -> Value:
        """The mean over the queries."""
        data, real = _codes(sides.subject, sides.reference), _codes(sides.reference, sides.reference)
        draw, d = seeded(sides.reference), len(sides.names)
        ways = draw.integers(1, min(self.ways, d) + 1, self.queries)
        columns = [draw.permutation(d)[:way] for way in ways.tolist()]
        asked = draw.choice(len(sides.reference), self.queries, p=sides.reference.counts / sides.reference.records)
        shares = np.array(
            [
                [
                    _share(codes, rows.counts, real[row, of], of)
                    for codes, rows in ((data, sides.subject), (real, sides.reference))
                ]
                for of, row in zip(columns, asked.tolist(), strict=True)
            ]
        )
        off, p = np.abs(shares[:, 0] - shares[:, 1]), shares[:, 1]
        noise = 1 / effective(sides.subject.counts) + 1 / effective(sides.reference.counts)
        floor = np.sqrt(2 / math.pi * p * (1 - p) * noise)
        parts = {f"{way} column{'s' * (way > 1)}": _mean(off[ways == way]) for way in np.unique(ways).tolist()}
        parts |= {"expected of two samples of one table": _mean(floor), "relative error": _mean(off / p)}
        by = {name: off[[c in of for of in columns]] for c, name in enumerate(sides.names)}
        means = {name: float(each.mean()) for name, each in by.items() if len(each)}
        worst = sorted(means, key=lambda name: (-means[name], name))[:_SHOWN]
        plot = Bars(tuple(worst), tuple(means[name] for name in worst), "mean difference of queries with the column")
        return _mean(off).with_(parts=parts, plot=plot, estimator="sample")


def _mean(numbers: Floats) -> Value:
    """The mean with its interval over the queries."""
    mean = math.fsum(numbers) / len(numbers)
    half = Z95 * float(np.std(numbers)) / math.sqrt(len(numbers))
    return Value(mean, n=len(numbers), low=max(0.0, mean - half), high=mean + half)


def _share(codes: NDArray[np.int64], counts: NDArray[np.int64], wanted: NDArray[np.int64], columns: NDArray[np.int64]) -> float:
    agree = np.ones(len(codes), bool)
    for c, code in zip(columns.tolist(), wanted.tolist(), strict=True):
        agree &= codes[:, c] == code
    return float(counts[agree].sum()) / float(counts.sum())


def _codes(rows: Rows, like: Rows) -> NDArray[np.int64]:
    """(m, d) the cell of each value: tenths of the numbers of other rows, categories by their code, -1 for nothing."""
    out: NDArray[np.int64] = np.full(rows.values.shape, -1, np.int64)
    for c in range(rows.values.shape[1]):
        named = rows.kinds[:, c] == NOMINAL
        out[named, c] = rows.values[named, c].astype(np.int64) + _BINS + 1
        theirs = (like.kinds[:, c] != NOMINAL) & (like.kinds[:, c] != NOTHING)
        numeric = (rows.kinds[:, c] != NOMINAL) & (rows.kinds[:, c] != NOTHING)
        if theirs.any():
            held = np.repeat(like.values[theirs, c], np.minimum(like.counts[theirs], 1000))
            edges = np.unique(np.quantile(held, np.linspace(0, 1, _BINS + 1)[1:-1]))
            out[numeric, c] = np.searchsorted(edges, rows.values[numeric, c], side="right")
        else:
            out[numeric, c] = 0
    return out
