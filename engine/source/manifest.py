"""The frozen list of what an audit reads: shards, and the units of work they are cut into."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Shard:
    """One file (or one folder of images).

    Args:
        path: its URL without secrets.
        size_bytes: as stored.
        version: the storage's etag or the time of the last change.
        format: one of `engine.source.dataset.Format`.
        rows: where the format tells, else None.
        fault: why it cannot be read; such a shard has no unit.
    """

    path: str
    size_bytes: int
    version: str
    format: str
    rows: int | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Unit:
    """A part of a shard that is read, processed and committed as one.

    Args:
        ordinal: its place in the manifest, half of a record's id.
        shard: index of the shard in the manifest.
        start, stop: row groups, record batches, rows of a folder of images, or bytes; (0, 0) is the whole shard.
        rows: where the format tells, else None.
        size_bytes: about how much there is to read.
    """

    ordinal: int
    shard: int
    start: int
    stop: int
    rows: int | None
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """Shards in the order of their paths, and their units."""

    shards: tuple[Shard, ...]
    units: tuple[Unit, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {"shards": [asdict(shard) for shard in self.shards], "units": [asdict(unit) for unit in self.units]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Manifest":
        """The manifest that `to_json` wrote."""
        return cls(tuple(Shard(**shard) for shard in document["shards"]), tuple(Unit(**unit) for unit in document["units"]))

    def difference(self, other: "Manifest") -> str | None:
        """One sentence on what is not the same in ``other``, or None where all is.

        >>> old, new = Shard("a", 1, "v1", "text"), Shard("a", 2, "v2", "text")
        >>> Manifest((old,), ()).difference(Manifest((new, Shard("b", 1, "v1", "text")), ()))
        '1 shard changed (a), 1 came (b)'
        """
        mine, theirs = ({shard.path: shard for shard in manifest.shards} for manifest in (self, other))
        changed = [path for path in mine if path in theirs and mine[path] != theirs[path]]
        came = [path for path in theirs if path not in mine]
        went = [path for path in mine if path not in theirs]
        parts = [_named(word, paths) for word, paths in (("changed", changed), ("came", came), ("went", went)) if paths]
        if parts:
            return parts[0].replace(" ", f" shard{'s' * (not parts[0].startswith('1 '))} ", 1) + "".join(
                f", {part}" for part in parts[1:]
            )
        return None if self.units == other.units else "the shards are cut into other units"


def _named(word: str, paths: list[str]) -> str:
    shown = ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
    return f"{len(paths)} {word} ({shown})"
