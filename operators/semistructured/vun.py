"""Graphs that are valid, new and there only once."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import FAULT, Dimension, Direction
from engine.state import Product, Ratio, Sample, Tally
from engine.value import Bars, Estimator, Value, wilson
from operators.kernels.buffers import valid_mask
from operators.kernels.canonical_graph import canonical
from operators.kernels.first_fault import SKIPPED, VALID
from operators.kernels.graphs import Graphs, components, graphs_of
from operators.kernels.hashing import hash_array
from operators.semistructured.graph_wellformed import GraphWellformed, Property

_UNDECIDED = "?"
_LOW_BITS = np.uint64((1 << 24) - 1)


@dataclass(frozen=True)
class Vun(Comparison[Product]):
    """The share of the subject's graphs that are valid, unique and novel (V.U.N.).

    ``different valid graphs that the reference does not have / graphs``. Graphs are the same where they are isomorphic: with
    the labels of their nodes and the directions of their edges, without loops and parallel edges. Valid are those that are
    well formed (`semistructured.graph_wellformed`, with its ``require``). Parts: ``valid``, the share of graphs that are;
    ``unique``, different graphs per valid graph; ``novel``, the share of the different ones that the reference lacks;
    ``undecided``.

    Isomorphism is decided by colour refinement (1-WL) and, where that leaves ties, by a search for a canonical form, which
    ends after ``steps``. Graphs undecided so are still told apart from all with another refinement; one whose refinement is
    that of others is counted as neither unique nor novel, so that the number is a lower bound, and as ``undecided``. Novelty
    beside data that is not the generator's own says little: the reference should be what it was trained on. Skipped: null,
    too large to be read.

    0 to 1, higher is better; Wilson interval. Beyond ``size`` different graphs a side those with the smallest hashes stand
    for all. Cost: some 10 (n + m) log n steps a graph; a search in the worst case 50 ns for each of ``steps``.

    >>> from operators.features.graph_structure import GraphStructure
    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "graph": texts}
    ...     batch = pa.RecordBatch.from_pydict(columns)
    ...     for name, column in GraphStructure().open()(batch).items():
    ...         batch = batch.append_column(name, column)
    ...     return Vun().fold(batch)
    >>> made = side("a b\\nb c", "0 2\\n2 1", "0 1\\n1 2\\n2 0", "0 0")
    >>> value = Vun().compare(made, side("x y\\ny z\\nz x"))
    >>> value.value, value.parts["valid"].value, round(value.parts["unique"].value, 3), value.parts["novel"].value
    (0.25, 0.75, 0.667, 0.5)

    Source: You et al. 2018 (GraphRNN); Vignac et al. 2023 (DiGress), section 7; McKay 1981 (Practical graph isomorphism).
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 14
    steps: Annotated[int, Field(ge=0, le=1 << 34)] = 2_000_000
    require: tuple[Property, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("graph_structure", "graph_reading")
    unit: ClassVar[str] = "share of graphs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Vignac et al. 2023 (DiGress), section 7"

    def zero(self) -> Product:
        """No graphs."""
        return Product({"valid": Ratio(), "forms": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge the graphs and put the valid ones into their canonical form."""
        codes, undecided = GraphWellformed(require=self.require).codes(batch)
        seen, small = codes != SKIPPED, undecided == ""
        unreadable = int(np.count_nonzero(valid_mask(batch[FAULT]) & ~seen))
        reasons = {"null": int(np.count_nonzero(~seen & small)) - unreadable, "unreadable": unreadable}
        reasons |= {
            str(reason): int(np.count_nonzero(undecided == reason)) for reason in np.unique(undecided[~small].astype(str))
        }
        structures = batch["graph_structure"].filter(pa.array(codes == VALID))
        return Product(
            {
                "valid": Ratio(int(np.count_nonzero(codes == VALID)), int(np.count_nonzero(seen))),
                "forms": _forms(graphs_of(structures), hash_array(structures)[:, 0], self.size, self.steps),
                "skipped": Tally({reason: count for reason, count in reasons.items() if count}),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share, and what it is made of."""
        valid: Ratio = subject["valid"]
        skipped = subject["skipped"].nonzero()
        if valid.n == 0:
            return Value.missing("no record has a graph", skipped)
        if not reference["forms"].entries:
            return Value.missing("the reference has no graph that is well formed", skipped)
        return _valued(valid, *_counted(subject["forms"], reference["forms"])).with_(skipped=skipped)


def _forms(graphs: Graphs, structures: NDArray[np.uint64], size: int, steps: int) -> Sample:
    """The forms of some graphs: their refinement in the upper bits of a key, in the lower those of the canonical form.

    A form that was not found is marked, and what stands for it is the structure as it is written.
    """
    keys, marks = np.empty(len(graphs.rows), np.uint64), []
    for at in range(len(graphs.rows)):
        graph = graphs[at]
        component, _ = components(graph.starts, graph.near)
        forest = len(graph.near) // 2 == len(component) - int(component.max(initial=-1)) - 1
        digest, code, decided = canonical(*graph, forest, steps)
        keys[at] = (np.uint64(digest) & ~_LOW_BITS) | ((np.uint64(code) if decided else structures[at]) & _LOW_BITS)
        marks.append("" if decided else _UNDECIDED)
    return Sample.of(keys, marks, size)


def _classes(sample: Sample, most: int | None) -> dict[int, list[tuple[int, int, bool]]]:
    """Of each refinement up to the greatest that both sides have whole: key, records and whether the form is known."""
    found = defaultdict(list)
    for key, count, mark in sample.entries:
        if most is None or key >> 24 < most:
            found[key >> 24].append((key, count, mark != _UNDECIDED))
    return found


def _counted(subject: Sample, reference: Sample) -> tuple[int, int, int, int, bool]:
    """Of the subject's valid graphs those looked at, the different ones, those of them that are novel, and the undecided."""
    full = [sample.entries[-1][0] >> 24 for sample in (subject, reference) if len(sample.entries) == sample.size]
    most = min(full, default=None)
    theirs = _classes(reference, most)
    records = different = novel = undecided = 0
    for refinement, forms in _classes(subject, most).items():
        records += sum(count for _, count, _ in forms)
        others = theirs.get(refinement, [])
        for key, count, known in forms:
            alone = known or (len(forms) == 1 and not others)
            undecided += 0 if alone else count
            different += alone
            mine = any(key == other for other, _, _ in others)
            unclear = any(not found for _, _, found in others)
            novel += alone and not mine and not unclear
            undecided += count if alone and unclear and not mine else 0
    return records, different, novel, undecided, most is None


def _valued(valid: Ratio, records: int, different: int, novel: int, undecided: int, whole: bool) -> Value:
    if records == 0:
        nothing = "none of the graphs is valid" if whole else "too few different graphs were kept to compare"
        if not whole:
            return Value.missing(nothing)
        return valid.share().with_(reason=nothing, parts={"valid": valid.share()})
    share = valid.hits / valid.n * novel / records
    low, high = wilson(round(share * valid.n), valid.n)
    parts: dict[str, Any] = {
        "valid": valid.share(),
        "unique": Ratio(different, records).share(),
        "novel": Ratio(novel, different).share("no graph is known to be different"),
        "undecided": Ratio(undecided, records).share(),
    }
    bars = Bars(("valid", "unique", "novel"), tuple(parts[name].value or 0.0 for name in ("valid", "unique", "novel")), "share")
    said = f"a lower bound: {undecided:,} graphs are undecided" if undecided else None
    estimator: Estimator = "exact" if whole else "sample"
    return Value(share, valid.n, min(low, share), max(high, share), said, estimator, parts=parts, plot=bars)
