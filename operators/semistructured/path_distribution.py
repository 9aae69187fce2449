"""Which paths JSON documents have, and what stands there, beside real documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.masking import masked
from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import CellsBy, Product
from engine.value import Bars, Value
from operators.kernels.divergence import aligned, divergence, kolmogorov_smirnov, total_variation
from operators.kernels.hashing import mix
from operators.kernels.json_paths import ARRAY, shown
from operators.semistructured._documents import HELD, NUMBERS, Documents, counts_of, paths_of, skipped_of

_SHOWN = 20


@dataclass(frozen=True)
class PathDistribution(Documents, Comparison[Product]):
    """The Jensen-Shannon divergence of the documents' paths and kinds of value from the reference's, in bits.

    A path is the keys down to a value, any element of an array in one step (``$.orders[].id``); a kind is null, boolean,
    integer, number, string, object or array. A whole number is an integer however it is written (``1``, ``1.0``, ``1e0``). A
    document counts once for each pair of path and kind that it has, and ``JSD(P, Q)`` is that of the shares of the pairs.
    So a field that is null, absent or of another type are three different things.

    Parts: ``presence``, the mean difference of the shares of documents that have a path, over all paths of either side; and
    ``values``, the mean distance of the values at the paths that both have: Kolmogorov-Smirnov's of the numbers (as said by
    buckets of 0.5 % width, so at most the share of one bucket too small), total variation of strings (by 256 cells of their
    hashes, a lower bound) and booleans. The worst 20 of these are parts by name. Skipped: null, documents that are not strict
    JSON (`semistructured.strict_json`) and those of more than 262,144 values.

    0 to 1, lower is better; interval of the divergence: normal, by the delta method, pairs taken as independent. Beyond
    ``paths`` distinct paths the ones with the smallest hash are compared: an estimate. Two samples of the same source are above
    0 by chance, the more the rarer their paths are. Cost: about 15 MB/s a core; up to 10 MB of state.

    >>> import pyarrow as pa
    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "json": list(texts)}
    ...     return PathDistribution().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = PathDistribution().compare(side('{"a": 1}', '{"a": 2}'), side('{"a": 1}', '{"a": null}'))
    >>> round(value.value, 3), value.parts["presence"].value, value.parts["values at $.a"].value
    (0.156, 0.0, 0.5)

    Source: Lin 1991; The LLM Data Auditor (arXiv 2601.17717), semi-structured fidelity.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lin 1991"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The divergence of paths and kinds."""
        skipped = skipped_of(subject)
        for side, state in (("subject", subject), ("reference", reference)):
            if not state["seen"]["read"]:
                return Value.missing(f"no record of the {side} has a JSON document", skipped)
        value, sampled = of_kinds(subject["kinds"], reference["kinds"])
        names = {key: masked(shown(path)) for state in (reference, subject) for key, path in paths_of(state).items()}
        presences = {f"presence of {names[key]}": part for key, part in _presences(subject, reference) if key in names}
        values = {f"values at {names[key]}": part for key, part in _values(subject, reference) if key in names}
        worst = dict(sorted((presences | values).items(), key=lambda item: (-(item[1].value or 0), item[0]))[:_SHOWN])
        parts = {"presence": _mean(list(presences.values())), "values": _mean(list(values.values())), **worst}
        bars = {name: part.value for name, part in worst.items() if part.value}
        return value.with_(
            n=subject["seen"]["read"],
            skipped=skipped,
            estimator="sample" if sampled else "exact",
            parts=parts,
            plot=Bars(tuple(bars), tuple(bars.values()), "distance from the reference") if bars else None,
        )


def of_kinds(subject: CellsBy, reference: CellsBy) -> tuple[Value, bool]:
    """The divergence of the pairs of path and kind, and whether it is one of a sample of the paths."""
    last = min((int(side.key[-1]) for side in (subject, reference) if side.dropped), default=(1 << 64) - 1)
    sides = []
    for side in (subject, reference):
        chosen = (side.cell <= ARRAY) & (side.key <= np.uint64(last))
        pairs = _pairs(side.key[chosen], side.cell[chosen])
        order = np.argsort(pairs)
        sides.append((pairs[order], side.count[chosen][order]))
    a, b = aligned(*sides)
    if not a.sum() or not b.sum():
        return Value.exact(1.0, int(a.sum() + b.sum())), True
    return divergence(a, b), bool(subject.dropped or reference.dropped)


def _pairs(key: NDArray[np.uint64], cell: NDArray[np.int64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = mix(key + cell.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return mixed


def _presences(subject: Product, reference: Product) -> Iterator[tuple[int, Value]]:
    """For each path of either side the difference of the shares of documents that have it."""
    sides = [(counts_of(state["kinds"], HELD), state["seen"]["read"]) for state in (subject, reference)]
    (mine, n), (theirs, of) = sides
    for key in sorted({*mine, *theirs}):
        yield key, Value.exact(abs(mine.get(key, 0) / n - theirs.get(key, 0) / of), n)


def _values(subject: Product, reference: Product) -> Iterator[tuple[int, Value]]:
    """For each path that both have values of one sort at, the greatest distance of a sort."""
    mine, theirs = subject["values"], reference["values"]
    for key in np.intersect1d(mine.known, theirs.known).tolist():
        sides = [_at(state, key) for state in (mine, theirs)]
        distances = []
        for sort in range(3):
            a, b = aligned(*((cells[cells % 3 == sort], counts[cells % 3 == sort]) for cells, counts in sides))
            if a.sum() and b.sum():
                distances.append((kolmogorov_smirnov if sort == NUMBERS else total_variation)(a, b))
        if distances:
            yield key, Value.exact(max(distances), int(sides[0][1].sum())).with_(estimator="sketch")


def _at(state: CellsBy, key: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start, stop = np.searchsorted(state.key, np.uint64(key)), np.searchsorted(state.key, np.uint64(key), side="right")
    return state.cell[start:stop], state.count[start:stop]


def _mean(values: list[Value]) -> Value:
    measured = [value.value for value in values if value.value is not None]
    if not measured:
        return Value.missing("there is no path with values on both sides")
    return Value.exact(sum(sorted(measured)) / len(measured), len(measured))
