"""The verbs in one process: the executable specification, and the default where no cluster is around."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import pyarrow as pa

from engine.backend import Done, Work, steady_memory
from engine.journal import Event


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Local:
    """Threads of this process: kernels, Arrow and codecs release the interpreter's lock.

    >>> Local(workers=2).name
    'local'
    """

    workers: int = field(default_factory=_cores)
    name: str = "local"

    def told(self, event: Event) -> None:
        """Nobody watches a process but its own terminal."""

    def stream(self, work: Work, items: Sequence[int], done: Done) -> None:
        """Do the work for every item; the first error stops the rest and is raised."""
        if not items:
            return
        pa.set_cpu_count(self.workers)
        steady_memory()
        step = work.open()
        if self.workers == 1:
            for item in items:
                step(item)
                done(item)
            return
        self._threaded(step, items, done)

    exchange = stream

    def _threaded(self, step: Callable[[int], None], items: Sequence[int], done: Done) -> None:
        waiting: dict[Future[None], int] = {}
        rest = iter(items)
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for item in rest:
                    waiting[pool.submit(step, item)] = item
                    if len(waiting) >= 2 * self.workers:
                        _settle(waiting, done)
                while waiting:
                    _settle(waiting, done)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def _settle(waiting: dict[Future[None], int], done: Done) -> None:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        item = waiting.pop(future)
        future.result()
        done(item)
