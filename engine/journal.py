"""OUT/progress.jsonl: what a run did and when, a line an event, for whoever watches OUT and for whoever asks later.

Object storage cannot add to a file, so the file is written anew, whole and seldom: its lines are valid at any time, after any
crash, and those that are there never change. Events come the slower the longer the run, so it stays small.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from engine.errors import StoreError
from engine.plan import canonical
from engine.store import Store

FILE = "progress.jsonl"
EVENT_SECONDS = 10.0
"""Between two events of a stage, at first."""
SHARE_OF_RUN = 0.01
"""The same as a share of the time that the run has taken, once that is more."""
WRITE_SECONDS = 5.0
"""Between two writes of the file: what a crash may lose of it."""


@dataclass(frozen=True)
class Event:
    """How a stage stands.

    Args:
        stage: as progress shows it.
        done: of its items, those that earlier runs did among them.
        of: how many it has.
        bytes: of the source in the items done; 0 for a stage that reads no source.
        quarantined: records that could not be read, of all sides that are read and merged by now.
        seconds: since this run began.
    """

    stage: str
    done: int
    of: int
    bytes: int
    quarantined: int
    seconds: float


Told = Callable[[Event], None]


def untold(event: Event) -> None:
    """Told nobody."""


class Journal(AbstractContextManager["Journal"]):
    """Events of a run, added to those of earlier runs of the same audit. Callable as `Told`.

    Args:
        store: OUT.
        told: who hears every event, those among them that are not written down.

    >>> store = Store("memory://doc-journal")
    >>> with Journal(store) as journal:
    ...     journal(Event("read subject", 0, 2, 0, 0, 0.1))
    ...     journal(Event("read subject", 2, 2, 640, 0, 0.7))
    >>> print(store.read(FILE).decode().splitlines()[1])
    {"bytes":640,"done":2,"of":2,"quarantined":0,"seconds":0.7,"stage":"read subject"}
    """

    def __init__(self, store: Store, told: Told = untold) -> None:
        self._store, self._told = store, told
        self._text = store.read(FILE) if store.exists(FILE) else b""
        self._noted: dict[str, float] = {}
        self._written = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Tell an event, and note it where it begins or ends a stage or the stage's last is long ago."""
        self._told(event)
        last = self._noted.get(event.stage)
        pause = max(EVENT_SECONDS, SHARE_OF_RUN * event.seconds)
        if last is not None and event.done < event.of and event.seconds - last < pause:
            return
        self._noted[event.stage] = event.seconds
        self._text += canonical({**asdict(event), "seconds": round(event.seconds, 3)}).encode() + b"\n"
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._write()

    def _write(self) -> None:
        with suppress(StoreError):  # an OUT that cannot be written stops the work itself, with a better place to say why
            self._store.write(FILE, self._text)
        self._written = time.monotonic()
