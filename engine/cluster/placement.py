"""Which workers fit where: arithmetic over the nodes of a cluster, those that are there and those that may come.

>>> room = Room((Node(8, 1), Node(8, 2)), (Node(8, 4, count=10),))
>>> pool("read subject", 1.0, 1.0, room)
Pool(first=3, most=40)
>>> pool("read subject", 2.0, 0.0, Room((Node(8, 0),)))
Pool(first=3, most=3)
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import UsageError


@dataclass(frozen=True)
class Node:
    """What each of ``count`` equal nodes has to give."""

    cpus: float
    gpus: float
    count: int = 1

    def workers(self, cpus: float, gpus: float) -> int:
        """How many workers they take together; a worker is never split over nodes."""
        each = [int(has / asked) for has, asked in ((self.cpus, cpus), (self.gpus, gpus)) if asked]
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


@dataclass(frozen=True)
class Pool:
    """How many workers a pool begins with, and how many it may come to have."""

    first: int
    most: int


def pool(stage: str, cpus: float, gpus: float, room: Room) -> Pool:
    """The pool for workers that hold so much each. One without GPUs leaves a CPU to what feeds it: measured, it hangs else.

    Raises:
        UsageError: when no node takes even one of them.
    """
    check(stage, cpus, gpus, room)
    first, most = _workers(cpus, gpus, room.there), _workers(cpus, gpus, room.coming)
    if not gpus:
        first, most = (min(n, int((all_ - 1) / cpus)) for n, all_ in ((first, room.cpus), (most, room.most_cpus)))
    return Pool(max(1, first), max(1, first, most))


def check(stage: str, cpus: float, gpus: float, room: Room) -> None:
    """Raise where a worker of a stage fits on no node that is there or may come: Ray would wait for one for ever.

    Raises:
        UsageError: names the stage, what it asks for, and the most that a node has.
    """
    nodes = (*room.there, *room.coming)
    if _workers(cpus, gpus, nodes):
        return
    asked = " and ".join(f"{amount:g} {what}" for amount, what in ((gpus, "GPU"), (cpus, "CPU")) if amount)
    most = " and ".join(
        f"{max((has for has in amounts), default=0):g} {what}"
        for amounts, what in (([node.gpus for node in nodes], "GPU"), ([node.cpus for node in nodes], "CPU"))
    )
    raise UsageError(
        f"{stage} asks for {asked} a worker, and no node of this cluster has them or may come to (at most {most}); "
        "run it where there are, or ask for less"
    )


def _workers(cpus: float, gpus: float, nodes: Iterable[Node]) -> int:
    return sum(node.workers(cpus, gpus) for node in nodes)


def _total(amounts: Iterable[float]) -> float:
    return sum(amounts)
