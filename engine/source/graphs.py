"""Graphs as researchers store them: TUDataset folders, adjacency matrices in ``npz``, and files with one list of edges each.

A record is one graph, in column ``graph`` as text: ``{"directed":false,"nodes":3,"edges":[[0,1]]}``, with ``labels`` of the
nodes where there are any. Nothing is unpickled.
"""

import hashlib
import math
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from engine.errors import ShardFault
from engine.source.block import Block, Wants
from engine.source.dataset import Limits
from engine.source.lines import too_long
from engine.source.listing import File
from engine.source.manifest import Shard
from engine.source.project import project
from engine.source.stream import open_stream
from engine.storage.failures import patiently
from engine.storage.files import whole
from engine.storage.names import url_of

FORMATS = ("edgelist", "npz", "tudataset")
COLUMNS = ("graph", "label", "id")

_EDGES, _GRAPH_OF = "_A.txt", "_graph_indicator.txt"
_BATCH_BYTES = 12 * 1024 * 1024
_SPARSE = {"indices", "indptr", "shape"}, {"row", "col", "shape"}
_GRACE_BYTES = 64 * 1024 * 1024

Record = tuple[str | None, str | None, str, str | None]
"""The graph's text, its label, its id, and the fault of one that cannot be read."""


def tu_shards(fs: Any, files: Sequence[File], given: str) -> tuple[list[Shard], list[File]]:
    """The TUDataset folders among some files, a shard each, and the files that are not theirs.

    A folder is one where it has ``NAME_A.txt`` and ``NAME_graph_indicator.txt``; its other text files are no data.
    """
    there = {file.path for file in files}
    stems = [path.removesuffix(_EDGES) for path in there if path.endswith(_EDGES)]
    stems = sorted(stem for stem in stems if f"{stem}{_GRAPH_OF}" in there)
    shards = [_tu_shard(fs, files, stem, given) for stem in stems]
    folders = {stem.rpartition("/")[0] for stem in stems}
    return shards, [f for f in files if not (f.path.endswith(".txt") and f.path.rpartition("/")[0] in folders)]


def _tu_shard(fs: Any, files: Iterable[File], stem: str, given: str) -> Shard:
    mine = sorted((file for file in files if file.path.startswith(f"{stem}_")), key=lambda file: file.path)
    digest = hashlib.sha256()
    for file in mine:
        digest.update(f"{file.path}\0{file.size_bytes}\0{file.version}\n".encode())
    size = sum(file.size_bytes for file in mine)
    return Shard(url_of(fs, f"{stem}{_EDGES}", given), size, digest.hexdigest()[:16], "tudataset")


def blocks(fs: Any, path: str, shard: Shard, wants: Wants, limits: Limits) -> Iterator[Block]:
    """The records of a shard; one too long, or no graph, is a fault of its own."""
    rows: list[Record] = []
    size = 0
    for record in _records(fs, path, shard, limits):
        text = record[0] or ""
        if len(text) > limits.record_bytes:
            record = (None, *record[1:3], too_long("a graph", len(text), limits))
        rows.append(record)
        size += len(text)
        if size > _BATCH_BYTES:
            yield _block(rows, wants)
            rows, size = [], 0
    if rows:
        yield _block(rows, wants)


def _block(rows: list[Record], wants: Wants) -> Block:
    columns = [pa.array([row[at] for row in rows], pa.string()) for at in range(len(COLUMNS))]
    faults = {at: row[3] for at, row in enumerate(rows) if row[3]}
    return project(pa.RecordBatch.from_arrays(columns, list(COLUMNS)), wants, faults)


def _records(fs: Any, path: str, shard: Shard, limits: Limits) -> Iterator[Record]:
    if shard.format == "tudataset":
        return _tu_records(fs, path, shard, limits)
    if shard.format == "npz":
        return _npz_records(fs, path, shard.path, limits)
    return _edge_list(fs, path, shard.path, limits)


def _edge_list(fs: Any, path: str, url: str, limits: Limits) -> Iterator[Record]:
    name = path.rpartition("/")[2]
    with open_stream(fs, path, url, limits) as stream:
        data, size = stream.read(limits.record_bytes + 1), 0
        while piece := stream.read(1 << 20) if len(data) > limits.record_bytes else b"":
            size += len(piece)
    if len(data) > limits.record_bytes:
        yield None, None, name, too_long("a list of edges", len(data) + size, limits)
        return
    try:
        yield data.decode("utf-8-sig"), None, name, None
    except UnicodeDecodeError:
        yield None, None, name, "the list of edges is not UTF-8"


