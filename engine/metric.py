"""What a metric is: a fold over record batches into a state that merges, and a value made from the state.

A metric is a frozen dataclass whose fields are its parameters. Its name is its module's path below ``operators``; there is
no list to add it to. It may not depend on how the records were cut into batches.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import pyarrow as pa
from pydantic import ConfigDict

from engine.schema import Dimension, Direction, Modality, Side
from engine.state import State
from engine.value import Value

S = TypeVar("S", bound=State)


@dataclass(frozen=True)
class FoldCost:
    """What a fold costs, from measured slopes.

    Args:
        record_seconds: CPU seconds a record, beside those of reading it.
        state_bytes: the most that the state holds, however many records there are.
        value_seconds: CPU seconds of the values of all metrics that share the state.
    """

    record_seconds: float
    state_bytes: int
    value_seconds: float = 0.0


class Fold(ABC, Generic[S]):
    """The half that metrics and comparisons share: what is read, and how batches become a state.

    Class variables:
        version: raised by one whenever the meaning of the number changes.
        dimension: the cell of the survey's grid, or one for each modality.
        reads: logical columns, or columns that a feature or a relation writes. Only these are read at all.
        may_read: logical columns that are read where the dataset has them; else the batch lacks them.
        needs: sides besides the subject that must be in the plan.
        uses: sides that are taken in where the plan has them (a holdout as baseline).
        requires: importable packages beyond the project's own dependencies.
        unit: of the value, in words ("share of records").
        range: least and greatest possible value; ``math.inf`` where there is no bound.
        direction: which way is better.
        source: the paper and section that define it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: ClassVar[int] = 1
    dimension: ClassVar[Dimension | Mapping[Modality, Dimension]]
    reads: ClassVar[tuple[str, ...]]
    may_read: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[Side, ...]] = ()
    uses: ClassVar[tuple[Side, ...]] = ()
    requires: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str]
    range: ClassVar[tuple[float, float]]
    direction: ClassVar[Direction]
    source: ClassVar[str]

    @abstractmethod
    def zero(self) -> S:
        """The state of no records."""

    @abstractmethod
    def fold(self, batch: pa.RecordBatch) -> S:
        """The state of the batch's records. ``batch`` has the columns of ``reads``, ``_id`` and ``_fault``."""

    @property
    def shares(self) -> str:
        """The name of its state, where metrics with the same one fold the same columns into the same state: folded once."""
        return ""

    def account(self, counts: Mapping[str, int]) -> S:  # noqa: ARG002
        """The state of what the rounds of the relations behind it counted; added once to that of the records."""
        return self.zero()

    def cost(self, columns: int, records: int) -> FoldCost | None:  # noqa: ARG002
        """What it costs for so many records a side of so many columns; None where that was not measured."""
        return None

    @classmethod
    def summary(cls) -> str:
        """The first line of its docstring, without markup."""
        return (cls.__doc__ or "").strip().split("\n")[0].replace("`", "")

    @classmethod
    def cell(cls, modality: Modality) -> Dimension:
        """The dimension under which the metric stands for a modality."""
        return cls.dimension[modality] if isinstance(cls.dimension, Mapping) else cls.dimension


class Metric(Fold[S]):
    """A number about the subject alone."""

    @abstractmethod
    def value(self, state: S) -> Value:
        """The number, or the reason why there is none."""


class Comparison(Fold[S]):
    """A number about the subject beside a reference: both sides are folded the same way."""

    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)

    @abstractmethod
    def compare(self, subject: S, reference: S) -> Value:
        """The number, or the reason why there is none."""


class HoldoutComparison(Comparison[S]):
    """A number about the subject beside a reference and a holdout: all three are folded the same way.

    One that can do without a holdout has it in ``uses``, one that cannot in ``needs``.
    """

    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)

    @abstractmethod
    def compare(self, subject: S, reference: S, holdout: S | None = None) -> Value:
        """The number, or the reason why there is none. ``holdout`` is None where the plan has none."""
