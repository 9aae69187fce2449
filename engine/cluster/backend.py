"""The verbs on Ray: Ray Data for streaming passes, plain tasks for exchanges.

Everything that moves between processes is the ordinal of a unit or a partition; data stays in files. What was measured of
Ray 2.60 and is built on here: Ray Data costs about 12 ms a block, mostly on the driver, so blocks hold several units where
there are many; a job of millions of units is driven in waves; a unit that kills its worker would be retried for ever, so
attempts are counted in OUT and the unit is given up after `MOST_ATTEMPTS`; actor pools leave a CPU to the reading side.
"""

import logging
import math
import os
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import ray
from ray import cloudpickle

from engine.backend import Done, Work, steady_memory
from engine.cluster.meters import Meters
from engine.cluster.placement import Node, Room, Share, check, pool
from engine.errors import AuditorError
from engine.feature import Resources, attempts
from engine.journal import Event
from engine.store import Store

WAVE = 4096
MOST_BLOCKS = 512
MOST_ATTEMPTS = 5
"""Workers that die at one unit before it is given up; not fewer, since nodes that are taken away take units with them too."""
NO_PROGRESS_SECONDS = 600
UNBOUNDED_NODES = 1000


class Cluster:
    """Ray, wherever it runs: the cluster at ``address``, or one started in this process's machine for ``address="local"``.

    Args:
        out: OUT, where attempts are counted.
        address: of the cluster; "auto" takes the one around (``RAY_ADDRESS``), else starts one here.
        workers: CPUs to start with when one is started here; None takes them all.

    Use as a context manager: what it started it shuts down.
    """

    name = "ray"

    def __init__(self, out: str, address: str = "auto", workers: int | None = None) -> None:
        self._out = out
        self._address = address
        self._workers = workers
        self._started = False
        self._run = secrets.token_hex(4)
        self._meters: Meters | None = None

    def __enter__(self) -> "Cluster":
        if not ray.is_initialized():
            around = self._address == "auto" and bool(os.environ.get("RAY_ADDRESS"))
            self._started = True
            ray.init(
                address="auto" if around else ("local" if self._address == "auto" else self._address),
                num_cpus=None if around or self._address not in ("auto", "local") else self._workers,
                include_dashboard=None if around else False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        _quieten()
        return self

    def __exit__(self, *_: object) -> None:
        if self._started:
            ray.shutdown()

    def told(self, event: Event) -> None:
        """Show an event to Prometheus."""
        self._meters = self._meters or Meters()
        self._meters.show(event)

    def stream(self, work: Work, items: Sequence[int], done: Done) -> None:
        """Do the work for every item as Ray Data blocks.

        Raises:
            UsageError: before any work, when a worker fits on no node.
        """
        packed = cloudpickle.dumps(_Counted(work, self._out, self._run))
        for start in range(0, len(items), WAVE):
            self._wave(packed, work, items[start : start + WAVE], done)

    def exchange(self, work: Work, items: Sequence[int], done: Done) -> None:
        """Do the work for every item as plain tasks, no more in flight than keep the CPUs busy.

        Raises:
            UsageError: before any work, when a worker fits on no node.
        """
        if not items:
            return
        room = _room()
        packed = ray.put(cloudpickle.dumps(work))
        share = _share(work.resources, room)
        check(work.name, share, room)
        task = ray.remote(_do_item).options(**_asked(share), max_retries=MOST_ATTEMPTS)
        most = 2 * room.most_cpus
        flying: dict[Any, int] = {}
        for item in items:
            flying[task.remote(packed, item)] = item
            if len(flying) >= most:
                _land(work.name, flying, done)
        while flying:
            _land(work.name, flying, done)

    def _wave(self, packed: bytes, work: Work, items: Sequence[int], done: Done) -> None:
        room = _room()
        blocks = min(len(items), max(4 * room.most_cpus, MOST_BLOCKS))
        placement = _placement(packed, work, room)
        rows = ray.data.from_items([{"item": item} for item in items], override_num_blocks=blocks)
        try:
            for batch in rows.map_batches(**placement).iter_batches(batch_size=None, batch_format="pyarrow"):
                for item, error in zip(batch["item"].to_pylist(), batch["error"].to_pylist(), strict=True):
                    if error is not None:
                        raise cloudpickle.loads(error)
                    done(item)
        except ray.exceptions.RayTaskError as error:
            raise AuditorError(f"a worker of {work.name} failed: {error.cause}") from error
        except ray.data.exceptions.ExecutionTimeoutError as error:
            raise AuditorError(f"{work.name} made no progress for {NO_PROGRESS_SECONDS} s: {error}") from error
        except ray.exceptions.RayError as error:
            raise _lost(work.name, error) from error


class _Counted:
    """Work that counts its attempts at every item in OUT, and gives up an item that keeps killing its worker."""

    def __init__(self, work: Work, out: str, run: str) -> None:
        self._work, self._store, self._run = work, Store(out), run

    def open(self) -> Callable[[int], None]:
        step = self._work.open()

        def attempt(item: int) -> None:
            folder = f"attempts/{self._run}/{self._work.name.replace(' ', '-')}/{item}"
            tries = len(self._store.names(folder))
            if tries >= MOST_ATTEMPTS:
                self._work.give_up(item, f"its worker died {tries} times while processing it")
                return
            self._store.write(f"{folder}/{secrets.token_hex(8)}", b"")
            with attempts(tries):
                step(item)

        return attempt


class _Actor:
    """One worker of a pool: opens the work once, does units one by one."""

    def __init__(self, packed: bytes) -> None:
        self._step = _opened(packed)

    def __call__(self, batch: pa.Table) -> pa.Table:
        return _do_all(self._step, batch)


def _placement(packed: bytes, work: Work, room: Room) -> dict[str, Any]:
    """How a streaming pass is placed: tasks where a worker costs nothing to open, a pool where it holds a model or a GPU."""
    common = {"batch_format": "pyarrow", "batch_size": 1}
    share = _share(work.resources, room)
    if not work.resources.pool and work.resources.gpus == 0:
        check(work.name, share, room)
        return {"fn": _do_units, "fn_kwargs": {"packed": packed}, **_asked(share), **common}
    size = pool(work.name, share, room)
    strategy = ray.data.ActorPoolStrategy(min_size=size.first, max_size=size.most, initial_size=size.first)
    actor = {"fn": _Actor, "fn_constructor_kwargs": {"packed": packed}, "compute": strategy}
    return {**actor, **_asked(share), **common}


def _do_units(batch: pa.Table, packed: bytes) -> pa.Table:
    return _do_all(_opened(packed), batch)


def _do_all(step: Callable[[int], None], batch: pa.Table) -> pa.Table:
    """Do each unit; an error of ours travels as a value, since Ray Data would wrap it beyond recognition."""
    errors = [_error_of(step, item) for item in batch["item"].to_pylist()]
    return batch.append_column("error", pa.array(errors, pa.binary()))


def _error_of(step: Callable[[int], None], item: int) -> bytes | None:
    try:
        step(item)
    except AuditorError as error:
        packed: bytes = cloudpickle.dumps(error)
        return packed
    return None


def _do_item(packed: bytes, item: int) -> None:
    _opened(packed)(item)


@lru_cache(maxsize=4)
def _opened(packed: bytes) -> Callable[[int], None]:
    """The work, opened once a worker process."""
    steady_memory()
    step: Callable[[int], None] = cloudpickle.loads(packed).open()
    return step


def _land(stage: str, flying: dict[Any, int], done: Done) -> None:
    ready, _ = ray.wait(list(flying), num_returns=1, timeout=NO_PROGRESS_SECONDS)
    if not ready and _idle():
        raise AuditorError(f"{stage} made no progress for {NO_PROGRESS_SECONDS} s: Ray finds no place for its tasks")
    for reference in ready:
        item = flying.pop(reference)
        try:
            ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, AuditorError):
                raise error.cause from error
            raise AuditorError(f"a worker of {stage} failed: {error.cause}") from error
        except ray.exceptions.RayError as error:
            raise _lost(f"{stage}, item {item}", error) from error
        done(item)


