"""The verbs that a backend gives: do some work for each of many items, in any order, at least once.

All results are files in OUT, so nothing comes back but the news that an item is done.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import pyarrow as pa

from engine.feature import Resources
from engine.journal import Event


class Work(Protocol):
    """What is done for each item: picklable, and pure but for the files it commits."""

    @property
    def name(self) -> str:
        """The stage, as progress shows it."""
        ...

    @property
    def resources(self) -> Resources:
        """What one worker holds."""
        ...

    def open(self) -> Callable[[int], None]:
        """Load what is needed, once per worker; return what is called for every item."""
        ...

    def give_up(self, item: int, cause: str) -> None:
        """Record that an item cannot be done, because doing it kills its worker."""
        ...


Done = Callable[[int], None]


class Backend(Protocol):
    """Runs work. `stream` is for units of a dataset (seconds each), `exchange` for partitions of an exchange."""

    @property
    def name(self) -> str:
        """The backend, as provenance names it."""
        ...

    def told(self, event: Event) -> None:
        """Hear how a stage stands, and tell whoever watches the backend."""
        ...

    def stream(self, work: Work, items: Sequence[int], done: Done) -> None:
        """Do the work for every item of a streaming pass; call ``done`` as each is committed."""
        ...

    def exchange(self, work: Work, items: Sequence[int], done: Done) -> None:
        """Do the work for every partition of an exchange; call ``done`` as each is committed."""
        ...


def steady_memory() -> None:
    """Let Arrow take its memory from the C library, which gives the pages of the last batch to the next.

    Every worker calls it. Over 1 GB of text it takes the same time as Arrow's own allocator and a tenth less memory, measured.
    """
    pa.set_memory_pool(pa.system_memory_pool())