def _text(nodes: int, edges: NDArray[np.int64], directed: bool, labels: Any = None) -> str:
    described = {"directed": directed, "nodes": nodes, **({} if labels is None else {"labels": labels})}
    said = {**described, "edges": np.ascontiguousarray(edges)}
    return orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _tu_records(fs: Any, path: str, shard: Shard, limits: Limits) -> Iterator[Record]:
    stem, url = path.removesuffix(_EDGES), shard.path
    if shard.size_bytes > limits.archive_bytes:
        raise ShardFault(url, f"its files are longer than limits.archive_bytes = {limits.archive_bytes:,}")
    graph_of = _numbers(fs, f"{stem}{_GRAPH_OF}", url, 1)[:, 0] - 1
    edges = _numbers(fs, f"{stem}{_EDGES}", url, 2) - 1
    if len(graph_of) == 0 or graph_of.min() < 0 or np.any(np.diff(graph_of) < 0):
        raise ShardFault(url, "its graph indicator does not number the graphs from 1 on, in order")
    if len(edges) and (edges.min() < 0 or edges.max() >= len(graph_of)):
        raise ShardFault(url, f"an edge names a node beyond the {len(graph_of):,} of the graph indicator")
    yield from _tu_graphs(graph_of, edges, *_tu_labels(fs, stem, url, len(graph_of), int(graph_of[-1]) + 1), stem)


def _tu_labels(fs: Any, stem: str, url: str, nodes: int, graphs: int) -> tuple[Any, Any]:
    """Labels of the nodes and of the graphs, or None for what there is not."""
    found = []
    for name, length in (("node", nodes), ("graph", graphs)):
        file = f"{stem}_{name}_labels.txt"
        labels = _numbers(fs, file, url, None) if patiently(lambda file=file: fs.exists(file), url) else None  # type: ignore[misc]
        if labels is not None and len(labels) != length:
            raise ShardFault(url, f"it has {len(labels):,} {name} labels for {length:,} {name}s")
        found.append(labels)
    return found[0], found[1]


def _tu_graphs(graph_of: Any, edges: Any, node_labels: Any, graph_labels: Any, stem: str) -> Iterator[Record]:
    name = stem.rpartition("/")[2]
    first = np.searchsorted(graph_of, np.arange(int(graph_of[-1]) + 2))
    of_edge = graph_of[edges[:, 0]] if len(edges) else np.empty(0, np.int64)
    order = np.argsort(of_edge, kind="stable")
    edges, of_edge = edges[order], of_edge[order]
    bounds = np.searchsorted(of_edge, np.arange(len(first)))
    for graph, (start, stop) in enumerate(pairwise(first.tolist())):
        label = None if graph_labels is None else ",".join(map(str, graph_labels[graph].tolist()))
        mine = edges[bounds[graph] : bounds[graph + 1]] - start
        if len(mine) and (mine.min() < 0 or mine.max() >= stop - start):
            yield None, label, f"{name}/{graph + 1}", "an edge leads to a node of another graph"
            continue
        labels = None if node_labels is None else node_labels[start:stop, 0].tolist()
        yield _text(stop - start, *_once(mine), labels), label, f"{name}/{graph + 1}", None


def _once(edges: Any) -> tuple[Any, bool]:
    """The edges, and whether they are directed: where every one goes both ways they are not, and each is there once."""
    low, high = edges.min(axis=1, initial=1 << 62), edges.max(axis=1, initial=-1)
    keys = np.sort(edges[:, 0] << 32 | edges[:, 1])
    if not np.array_equal(keys, np.sort(edges[:, 1] << 32 | edges[:, 0])):
        return edges, True
    kept = np.unique(low << 32 | high)
    return np.stack([kept >> 32, kept & 0xFFFFFFFF], axis=1), False


def _numbers(fs: Any, path: str, url: str, columns: int | None) -> NDArray[np.int64]:
    """Whole numbers, a line each, separated by commas."""
    data: bytes = patiently(lambda: whole(fs, path), url)
    if not data.strip():
        return np.empty((0, columns or 1), np.int64)
    width = columns or data.strip().split(b"\n", 1)[0].count(b",") + 1
    names = [str(at) for at in range(width)]
    options = pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.int64()), null_values=[])
    try:
        table = pa_csv.read_csv(pa.BufferReader(data), pa_csv.ReadOptions(column_names=names), convert_options=options)
    except pa.ArrowInvalid as error:
        raise ShardFault(url, f"{path.rpartition('/')[2]} does not hold {width} whole numbers a line") from error
    return np.stack([column.to_numpy() for column in table.columns], axis=1)


