"""What a metric is: a fold over record batches into a state that merges, and a value made from the state.

A metric is a frozen dataclass whose fields are its parameters. Its name is its module's path below ``operators``; there is
no list to add it to. It may not depend on how the records were cut into batches.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import pyarrow as pa
from pydantic import ConfigDict

from engine.schema import Dimension, Direction, Modality, Side
from engine.state import State
from engine.value import Value

S = TypeVar("S", bound=State)


class Fold(ABC, Generic[S]):
    """The half that metrics and comparisons share: what is read, and how batches become a state.

    Class variables:
        version: raised by one whenever the meaning of the number changes.
        dimension: the cell of the survey's grid, or one for each modality.
        reads: logical columns, or columns that a feature or a relation writes. Only these are read at all.
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

    def account(self, counts: Mapping[str, int]) -> S:  # noqa: ARG002
        """The state of what the rounds of the relations behind it counted; added once to that of the records."""
        return self.zero()

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
