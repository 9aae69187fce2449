"""The shapes of graphs beside real graphs' shapes."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Bars, Value
from operators.kernels import mmd
from operators.kernels.graphs import Graphs, normalised_laplacian, triangles
from operators.kernels.hashing import hash_array
from operators.kernels.orbits import orbit_totals
from operators.semistructured._graphs import measured

_CLUSTERING_BINS, _SPECTRUM_BINS = 100, 200
_LOWEST = -1e-5
"""Where GRAN's bins of eigenvalues begin: an eigenvalue 0 is inside the first one, whichever way it is rounded."""

_MOST_SUBGRAPHS = 2_000_000
_STATISTICS = ("degree", "clustering", "spectrum")
_PUBLISHED = {"degree": 1.0, "clustering": 0.1, "spectrum": 1.0}
_ORBIT_SIGMA = 30.0

Histograms = NDArray[np.float64]


@dataclass(frozen=True)
class GraphMmd(Comparison[Product]):
    """The squared maximum mean discrepancy between the graphs of both sides, by degrees, clustering and spectrum.

    Each graph has three normalised histograms: of its nodes' degrees, of their clustering coefficients (100 bins) and of the
    eigenvalues of its normalised Laplacian (200 bins from -1e-5 to 2); loops, parallel edges and directions are left out. For
    each the kernel is ``exp(-|x - y|**2 / (2 sigma**2))`` of the padded histograms, sigma the median distance in the reference,
    and the estimate is the unbiased one, which is around 0 for equal sources and so may be negative. The value is that of the
    mean of the three kernels, which is the mean of the three.

    Parts: for each statistic its own estimate, ``sigma`` and the biased one; that of ``orbits`` (shares of the 15 orbits of
    subgraphs of up to four nodes; not in the value), ``p``, the share of 99 random splits of the pooled graphs that are as far
    apart. And for comparison the published numbers, which are biased: GRAN's (``Gaussian-TV``, sigma 1, 0.1 and 1, orbits
    ``Gaussian``, sigma 30) and GraphRNN's (``Gaussian-EMD`` of degrees and clustering, sigma 1 and 0.1). Beware of these:
    their kernels are not positive definite (six histograms that show it are in the tests), so that such an "MMD" can be
    negative, or 0 for different graphs; and being biased they depend on the number of graphs. GRAN's clustering is
    histogrammed here in whole numbers, and an eigenvalue that rounding puts above 2 is kept, where ``numpy.histogram`` drops
    it.

    The graphs are a sample of ``size`` distinct ones a side, by hash of content. Skipped: null, graphs that are not well
    formed, without a node, or with more than ``max_nodes``. Where a graph has more than 2 million connected subgraphs of
    four nodes its orbits are not counted, and the part is about the others.

    -2 to 2, lower is better; normal interval, too narrow near 0. Cost: n**3 operations for the spectrum of n nodes (0.1 ms at
    30, 0.2 s at 1,000), and 4 * size**2 comparisons of histograms at the end.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(*texts):
    ...     batch = pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(texts), pa.string()), "graph": texts})
    ...     return GraphMmd().fold(batch.append_column("graph_structure", GraphStructure().open()(batch)["graph_structure"]))
    >>> paths, triangles = side("0 1", "0 1\\n1 2", "0 1\\n1 2\\n2 3"), side("0 1\\n1 2\\n2 0", "0 1\\n1 2\\n2 0\\n2 3")
    >>> value = GraphMmd().compare(paths, triangles)
    >>> round(value.value, 3), round(value.parts["degree, Gaussian-TV"].value, 3)
    (0.665, 0.256)

    Source: You et al. 2018 (GraphRNN), section 4.3; Liao et al. 2019 (GRAN); O'Bray et al. 2022 (Evaluation Metrics for Graph
    Generative Models: Problems, Pitfalls, and Practical Solutions); Gretton et al. 2012.
    """

    size: Annotated[int, Field(ge=2, le=10_000)] = 1000
    max_nodes: Annotated[int, Field(ge=1, le=10_000)] = 1000

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure",)
    unit: ClassVar[str] = "squared discrepancy"
    range: ClassVar[tuple[float, float]] = (-2.0, 2.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "You et al. 2018; Liao et al. 2019; O'Bray et al. 2022"

    def zero(self) -> Product:
        """No graphs."""
        return Product({"sample": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw graphs, and keep of each its histograms."""
        graphs, kept, skipped = measured(batch, self.max_nodes)
        rows = pa.array(graphs.rows[kept])
        hashes = hash_array(batch["graph_structure"].take(rows))[:, 0]
        return Product({"sample": Sample.of(hashes, _Shapes(graphs, kept), self.size), "skipped": skipped})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The discrepancy of the mean kernel; that of each statistic as a part."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if state["sample"].records < 2:
                return Value.missing(f"the {side} has {state['sample'].records} graphs to measure, fewer than two", skipped)
        shapes, mine, theirs = _pooled(subject["sample"], reference["sample"])
        kernels: dict[str, mmd.Matrix] = {}
        parts: dict[str, Value] = {}
        for name in _STATISTICS:
            kernels[name], found = _statistic(name, _aligned([shape[name[0]] for shape in shapes]), mine, theirs)
            parts |= found
        parts |= _orbits([shape["o"] for shape in shapes], mine, theirs)
        mean: mmd.Matrix = sum(kernels.values(), np.zeros(1)) / len(kernels)
        parts["p"] = Value.exact(mmd.permutation_p(mean, mine, theirs), int(mine.sum()))
        bars = Bars(_STATISTICS, tuple(parts[name].value or 0.0 for name in _STATISTICS), "squared discrepancy")
        return mmd.estimated(mean, mine, theirs).with_(skipped=skipped, parts=parts, plot=bars)


class _Shapes:
    """The histograms of some graphs as texts, made only for those that are drawn."""

    def __init__(self, graphs: Graphs, kept: NDArray[np.int64]) -> None:
        self._graphs, self._kept = graphs, kept

    def __getitem__(self, at: int) -> str:
        return shape_of(self._graphs[int(self._kept[at])])


def shape_of(graph: Any) -> str:
    """Degrees, clustering, spectrum (value or bin and count) and the totals of the orbits (null where there are too many)."""
    degree, found = np.diff(graph.starts), triangles(graph.starts, graph.near)
    wedges = np.maximum(degree * (degree - 1) // 2, 1)
    clustering = np.minimum(found * _CLUSTERING_BINS // wedges, _CLUSTERING_BINS - 1)
    eigenvalues = np.linalg.eigvalsh(normalised_laplacian(graph))
    spectrum = np.floor((eigenvalues - _LOWEST) / (2 - _LOWEST) * _SPECTRUM_BINS).astype(np.int64)
    orbits, counted = orbit_totals(graph.starts, graph.near, found, _MOST_SUBGRAPHS)
    shape = {
        "d": _histogram(degree),
        "c": _histogram(clustering),
        "s": _histogram(np.clip(spectrum, 0, _SPECTRUM_BINS - 1)),
        "o": [len(degree), *orbits.tolist()] if counted else None,
    }
    return orjson.dumps(shape).decode()


def _histogram(values: Any) -> list[list[int]]:
    there, counts = np.unique(values, return_counts=True)
    return [there.tolist(), counts.tolist()]


def _pooled(subject: Sample, reference: Sample) -> tuple[list[Any], NDArray[np.int64], NDArray[np.int64]]:
    """The distinct graphs of both sides, and how many records of each side have each."""
    texts = {key: text for sample in (subject, reference) for key, _, text in sample.entries}
    counts = [{key: count for key, count, _ in sample.entries} for sample in (subject, reference)]
    keys = sorted(texts)
    mine, theirs = (np.array([of.get(key, 0) for key in keys], np.int64) for of in counts)
    return [orjson.loads(texts[key]) for key in keys], mine, theirs


def _aligned(histograms: list[Any]) -> tuple[NDArray[np.int64], Histograms]:
    """The values that occur, and each graph's shares of them."""
    support = np.unique(np.concatenate([np.array(values) for values, _ in histograms]))
    shares = np.zeros((len(histograms), len(support)))
    for row, (values, counts) in zip(shares, histograms, strict=True):
        row[np.searchsorted(support, values)] = np.array(counts) / sum(counts)
    return support, shares


def _statistic(
    name: str, aligned: tuple[NDArray[np.int64], Histograms], mine: NDArray[np.int64], theirs: NDArray[np.int64]
) -> tuple[mmd.Matrix, dict[str, Value]]:
    """The kernel of one statistic, and all that is said of it."""
    support, shares = aligned
    kernel, parts = _positive(name, shares, mine, theirs)
    n, sigma = int(mine.sum()), _PUBLISHED[name]
    variation = mmd.gaussian((mmd.l1_distances(shares) / 2) ** 2, sigma)
    parts[f"{name}, Gaussian-TV"] = Value.exact(mmd.biased(variation, mine, theirs), n)
    if name != "spectrum":
        scale = 1 if name == "degree" else _CLUSTERING_BINS
        below = np.cumsum(shares, axis=1)[:, :-1] * (np.diff(support) / scale)
        moved = mmd.gaussian(mmd.l1_distances(below) ** 2, sigma)
        parts[f"{name}, Gaussian-EMD"] = Value.exact(mmd.biased(moved, mine, theirs), n)
    return kernel, parts


def _positive(
    name: str, shares: Histograms, mine: NDArray[np.int64], theirs: NDArray[np.int64]
) -> tuple[mmd.Matrix, dict[str, Value]]:
    squared, n = mmd.squared_distances(shares), int(mine.sum())
    sigma = mmd.median_width(squared, theirs > 0)
    kernel = mmd.gaussian(squared, sigma)
    return kernel, {
        name: mmd.estimated(kernel, mine, theirs),
        f"{name}, biased": Value.exact(mmd.biased(kernel, mine, theirs), n),
        f"{name}, sigma": Value.exact(sigma, n),
    }


def _orbits(orbits: list[Any], mine: NDArray[np.int64], theirs: NDArray[np.int64]) -> dict[str, Value]:
    counted = np.array([one is not None for one in orbits])
    mine, theirs = mine[counted], theirs[counted]
    if min(mine.sum(), theirs.sum()) < 2:
        return {"orbits": Value.missing("fewer than two graphs of a side have few enough subgraphs to count")}
    totals = np.array([one for one in orbits if one is not None], np.float64)
    means, sums = totals[:, 1:] / totals[:, :1], np.maximum(totals[:, 1:].sum(axis=1, keepdims=True), 1)
    _, parts = _positive("orbits", totals[:, 1:] / sums, mine, theirs)
    published = mmd.gaussian(mmd.squared_distances(means), _ORBIT_SIGMA)
    return {**parts, "orbits, Gaussian": Value.exact(mmd.biased(published, mine, theirs), int(mine.sum()))}