def _npz_records(fs: Any, path: str, url: str, limits: Limits) -> Iterator[Record]:
    with fs.open(path, "rb") as raw:
        try:
            archive = zipfile.ZipFile(raw)
        except zipfile.BadZipFile as error:
            raise ShardFault(url, "it is no zip archive, as npz is") from error
        with archive:
            members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
            _refuse_bomb(members, url, limits)
            names = {member.filename.removesuffix(".npy") for member in members}
            if any(wanted <= names for wanted in _SPARSE):
                yield _sparse_record(archive, names, url, path.rpartition("/")[2])
                return
            for member in members:
                yield from _dense_records(archive, member)


def _refuse_bomb(members: Sequence[zipfile.ZipInfo], url: str, limits: Limits) -> None:
    if len(members) > limits.archive_members:
        raise ShardFault(url, f"has {len(members):,} members, more than limits.archive_members")
    given, taken = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    if given > limits.archive_bytes or (given > _GRACE_BYTES and given > limits.expansion * max(1, taken)):
        raise ShardFault(url, f"decompresses to {given:,} bytes, over limits.archive_bytes or limits.expansion")


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """A member as an array, which must be of numbers or truth values and no larger than the member says.

    Raises:
        ValueError: where it is not.
    """
    with archive.open(name) as file:
        version = np.lib.format.read_magic(cast(Any, file))
        if version not in ((1, 0), (2, 0)):
            raise ValueError("is an array of another version")
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, column_major, dtype = header(cast(Any, file))
        size = math.prod(shape) * dtype.itemsize
        if dtype.kind not in "biufS":
            raise ValueError("holds no numbers")
        if size > archive.getinfo(name).file_size:
            raise ValueError("is shorter than its header says")
        data = file.read(size)
    if len(data) < size:
        raise ValueError("is cut off")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if column_major else "C")


def _dense_records(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Record]:
    name = member.filename.removesuffix(".npy")
    try:
        array = _array(archive, member.filename)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        yield None, None, name, f"array {name[:80]!r} cannot be read: {str(error)[:120]}"
        return
    if array.ndim not in (2, 3) or array.shape[-1] != array.shape[-2] or array.dtype.kind == "S":
        yield None, None, name, f"array {name[:80]!r} of shape {array.shape} is no adjacency matrix, nor a stack of them"
        return
    for at, matrix in enumerate(array if array.ndim == 3 else array[None]):
        edges = np.argwhere(matrix != 0).astype(np.int64)
        yield _text(len(matrix), *_once(edges)), None, name if array.ndim == 2 else f"{name}[{at}]", None


def _sparse_record(archive: zipfile.ZipFile, names: set[str], url: str, name: str) -> Record:
    """The matrix that scipy.sparse.save_npz wrote."""
    try:
        shape = tuple(int(size) for size in _array(archive, "shape.npy"))
        if len(shape) != 2 or shape[0] != shape[1] or not 0 <= shape[0] < 1 << 31:
            raise ValueError(f"a matrix of shape {shape} is no adjacency matrix")
        edges = _coordinates(archive, names, shape[0])
        stored = _array(archive, "data.npy") if "data" in names else np.ones(len(edges))
        if len(stored) != len(edges) or (len(edges) and (edges.min() < 0 or edges.max() >= shape[0])):
            raise ValueError("its indices do not fit its shape")
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise ShardFault(url, f"the sparse matrix cannot be read: {str(error)[:160]}") from error
    edges = np.unique(edges[stored != 0], axis=0)
    return _text(shape[0], *_once(edges)), None, name, None


def _coordinates(archive: zipfile.ZipFile, names: set[str], size: int) -> NDArray[np.int64]:
    if "row" in names:
        return np.stack([_array(archive, "row.npy"), _array(archive, "col.npy")], axis=1).astype(np.int64)
    kind = bytes(_array(archive, "format.npy").tobytes()).rstrip(b"\0") if "format" in names else b"csr"
    starts, minor = _array(archive, "indptr.npy").astype(np.int64), _array(archive, "indices.npy").astype(np.int64)
    if kind not in (b"csr", b"csc") or len(starts) != size + 1 or np.any(np.diff(starts) < 0) or starts[-1] != len(minor):
        raise ValueError("it is neither CSR, CSC nor COO as scipy writes them")
    major = np.repeat(np.arange(size, dtype=np.int64), np.diff(starts))
    return np.stack([major, minor] if kind == b"csr" else [minor, major], axis=1)


def sample(fs: Any, path: str, shard: Shard, limits: Limits, rows: int) -> pa.Table:
    """The first records, for a first look."""
    first: list[Record] = []
    for record in _records(fs, path, shard, limits):
        first.append(record)
        if len(first) >= rows:
            break
    columns = {name: pa.array([row[at] for row in first], pa.string()) for at, name in enumerate(COLUMNS)}
    return pa.table({name: column for name, column in columns.items() if column.null_count < len(column) or name == "graph"})
