"""Which format a file is in: by its extension, and where that says nothing, by its first bytes."""

import orjson

from engine.source.dataset import Format

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
CLIPS = (".mp4", ".webm", ".avi", ".mov", ".mkv", ".m4v")
COMPRESSIONS = {".gz": "gzip", ".gzip": "gzip", ".zst": "zstd", ".zstd": "zstd", ".bz2": "bz2"}

_EXTENSIONS: dict[str, Format] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".jsonlines": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".tar": "webdataset",
    ".tgz": "webdataset",
    ".npz": "npz",
    ".edgelist": "edgelist",
    ".edges": "edgelist",
    ".nt": "triples",
}
_JSON_EXTENSIONS = (".json", ".traj", ".geojson")
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"))


def stem_and_compression(path: str) -> tuple[str, str | None]:
    """The lower-case name without a compression's extension, and the compression.

    >>> stem_and_compression("a/B.jsonl.gz")
    ('b.jsonl', 'gzip')
    """
    name = path.rsplit("/", 1)[-1].lower()
    if name.endswith(".tgz"):
        return name, "gzip"
    for extension, compression in COMPRESSIONS.items():
        if name.endswith(extension):
            return name.removesuffix(extension), compression
    return name, None


def compression_of(head: bytes) -> str | None:
    """How a file of line or archive formats is compressed: by its magic bytes, since names may lie."""
    return next((compression for magic, compression in _MAGIC if head.startswith(magic)), None)


def by_extension(path: str) -> Format | None:
    """The format that the extension names; None for ``.json``, which may hold lines or an array, and for unknown ones.

    >>> by_extension("a/b.ndjson.zst"), by_extension("a.json")
    ('jsonl', None)
    """
    name, _ = stem_and_compression(path)
    return next((fmt for extension, fmt in _EXTENSIONS.items() if name.endswith(extension)), None)


def is_image(path: str) -> bool:
    """Whether the extension is that of a picture or a clip."""
    return path.lower().endswith(IMAGES + CLIPS)


def is_json(path: str) -> bool:
    """Whether the extension says JSON of some layout."""
    return stem_and_compression(path)[0].endswith(_JSON_EXTENSIONS)


def by_content(head: bytes, complete: bool) -> Format | None:
    """The format that the first (decompressed) bytes show; ``complete`` when they are the whole file.

    >>> by_content(b'[{"a": 1}]', True), by_content(b'{"a": 1}\\n{"a": 2}\\n', False), by_content(b"\\x00", True)
    ('json_array', 'jsonl', None)
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        return "arrow"
    if head[257:262] == b"ustar":
        return "webdataset"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        return "json_array"
    return _object_layout(text, complete) if text.startswith(b"{") else None


def _object_layout(text: bytes, complete: bool) -> Format:
    line, newline, rest = text.partition(b"\n")
    if newline and rest.strip():
        return "jsonl" if _is_json(line) else "json_array"
    return "json_array" if complete or not newline else "jsonl"


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
