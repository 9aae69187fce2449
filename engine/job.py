"""What every worker of an audit needs to know, and where its files are in OUT."""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from engine import catalog
from engine.corpus import Layout
from engine.errors import AuditorError
from engine.graph import Graph, Pass
from engine.plan import Plan
from engine.relation import Relation
from engine.schema import Side
from engine.source.dataset import Dataset
from engine.source.manifest import Manifest
from engine.store import Store


@dataclass(frozen=True)
class Job:
    """A plan with its graph, bound to OUT. Small and picklable: manifests are read from OUT, once by each worker."""

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
        if side not in self._manifests:
            self._manifests[side] = Manifest.from_json(self.store.read_json(manifest_file(side)))
        return self._manifests[side]

    @cached_property
    def _manifests(self) -> dict[Side, Manifest]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """What travels: not the manifests."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def dataset(self, side: Side) -> Dataset:
        """The dataset of a side that the plan has."""
        dataset = self.plan.dataset(side)
        if dataset is None:
            raise AuditorError(f"the plan has no {side}")
        return dataset

    def relation(self, name: str) -> Relation:
        """A relation with the plan's parameters."""
        return self.plan.relation(name)

    def known_rows(self, relation: str) -> list[list[int | None]]:
        """How many rows each unit of each earlier corpus has, where the relation keeps what can be compared."""
        if not catalog.relations()[relation].keeps:
            return []
        return [Store(out).read_json(corpus_file(relation))["rows"] for out in self.plan.known]

    def layout(self, relation: str) -> Layout:
        """Where the records that a relation compares stand: on the sides that it reads, and in earlier corpora."""
        units = {side: len(self.manifest(side).units) for side in self.graph.rereads[relation]}
        return Layout.of(units, [len(rows) for rows in self.known_rows(relation)])

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


def channel_folder(relation: str, round_name: str, channel: str) -> str:
    """Where the files of a channel are, one for each task of the round (or unit of the pass) that gives it."""
    return f"exchange/{relation}/{round_name}/{channel}"


def round_file(relation: str, round_name: str, item: int) -> str:
    """The commit record of a task of a round, with what it counted."""
    return f"rounds/{relation}/{round_name}/{item:08d}.json"


def kept_file(relation: str, side: str, unit: int) -> str:
    """Where the rows are that a relation keeps of a unit, for as long as OUT exists."""
    return f"kept/{relation}/{side}/{unit:08d}.arrow"


def counts_file(relation: str) -> str:
    """What all rounds of a relation counted: the commit record of its columns."""
    return f"columns/{relation}/counts.json"


def corpus_file(relation: str) -> str:
    """What the kept rows of the subject are and what they depend on."""
    return f"kept/{relation}/corpus.json"


def column_file(relation: str, unit: int) -> str:
    """Where the columns of a relation lie beside a unit, row by row."""
    return f"columns/{relation}/{unit:08d}.arrow"


def laid_file(relation: str, item: int) -> str:
    """The commit record of a range of units whose columns are all laid."""
    return f"columns/{relation}/range.{item:08d}.json"
