"""What a feature is: columns added to a batch, computed once however many metrics read them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

Columns = Mapping[str, pa.Array]


@dataclass(frozen=True)
class Resources:
    """What one worker of a stage holds while it runs. Where it runs bears no identity: it is in no fingerprint."""

    cpus: float = 1.0
    gpus: float = 0.0

    def __or__(self, other: "Resources") -> "Resources":
        """The least that satisfies both.

        >>> Resources(1, 0) | Resources(0.5, 1)
        Resources(cpus=1, gpus=1)
        """
        return Resources(max(self.cpus, other.cpus), max(self.gpus, other.gpus))


class Feature(ABC):
    """Adds columns to a batch: tokens, a language, an embedding.

    ``open`` is called once per worker: it loads the model, whatever that costs, and returns what is called for every batch.
    Rows are independent: the columns of a record may not depend on its batch. A null input gives a null output.

    Class variables:
        reads: logical columns, or columns that other features write.
        writes: the columns added, with their types.
        faults: the column among ``writes`` that says why a record cannot be read; such a record is quarantined.
        requires: importable packages beyond the project's own dependencies.
        resources: what one worker holds.
    """

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]]
    writes: ClassVar[Mapping[str, pa.DataType]]
    faults: ClassVar[str | None] = None
    requires: ClassVar[tuple[str, ...]] = ()
    resources: ClassVar[Resources] = Resources()

    @abstractmethod
    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load what is needed; return the function from a batch to the columns of ``writes``."""
