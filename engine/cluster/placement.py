"""Which workers fit where: arithmetic over the nodes of a cluster, those that are there and those that may come.

>>> room = Room((Node(8, 1), Node(8, 2)), (Node(8, 4, count=10),))
>>> pool("read subject", Share(1.0, 1.0), room)
Pool(first=3, most=40)
>>> pool("read subject", Share(2.0), Room((Node(8, 0),)))
Pool(first=3, most=3)
>>> pool("read subject", Share(1.0, memory_bytes=3 * 10**9), Room((Node(8, 0, memory_bytes=10**10),)))
Pool(first=3, most=3)
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.errors import UsageError


@dataclass(frozen=True)
class Share:
    """What one worker holds of a node."""

    cpus: float = 0.0
    gpus: float = 0.0
    memory_bytes: float = 0.0


@dataclass(frozen=True)
class Node:
    """What each of ``count`` equal nodes has to give. One that does not say how much memory it has is not short of it."""

    cpus: float
    gpus: float
    count: int = 1
    memory_bytes: float = math.inf

    def workers(self, share: Share) -> int:
        """How many workers they take together; a worker is never split over nodes."""
        pairs = ((self.cpus, share.cpus), (self.gpus, share.gpus), (self.memory_bytes, share.memory_bytes))
        each = [int(has / asked) for has, asked in pairs if asked and math.isfinite(has)]
        return self.count * min(each, default=int(self.cpus))


@dataclass(frozen=True)
class Room:
    """A cluster.

    Args:
        there: its nodes.
        coming: all that an autoscaler may bring it to, those that are there among them; nothing where there is none.
    """

    there: tuple[Node, ...]
    coming: tuple[Node, ...] = ()

    @property
    def cpus(self) -> int:
        """CPUs there now; one where only a head without any is there yet."""
        return max(1, int(_total(node.cpus * node.count for node in self.there)))

    @property
    def most_cpus(self) -> int:
        """CPUs that there may come to be."""
        return max(self.cpus, int(_total(node.cpus * node.count for node in self.coming)))

    @property
    def most_gpus(self) -> float:
        """GPUs that there may come to be."""
        return max(_total(node.gpus * node.count for node in nodes) for nodes in (self.there, self.coming))

    def fitted(self, share: Share) -> Share:
        """The share with no more memory than a node has: what is forecast to be too much for any is tried alone on the largest.

        >>> room = Room((Node(8, 0, memory_bytes=4e9), Node(8, 0, memory_bytes=8e9)))
        >>> room.fitted(Share(1, memory_bytes=1e12))
        Share(cpus=1, gpus=0.0, memory_bytes=8000000000.0)
        """
        able = [node.memory_bytes for node in (*self.there, *self.coming) if node.workers(replace(share, memory_bytes=0.0))]
        return replace(share, memory_bytes=min(share.memory_bytes, max(able, default=math.inf)))


@dataclass(frozen=True)
class Pool:
    """How many workers a pool begins with, and how many it may come to have."""

    first: int
    most: int


def pool(stage: str, share: Share, room: Room) -> Pool:
    """The pool for workers that hold so much each. One without GPUs leaves a CPU to what feeds it: measured, it hangs else.

    Raises:
        UsageError: when no node takes even one of them.
    """
    check(stage, share, room)
    first, most = _workers(share, room.there), _workers(share, room.coming)
    if not share.gpus:
        first, most = (min(n, int((all_ - 1) / share.cpus)) for n, all_ in ((first, room.cpus), (most, room.most_cpus)))
    return Pool(max(1, first), max(1, first, most))


def check(stage: str, share: Share, room: Room) -> None:
    """Raise where a worker of a stage fits on no node that is there or may come: Ray would wait for one for ever.

    Raises:
        UsageError: names the stage, what it asks for, and the most that a node has.
    """
    nodes = (*room.there, *room.coming)
    if _workers(share, nodes):
        return
    asked = " and ".join(f"{amount:g} {what}" for amount, what in ((share.gpus, "GPU"), (share.cpus, "CPU")) if amount)
    most = " and ".join(
        f"{max((has for has in amounts), default=0):g} {what}"
        for amounts, what in (([node.gpus for node in nodes], "GPU"), ([node.cpus for node in nodes], "CPU"))
    )
    raise UsageError(
        f"{stage} asks for {asked} a worker, and no node of this cluster has them or may come to (at most {most}); "
        "run it where there are, or ask for less"
    )


def _workers(share: Share, nodes: Iterable[Node]) -> int:
    return sum(node.workers(share) for node in nodes)


def _total(amounts: Iterable[float]) -> float:
    return sum(amounts)
