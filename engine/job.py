"""What every worker of an audit needs to know, and where its files are in OUT."""

from dataclasses import dataclass

from engine.errors import AuditorError
from engine.graph import Graph, Pass
from engine.plan import Plan
from engine.schema import Side
from engine.source.dataset import Dataset
from engine.source.manifest import Manifest
from engine.store import Store


@dataclass(frozen=True)
class Job:
    """A plan with its graph, bound to OUT. Small and picklable: manifests are read from OUT."""

    plan: Plan
    graph: Graph
    out: str
    strict: bool = False

    @property
    def store(self) -> Store:
        """OUT."""
        return Store(self.out)

    def manifest(self, side: Side) -> Manifest:
        """The frozen manifest of a side, read from OUT."""
        return Manifest.from_json(self.store.read_json(manifest_file(side)))

    def dataset(self, side: Side) -> Dataset:
        """The dataset of a side that the plan has."""
        dataset = self.plan.dataset(side)
        if dataset is None:
            raise AuditorError(f"the plan has no {side}")
        return dataset

    def step(self, name: str) -> Pass:
        """A pass by its name."""
        return next(step for step in self.graph.passes if step.name == name)


def manifest_file(side: Side) -> str:
    """Where a side's manifest is."""
    return f"manifest.{side}.json"


def state_file(step: str, unit: int) -> str:
    """Where the states of a unit are: its commit record."""
    return f"states/{step}/{unit:08d}.json.zst"


def merged_file(step: str, level: int, part: int) -> str:
    """Where the states of a run of units, merged, are."""
    return f"states/{step}.merged/{level}.{part:08d}.json.zst"


def block_file(relation: str, side: str, unit: int) -> str:
    """Where the rows are that a unit emits into an exchange, one record batch a partition."""
    return f"exchange/{relation}/{side}/{unit:08d}.arrow"


def group_file(relation: str, partition: int) -> str:
    """Where the columns are that a partition gave, one record batch a range of units."""
    return f"exchange/{relation}/grouped/{partition:08d}.arrow"


def column_file(relation: str, unit: int) -> str:
    """Where the columns of a relation lie beside a unit, row by row."""
    return f"columns/{relation}/{unit:08d}.arrow"


def laid_file(relation: str, item: int) -> str:
    """The commit record of a range of units whose columns are all laid."""
    return f"columns/{relation}/range.{item:08d}.json"
