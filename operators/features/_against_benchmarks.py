"""What features that hold records against named benchmarks share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.feature import Feature
from operators.benchmark import items
from operators.benchmark.items import BenchmarkError


@dataclass(frozen=True)
class AgainstBenchmarks(Feature):
    """A feature with benchmarks: small, they are loaded once a worker, and every record is looked up while it streams by.

    Args:
        benchmarks: by name, where each is: JSON lines, a JSON array, Parquet, CSV or TSV (compressed too), a file or a glob on
            any fsspec filesystem. A relative path counts from where the audit is started.
        columns: which of a benchmark's columns: of all of them, or by benchmark.
    """

    benchmarks: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()

    unasked: ClassVar[str] = "it holds the data against the benchmarks that are named there"

    def obstacle(self) -> str | None:
        """What is wrong with the benchmarks."""
        if not self.benchmarks:
            return f'needs benchmarks: give [features.{self._name}] benchmarks = {{ gsm8k = "PATH" }}'
        if isinstance(self.columns, Mapping) and (unknown := [name for name in self.columns if name not in self.benchmarks]):
            return f"columns are given for '{unknown[0]}', which is none of the benchmarks"
        try:
            for name, path in self.benchmarks.items():
                items.require(path, self.asked(name))
        except BenchmarkError as error:
            return str(error)
        return None

    def identity(self) -> Mapping[str, Any]:
        """The content of the benchmarks."""
        return {"benchmarks": {name: items.identity(path) for name, path in sorted(self.benchmarks.items())}}

    def asked(self, benchmark: str) -> Sequence[str]:
        """The columns asked of a benchmark; none where the choice is the feature's."""
        return self.columns.get(benchmark, ()) if isinstance(self.columns, Mapping) else self.columns

    @property
    def _name(self) -> str:
        return type(self).__module__.rsplit(".", 1)[-1]
