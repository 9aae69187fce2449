"""Components of the accepted pairs: in one task where they fit, in rounds over partitions where they do not."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from engine.errors import AuditorError
from engine.relation import KEY, Counts, Given, Over, Piece, Round, Rounds, Route, Task
from engine.schema import ID
from operators.kernels.components import Ids, both_ways, components, digest, downwards, large_star, small_star
from operators.near.rows import EDGES, LABELS, spread

EDGES_AT_ONCE = 1 << 27
"""More edges than this, about 8 GB with what union-find needs beside them, are taken in rounds."""
MOST_ROUNDS = 64
ROWS = Route(pa.schema([(KEY, pa.uint64()), ("node", pa.int64()), ("neighbour", pa.int64())]))

SOURCES = ("twins.edges", "estimate.edges", "exact.edges")


def rounds(counts: Counts, sources: tuple[str, ...] = SOURCES) -> Rounds:
    """The rounds that give ``labels.labels``: the smallest id of its component for every record that has an edge.

    Args:
        counts: of which ``edges`` decides whether one task holds the graph.
        sources: the channels that bring the edges.

    Raises:
        AuditorError: when the rounds do not settle, which no graph makes them do.
    """
    takes = dict.fromkeys(sources, EDGES)
    if counts.get("edges", 0) <= EDGES_AT_ONCE:
        yield Round("labels", Over.WHOLE, takes, {"labels": LABELS}, _Union(sources))
        return
    yield Round("star 0", Over.KEYS, takes, {"rows": ROWS}, _Start(sources))
    before = -1, -1
    for at in range(1, MOST_ROUNDS + 1):
        yield Round(f"large {at}", Over.KEYS, {f"star {at - 1}.rows": ROWS}, {"rows": ROWS}, _Large(at - 1))
        step = _Small(at)
        seen = yield Round(
            f"star {at}", Over.KEYS, {f"large {at}.rows": ROWS}, {"rows": ROWS, "edges": EDGES}, step, (f"star {at - 1}.rows",)
        )
        now = seen[f"checksum {at}"] % 2**64, seen[f"edges {at}"]
        if now == before:
            yield Round("labels", Over.KEYS, {f"star {at}.edges": EDGES}, {"labels": LABELS}, _Labels(at))
            return
        before = now
    raise AuditorError(f"the groups did not settle in {MOST_ROUNDS} rounds; this is a fault of the auditor, please report it")


class _Union:
    """The whole graph's components."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        self._sources = sources

    def __call__(self, task: Task) -> Iterator[Given]:
        nodes, labels = components(*_edges(task, self._sources))
        yield Piece("labels", pa.table({ID: nodes, "label": labels}))


class _Start:
    """A partition's edges, from both of their ends."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        self._sources = sources

    def __call__(self, task: Task) -> Iterator[Given]:
        yield _rows(*both_ways(*_edges(task, self._sources)))


def _edges(task: Task, sources: tuple[str, ...]) -> tuple[Ids, Ids]:
    rows = pa.concat_tables([task.rows(channel) for channel in sources])
    return rows["u"].to_numpy(), rows["v"].to_numpy()


class _Large:
    """A partition's large star."""

    def __init__(self, at: int) -> None:
        self._at = at

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows(f"star {self._at}.rows")
        yield _rows(*downwards(*large_star(rows["node"].to_numpy(), rows["neighbour"].to_numpy())))


class _Small:
    """A partition's small star."""

    def __init__(self, at: int) -> None:
        self._at = at

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows(f"large {self._at}.rows")
        u, v = small_star(rows["node"].to_numpy(), rows["neighbour"].to_numpy())
        yield _rows(*both_ways(u, v))
        yield Piece("edges", pa.table({KEY: spread(u), "u": u, "v": v}))
        checksum, count = digest(u, v)
        yield {f"checksum {self._at}": checksum, f"edges {self._at}": count}


class _Labels:
    """Settled edges are (label, record)."""

    def __init__(self, at: int) -> None:
        self._at = at

    def __call__(self, task: Task) -> Iterator[Given]:
        rows = task.rows(f"star {self._at}.edges")
        u, v = rows["u"].to_numpy(), rows["v"].to_numpy()
        own = np.unique(u)
        yield Piece("labels", pa.table({ID: np.r_[own, v], "label": np.r_[own, u]}))


def _rows(node: Ids, neighbour: Ids) -> Piece:
    return Piece("rows", pa.table({KEY: spread(node), "node": node, "neighbour": neighbour}))
