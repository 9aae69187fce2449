"""The rows that go through the rounds: their schemas and routes, and what ids mean.

Ids are those of the job's corpus (`engine.exchange.Corpus`): the subject's first, then the reference's, the holdout's, those of
earlier corpora. A near-duplicate planted into a copy of a record has that record's id with bit 62 set, so it sorts behind all.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.relation import KEY, Over, Route, Task
from engine.schema import ID, Side
from operators.kernels.lsh import Bands

Ids = NDArray[np.int64]

PLANTED = 1 << 62
SUBJECT, REFERENCE, HOLDOUT, KNOWN, COPY = range(5)
"""The kinds of records; `COPY` is a planted one."""

_INT, _HASH, _REAL = pa.int64(), pa.uint64(), pa.float64()

TWINS = Route(pa.schema([(KEY, _HASH), ("low", _HASH), (ID, _INT)]))
TWIN = Route(pa.schema([(ID, _INT), ("twin", _INT)]), Over.RANGES, ID)
PAIRS = Route(pa.schema([("at", _INT), ("u", _INT), ("v", _INT)]), Over.RANGES, "at")
EDGES = Route(pa.schema([(KEY, _HASH), ("u", _INT), ("v", _INT)]))
NEAR = Route(pa.schema([("at", _INT), ("node", _INT), ("other", _INT), ("similarity", _REAL)]), Over.RANGES, "at")
UNSURE = Route(
    pa.schema([("u", _INT), ("v", _INT), ("accepted", pa.bool_()), ("sampled", pa.bool_())]),
    Over.RANGES,
    "u",
)
WANTED = Route(pa.schema([("at", _INT), ("record", _INT), ("toward", _INT)]), Over.RANGES, "at")
SETS = Route(
    pa.schema([("toward", _INT), ("record", _INT), ("hashes", pa.large_list(_HASH))]), Over.RANGES, "toward", compressed=False
)
LABELS = Route(pa.schema([(ID, _INT), ("label", _INT)]), Over.RANGES, ID)
ELECTED_COLUMNS = ("reference", "holdout", "known")
_INHERITED = [(f"{kind}_{what}", t) for kind in ELECTED_COLUMNS for what, t in (("similarity", _REAL), ("id", _INT))]
MEMBERS = Route(pa.schema([(KEY, _HASH), ("label", _INT), ("twin", _INT), (ID, _INT), ("score", _REAL), *_INHERITED]))
ELECTED = Route(pa.schema([(ID, _INT), ("label", _INT), ("size", _INT), ("keep", pa.bool_()), *_INHERITED]), Over.RANGES, ID)


def banded(bands: Bands) -> Route:
    """Band keys: a group of partitions for each band."""
    return Route(pa.schema([(KEY, _HASH), (ID, _INT)]), groups=bands.bands)


def half(bands: Bands) -> Route:
    """Pairs on their way to their first record, with the signature and the content key of the second."""
    signature = pa.binary(2 * bands.permutations)
    return Route(
        pa.schema([("u", _INT), ("v", _INT), ("signature", signature), ("content", _HASH)]), Over.RANGES, "u", compressed=False
    )


def planted(bands: Bands, to: Over = Over.RANGES) -> Route:
    """Edited copies of a sample of the subject's records."""
    fields = [("at", _INT), (ID, _INT), ("seed", _HASH), ("rate", _REAL), ("truth", _REAL)]
    return Route(pa.schema([*fields, ("signature", pa.binary(2 * bands.permutations))]), to, "at")


def kinds(task: Task, ids: Ids) -> NDArray[np.int64]:
    """Of which kind each id is."""
    bounds = [task.first(Side.REFERENCE), task.first(Side.HOLDOUT), task.known, PLANTED]
    return np.searchsorted(np.array(bounds, np.int64), ids, side="right")


def home(ids: Ids) -> Ids:
    """The record that each id is of, or is an edited copy of."""
    return ids & np.int64(PLANTED - 1)


def spread(ids: Any) -> NDArray[np.uint64]:
    """A well mixed key of each id."""
    keys = np.ascontiguousarray(ids).astype(np.uint64)
    with np.errstate(over="ignore"):
        keys ^= keys >> np.uint64(33)
        keys *= np.uint64(0xFF51AFD7ED558CCD)
        keys ^= keys >> np.uint64(33)
        keys *= np.uint64(0xC4CEB9FE1A85EC53)
        keys ^= keys >> np.uint64(33)
    return keys


def drawn(keys: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """About a share of well mixed keys: always the same ones.

    >>> drawn(np.array([0, 2**63, 2**64 - 1], np.uint64), 0.6).tolist()
    [True, True, False]
    """
    return keys <= np.uint64(min(int(share * 2**64), 2**64 - 1))


def lanes(column: pa.Array, k: int) -> NDArray[np.uint16]:
    """A column of signatures as (n, k) lanes, without a copy."""
    n, width = len(column), 2 * k
    data = np.frombuffer(column.buffers()[1], np.uint8)[column.offset * width : (column.offset + n) * width]
    return data.view(np.uint16).reshape(n, k)


def folded(signatures: NDArray[np.uint32]) -> NDArray[np.uint16]:
    """Lanes of 32 bits as the 16 that are kept, a hash of all of them.

    The lower half of a lane would not do: it depends on the lower half of the shingle's hash alone, so that texts of one
    shingle would have 65,536 signatures between them.

    >>> folded(np.array([[0, 1 << 16, 1 << 17]], np.uint32)).tolist()
    [[0, 31153, 62306]]
    """
    return (signatures * np.uint32(0x9E3779B1) >> np.uint32(16)).astype(np.uint16)


def packed(signatures: NDArray[np.uint16]) -> pa.Array:
    """(n, k) lanes as a column of fixed-size bytes."""
    n, k = signatures.shape
    data = np.ascontiguousarray(signatures, "<u2")
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(2 * k), n, [None, pa.py_buffer(data)])
