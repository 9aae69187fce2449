"""Images through a vision encoder: decoded one by one, made what the model takes, pooled to one vector an image."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from operators.kernels.pictures import upright
from operators.models.batching import in_halves
from operators.models.loading import loaded
from operators.models.model_files import ModelError

Pooling = Literal["mean", "cls", "model", "classes"]
Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder.

    Args:
        model, processor: of transformers.
        pooling: how the vectors of an image's patches become one; the model's own is its projection, where it has one; of a
            classifier its classes' probabilities.
        device: where it runs.
        batch: images that go through the model together.
        max_pixels: an image of more is not decoded.
    """

    model: Any
    processor: Any
    pooling: Pooling
    device: str
    batch: int
    max_pixels: int
    lock: Any = field(default_factory=Lock)

    def __call__(self, images: Sequence[Any], smaller: int = 0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(m, d) a vector for each image that decodes, and (n,) which these are.

        Args:
            images: n buffers of bytes.
            smaller: how often the size of a batch is halved.

        Raises:
            ModelError: when the model gives numbers that are not finite.
        """
        size = max(1, self.batch >> smaller)
        decodes, found = np.zeros(len(images), np.bool_), []
        runs = [range(start, min(start + size, len(images))) for start in range(0, len(images), size)]
        with ThreadPoolExecutor(1) as ahead:
            coming = [ahead.submit(self._decoded, [images[at] for at in run]) for run in runs]
            for run, prepared in zip(runs, coming, strict=True):
                pixels = prepared.result()
                decodes[run.start : run.stop] = [one is not None for one in pixels]
                there = [one for one in pixels if one is not None]
                if there:
                    found.append(in_halves(self._forward, np.stack(there), self.lock))
        vectors = np.concatenate(found) if found else np.zeros((0, 1), np.float32)
        if not np.isfinite(vectors).all():
            raise ModelError("the encoder gave numbers that are not finite: its weights are damaged, or dtype is too narrow")
        return vectors, decodes

    def _decoded(self, images: Sequence[Any]) -> list[Pixels | None]:
        return [self._pixels(image) for image in images]

    def _pixels(self, data: Any) -> Pixels | None:
        """What the model takes of an image; None where it does not decode."""
        plain = upright(data, self.max_pixels)
        if plain is None:
            return None
        pixels: Pixels = np.asarray(self.processor(plain, return_tensors="np")["pixel_values"][0], np.float32)
        return pixels

    def _forward(self, pixels: Pixels) -> NDArray[np.float32]:
        import torch

        given = torch.from_numpy(pixels).to(self.device, self.model.dtype)
        if self.pooling == "classes":
            found = self.model(pixel_values=given).logits.float().softmax(-1)
        elif self.pooling == "model" and hasattr(self.model, "get_image_features"):
            found = self.model.get_image_features(pixel_values=given).pooler_output
        else:
            out = getattr(self.model, "vision_model", self.model)(pixel_values=given)
            own = getattr(out, "pooler_output", None) if self.pooling == "model" else None
            patches = out.last_hidden_state
            found = own if own is not None else patches.mean(1) if self.pooling == "mean" else patches[:, 0]
        vectors: NDArray[np.float32] = found.float().flatten(1).cpu().numpy()
        return vectors


def load(folder: Path, pooling: Pooling, dtype: str, batch: int, max_pixels: int, head: str = "AutoModel") -> Encoder:
    """The encoder in a folder.

    Raises:
        ModelError: when transformers cannot load it.
    """
    from transformers import AutoImageProcessor

    model, device = loaded(folder, dtype, head)
    try:
        read: Any = AutoImageProcessor.from_pretrained
        processor = read(str(folder), backend="pil", trust_remote_code=False)
    except Exception as error:  # transformers raises whatever a damaged folder makes it
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise ModelError(f"the model in {folder.name} says nothing of how it takes images: {reason}") from error
    return Encoder(model, processor, pooling, device, batch, max_pixels)
