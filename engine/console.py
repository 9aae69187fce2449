"""What a terminal shows while an audit runs: a bar where someone looks on, lines where a log does."""

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from engine.stages import Progress

LOG_SECONDS = 10.0


class ProgressView(AbstractContextManager["ProgressView"]):
    """Callable as `engine.stages.Progress`; a context manager around the run.

    >>> import io
    >>> log = Console(file=io.StringIO(), force_terminal=False)
    >>> with ProgressView(log) as view:
    ...     view("read subject", 2, 2)
    >>> log.file.getvalue()
    'read subject: 2 of 2\\n'
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        columns = (TextColumn("{task.description:<32}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=self._console) if self._console.is_terminal else None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bars:
            self._bars.stop()

    def of(self, name: str) -> Progress:
        """A view of the same bars whose stages bear the name of one of several audits."""
        return lambda stage, done, total: self(f"{name}: {stage}", done, total)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that ``done`` of a stage's ``total`` items are done."""
        if total == 0:
            return
        if self._bars:
            if stage not in self._tasks or self._bars.tasks[self._tasks[stage]].total != total:
                self._tasks[stage] = self._bars.add_task(stage, total=total)
            self._bars.update(self._tasks[stage], completed=done)
        elif done == total or (time.monotonic() - self._said.get(stage, -LOG_SECONDS) >= LOG_SECONDS and done):
            self._said[stage] = time.monotonic()
            self._console.print(f"{stage}: {done:,} of {total:,}", highlight=False, markup=False)
