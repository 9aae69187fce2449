"""How much of the data is programs of named benchmarks with other names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.masking import masked
from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value
from operators.benchmark.hits import hits_state, hits_value, no_hits


@dataclass(frozen=True)
class AstContamination(Metric[Product]):
    """The share of programs with a function, or a module, whose syntax tree is that of a benchmark's solution.

    ``programs with a hit / programs compared``, by `operators.features.benchmark_programs`, whose parameters stand under
    ``[features.benchmark_programs]``. Trees are compared without comments, docstrings, annotations and layout, and with the
    names that a program gives itself numbered: a copy with every variable renamed is found, one whose ``for`` was made a
    ``while`` is not. Functions and modules below ``least_nodes`` are not compared. Parts, by benchmark: the share of programs,
    and the share of the benchmark's items that some program repeats; and the share of programs with all of an item. Skipped: no
    program, no Python (its parser is the running CPython's), too large, nested too deep, nothing with nodes enough.

    0 to 1, lower is better, Wilson interval; shares of items are exact. Cost: 0.3 to 0.8 MB/s a core.

    >>> import json
    >>> hit = {"benchmark": 0, "item": 7, "nodes": 44, "whole": True, "name": "f"}
    >>> sizes = pa.array([json.dumps([{"name": "humaneval", "items": 164}])] * 3).dictionary_encode()
    >>> columns = {"program_hits": [[hit], [], None], "program_fault": [None, None, "small"], "program_sizes": sizes}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], **columns})
    >>> value = AstContamination().value(AstContamination().fold(batch))
    >>> value.value, value.skipped, value.evidence[0].note
    (0.5, {'small': 1}, 'humaneval, item 7: all of it, 44 nodes, as f')

    Source: Yang et al. 2023 (arXiv 2311.04850), section 3; Baxter et al. 1998 for clones by syntax trees.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("program_hits", "program_sizes", "program_fault")
    unit: ClassVar[str] = "share of programs"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2311.04850, section 3"

    def zero(self) -> Product:
        """No programs."""
        return no_hits()

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count programs and items with a hit; the programs with the largest trees in common are evidence."""
        faults = batch["program_fault"]
        counts = pc.value_counts(faults.drop_null()).to_pylist()
        absent = int(np.count_nonzero(pc.and_(batch["program_hits"].is_null(), faults.is_null())))
        skipped = {count["values"].replace("_", " "): count["counts"] for count in counts}
        return hits_state(batch, ("program_hits", "program_sizes"), "nodes", _note, {**skipped, "no program": absent})

    def value(self, state: Product) -> Value:
        """The share of programs, and by benchmark."""
        return hits_value(state, "no record has a program that can be compared")


def _note(hit: Mapping[str, Any], benchmark: str) -> str:
    part = "all of it" if hit["whole"] else "a function of it"
    name = f", as {masked(hit['name'][:60])}" if hit["name"] else ""
    return f"{benchmark}, item {hit['item']:,}: {part}, {hit['nodes']:,} nodes{name}"