def _lost(where: str, error: ray.exceptions.RayError) -> AuditorError:
    """What to say where workers, nodes or the head died more often than work is tried again."""
    kind, first = type(error).__name__, next(iter(str(error).strip().splitlines()), "")
    return AuditorError(f"{where}: its workers died too often ({kind}: {first}); the same command goes on from what is done")


def _room() -> Room:
    """The nodes of the cluster, and those that its autoscaler may bring, where it has one and says so."""
    there = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    config = ray._private.state.state.get_cluster_config()
    return Room(tuple(_node(has, 1) for has in there), coming(config) if config else ())


def coming(config: Any) -> tuple[Node, ...]:
    """The nodes that an autoscaler's configuration allows, as Ray's state of the cluster has it."""
    groups = ((group.resources, group.max_count) for group in config.node_group_configs)
    sizes = ((has, UNBOUNDED_NODES if count < 0 else count) for has, count in groups)
    return tuple(_node(has, count) for has, count in sizes if count)


def _node(has: Any, count: int) -> Node:
    return Node(has.get("CPU", 0), has.get("GPU", 0), count, has.get("memory", math.inf))


def _share(resources: Resources, room: Room) -> Share:
    """What a worker is given: as asked, and a GPU where it is faster on one and the cluster has any.

    One with a GPU is given no CPU, since it would reserve a whole one; memory is asked for so that no node has more workers
    than fit into it.
    """
    faster = resources.pool or resources.accelerated
    gpus = resources.gpus or (min(1.0, room.most_gpus) if faster else 0.0)
    return room.fitted(Share(0.0 if gpus else resources.cpus, gpus, resources.memory_bytes))


def _asked(share: Share) -> dict[str, float]:
    return {"num_cpus": share.cpus, "num_gpus": share.gpus, "memory": int(share.memory_bytes)}


def _idle() -> bool:
    """Whether nothing runs anywhere: then what waits is not waiting for a long task to end."""
    all_, free = ray.cluster_resources(), ray.available_resources()
    return all(free.get(what, 0) >= all_.get(what, 0) for what in ("CPU", "GPU", "memory"))


def _quieten() -> None:
    """The auditor has its own progress, and its own advice."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_no_progress_timeout_s = NO_PROGRESS_SECONDS
    context.issue_detectors_config.detectors = []  # they know nothing of what a unit is, and advise in many lines
    for name in ("ray.data", "ray.data._internal"):
        logging.getLogger(name).setLevel(logging.WARNING)
