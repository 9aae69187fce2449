"""Which shards a dataset has, and in which format each is."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine.errors import ShardFault, SourceError
from engine.schema import Modality
from engine.source import drives, graphs
from engine.source.dataset import Dataset, Limits
from engine.source.formats import by_content, by_extension, is_image, is_json, stem_and_compression
from engine.source.images import folder_shard
from engine.source.listing import File, listed
from engine.source.manifest import Shard
from engine.source.stream import open_stream
from engine.storage.failures import cause_of
from engine.storage.names import redact, url_of

_HEAD_BYTES = 1024 * 1024
_THREADS = 16
_SELF_CONTAINED = ("parquet", "arrow", "webdataset")


def found(dataset: Dataset, most: int | None = None) -> list[Shard]:
    """The shards of a dataset in the order of their paths, whose footers nobody has read yet.

    Args:
        dataset: where to look.
        most: look only at so many files of each path: enough for a first look where there are very many.

    Raises:
        SourceError: when nothing is there, nothing is data, or nothing may be read.
    """
    shards = {shard.path: shard for given in dataset.paths for shard in _found(dataset, given, most)}
    return sorted(shards.values(), key=lambda shard: shard.path)


def _found(dataset: Dataset, given: str, most: int | None) -> list[Shard]:
    fs, files, single = listed(given)
    if dataset.format == "images" or (dataset.format is None and _is_image_folder(dataset, files)):
        return [folder_shard(files, given)]
    if dataset.format == "telemetry":
        return _some(drives.telemetry_shards(fs, files, given), given)
    folders, files = graphs.tu_shards(fs, files, given) if dataset.format in (None, "tudataset") else ([], files)
    if dataset.format == "tudataset":
        files = []
    files = sorted(_without_saved_state(files), key=lambda file: file.path)[:most]
    with ThreadPoolExecutor(_THREADS) as pool:
        formats = list(pool.map(lambda file: _format(dataset, fs, file, given, single), files))
    shards = folders + [
        Shard(url_of(fs, file.path, given), file.size_bytes, file.version, fmt, None, fault)
        for file, (fmt, fault) in zip(files, formats, strict=True)
        if fmt
    ]
    return _some(shards, given)


def _some(shards: list[Shard], given: str) -> list[Shard]:
    if not shards:
        raise SourceError(f"{redact(given)} holds no file in a known format; name it with format = ...")
    return shards


def _is_image_folder(dataset: Dataset, files: Iterable[File]) -> bool:
    names = [file.path for file in files]
    if dataset.modality is not Modality.VISION_LANGUAGE or not any(map(is_image, names)):
        return False
    return not any(by_extension(name) in _SELF_CONTAINED for name in names)


def _without_saved_state(files: list[File]) -> list[File]:
    """Of a Hugging Face dataset saved to disk only its tables: neither the description nor cached results."""
    folders: dict[str, set[str]] = defaultdict(set)
    for file in files:
        folder, _, name = file.path.rpartition("/")
        folders[folder].add(name)
    saved = {folder for folder, names in folders.items() if names & {"state.json", "dataset_info.json"} and _has_arrow(names)}

    def kept(file: File) -> bool:
        folder, _, name = file.path.rpartition("/")
        if folder in saved:
            return name.endswith(".arrow") and not name.startswith("cache-")
        return not (name == "dataset_dict.json" and any(other.startswith(f"{folder}/") for other in saved))

    return [file for file in files if kept(file)]


def _has_arrow(names: Iterable[str]) -> bool:
    return any(name.endswith(".arrow") for name in names)


def _format(dataset: Dataset, fs: Any, file: File, given: str, single: bool) -> tuple[str | None, str | None]:
    """The format, and a fault where the file cannot even be looked at."""
    named = ("arrow" if dataset.format == "hf" else dataset.format) or by_extension(file.path)
    if not named and drives.is_scenario(file.path) and (single or dataset.modality is Modality.AGENT):
        named = "xml"
    if named or (not single and "." in stem_and_compression(file.path)[0] and not is_json(file.path)):
        return named, None
    if is_image(file.path):
        return None, None
    url = url_of(fs, file.path, given)
    try:
        with open_stream(fs, file.path, url, Limits()) as stream:
            head = stream.read(_HEAD_BYTES)
    except (ShardFault, OSError, ValueError) as error:
        return "jsonl" if is_json(file.path) else None, cause_of(error, url)
    fmt = by_content(head, complete=len(head) < _HEAD_BYTES)
    return fmt or ("json_array" if is_json(file.path) else None), None
