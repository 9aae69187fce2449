"""Which programs of named benchmarks a program is, whatever its names and layout."""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, NamedTuple

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns
from operators.benchmark import items
from operators.benchmark.hits import SIZES, sizes_column
from operators.features._against_benchmarks import AgainstBenchmarks
from operators.kernels.program_shapes import Shape, Shapes, program_shapes

HITS = pa.list_(
    pa.struct(
        [("benchmark", pa.int32()), ("item", pa.int32()), ("nodes", pa.int32()), ("whole", pa.bool_()), ("name", pa.string())]
    )
)
DEFAULT = ("prompt", "canonical_solution", "code", "solution")
"""The columns of programs in the benchmarks that are used most."""

Place = tuple[int, int, bool]
Index = Mapping[int, Sequence[Place]]
"""By digest: the benchmark, the item, and whether it is the item's module."""


@dataclass(frozen=True)
class BenchmarkPrograms(AgainstBenchmarks):
    """``program_hits``: the items of the benchmarks with a function, or a module, of the same shape as one of ``code``.

    A shape is a syntax tree without comments, docstrings, annotations and layout, its own names numbered in order
    (`operators.kernels.program_shapes`). Functions and modules of fewer than ``least_nodes`` nodes are not compared: anyone
    writes ``return a + b``. A hit has the benchmark's number, the item's row, the ``nodes`` of the largest shape in common,
    ``whole``: whether that is the item's module, and the ``name`` of the function. A shape that more than ``common`` items of
    a benchmark have is left out, and counted.

    ``program_fault`` says why a program was not compared: not_python, too_deep, too_large, or small, where nothing in it has
    nodes enough; it is null for one that was, as both are for a record without code. Cost: CPython's parser and a walk over
    its tree, 0.3 to 0.8 MB/s a core, under the GIL.

    Args:
        benchmarks: by name, where each is.
        columns: the columns that make up an item's program, a line break between them (HumanEval's prompt and
            canonical_solution); where that is no Python, each by itself. Default: those of prompt, canonical_solution, code
            and solution that the benchmark has.
        constants: whether numbers and strings have to be the same too.
        least_nodes, common: as above.
        max_bytes: larger programs are not parsed.

    Source: Yang et al. 2023 (arXiv 2311.04850), section 3, for what n-grams miss; Baxter et al. 1998 for trees.
    """

    constants: bool = True
    least_nodes: Annotated[int, Field(ge=1)] = 20
    common: Annotated[int, Field(ge=1)] = 10
    max_bytes: Annotated[int, Field(ge=1, le=1 << 24)] = 1 << 20

    reads: ClassVar[tuple[str, ...]] = ("code",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"program_hits": HITS, "program_fault": pa.string(), "program_sizes": SIZES}

    def obstacle(self) -> str | None:
        """What is wrong with the benchmarks, or that one has no column of programs."""
        if reason := super().obstacle():
            return reason
        lacking = [name for name in self.benchmarks if not self._columns_of(name)]
        return f"the benchmark {lacking[0]} has none of {', '.join(DEFAULT)}: say which columns" if lacking else None

    def identity(self) -> Mapping[str, Any]:
        """The content of the benchmarks, and the grammar."""
        return {**super().identity(), "python": f"{sys.version_info.major}.{sys.version_info.minor}"}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Read and parse the benchmarks."""
        index: dict[int, list[Place]] = defaultdict(list)
        sizes = []
        for at, name in enumerate(self.benchmarks):
            found = [self._item(row, self._columns_of(name)) for row in items.rows(self.benchmarks[name])]
            places: dict[int, list[Place]] = defaultdict(list)
            for item, shapes in enumerate(found):
                for digest, whole in {shape.digest: not shape.name for shape in reversed(shapes)}.items():
                    places[digest].append((at, item, whole))
            kept = {digest: held for digest, held in places.items() if len(held) <= self.common}
            for digest, held in kept.items():
                index[digest] += held
            left = {place[1] for held in kept.values() for place in held}
            lost = {
                "items that cannot be found": len(found) - len(left),
                "shapes too common to count": len(places) - len(kept),
            }
            sizes.append({"name": name, "items": len(found), **lost})
        return lambda batch: self._columns(index, sizes, batch["code"])

    def _columns_of(self, benchmark: str) -> Sequence[str]:
        known = items.columns_of(self.benchmarks[benchmark])
        return self.asked(benchmark) or [name for name in DEFAULT if name in known]

    def _item(self, row: Mapping[str, Any], columns: Sequence[str]) -> list[Shape]:
        """The shapes of an item, its module first."""
        texts = [text for name in columns if isinstance(text := row.get(name), str)]
        whole = self._shapes(["\n".join(texts)])[0]
        return list(whole.found) if not whole.fault else [shape for one in self._shapes(texts) for shape in one.found]

    def _shapes(self, programs: Sequence[str]) -> list[Shapes]:
        return program_shapes(programs, self.least_nodes, self.constants, self.max_bytes)

    def _columns(self, index: Index, sizes: list[dict[str, Any]], code: pa.Array) -> Columns:
        programs = code.to_pylist()
        shapes = iter(self._shapes([program for program in programs if program is not None]))
        found = [None if program is None else next(shapes) for program in programs]
        faults = [one and (one.fault or ("" if one.found else "small")) for one in found]
        hits = [
            None if one is None or fault else list(_hits(index, one.found)) for one, fault in zip(found, faults, strict=True)
        ]
        return {
            "program_hits": pa.array(hits, HITS),
            "program_fault": pa.array([fault or None for fault in faults], pa.string()),
            "program_sizes": sizes_column(sizes, len(programs)),
        }


class Hit(NamedTuple):
    """See `BenchmarkPrograms`."""

    benchmark: int
    item: int
    nodes: int
    whole: bool
    name: str


def _hits(index: Index, shapes: Sequence[Shape]) -> Iterator[dict[str, Any]]:
    """The largest shape in common with each item, in order of item."""
    best: dict[tuple[int, int], Hit] = {}
    for shape in shapes:
        for at, item, whole in index.get(shape.digest, ()):
            hit = Hit(at, item, shape.nodes, whole, shape.name)
            best[at, item] = max(best.get((at, item), hit), hit, key=lambda one: (one.nodes, one.whole, one.name))
    return (best[place]._asdict() for place in sorted(best))
