"""What a feature is: columns added to a batch, computed once however many metrics read them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import ConfigDict

Columns = Mapping[str, pa.Array]

WORKER_BYTES = 500_000_000
"""What a process takes that has loaded what folds need and holds a batch of texts, measured."""

_ATTEMPT: ContextVar[int] = ContextVar("attempt", default=0)


def attempt() -> int:
    """How many workers have died at the unit that is being processed: a feature with a model takes smaller batches then."""
    return _ATTEMPT.get()


@contextmanager
def attempts(deaths: int) -> Iterator[None]:
    """What `attempt` says inside.

    >>> with attempts(2):
    ...     attempt()
    2
    """
    token = _ATTEMPT.set(deaths)
    try:
        yield
    finally:
        _ATTEMPT.reset(token)


@dataclass(frozen=True)
class Resources:
    """What one worker of a stage holds while it runs. Where it runs bears no identity: it is in no fingerprint.

    Args:
        cpus: cores.
        gpus: accelerators, or shares of one.
        pool: it holds a model: workers live as long as the stage, and there are no more of them than have room.
        accelerated: it is faster on a GPU, and holds one where there is any; so is a pool.
        memory_bytes: that it is expected to take at most, so that a node is given no more workers than fit into its memory.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    pool: bool = False
    accelerated: bool = False
    memory_bytes: int = WORKER_BYTES

    def __or__(self, other: "Resources") -> "Resources":
        """The least that satisfies both.

        >>> Resources(1, 0) | Resources(0.5, 1, memory_bytes=10**9)
        Resources(cpus=1, gpus=1, pool=False, accelerated=False, memory_bytes=1000000000)
        """
        most = max(self.cpus, other.cpus), max(self.gpus, other.gpus)
        memory = max(self.memory_bytes, other.memory_bytes)
        return Resources(*most, self.pool or other.pool, self.accelerated or other.accelerated, memory)


class Feature(ABC):
    """Adds columns to a batch: tokens, a language, an embedding. A frozen dataclass; its fields are its parameters.

    ``open`` is called once per worker: it loads the model, whatever that costs, and returns what is called for every batch.
    Rows are independent: the columns of a record may not depend on its batch. A null input gives a null output.

    Class variables:
        reads: logical columns, or columns that other features write.
        may_read: logical columns that are read where the dataset has them; else the batch lacks them. One that reads nothing
            else needs one of these.
        writes: the columns added, with their types.
        faults: the column among ``writes`` that says why a record cannot be read; such a record is quarantined.
        requires: importable packages beyond the project's own dependencies.
        unasked: why it is not computed unless the plan names it; empty for a feature that is.
        stores: whether the columns cost so much that they are kept beside each unit and read from there ever after.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    version: ClassVar[int] = 1
    reads: ClassVar[tuple[str, ...]]
    may_read: ClassVar[tuple[str, ...]] = ()
    writes: ClassVar[Mapping[str, pa.DataType]]
    faults: ClassVar[str | None] = None
    requires: ClassVar[tuple[str, ...]] = ()
    stores: ClassVar[bool] = False
    unasked: ClassVar[str] = ""

    @property
    def resources(self) -> Resources:
        """What one worker holds."""
        return Resources()

    def obstacle(self) -> str | None:
        """What is missing here to compute it, and what to do, in one sentence; None where nothing is. Loads nothing."""
        return None

    def identity(self) -> Mapping[str, Any]:
        """What its columns depend on beside its parameters, such as the weights of its model; plain JSON values."""
        return {}

    @abstractmethod
    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Load what is needed; return the function from a batch to the columns of ``writes``."""
