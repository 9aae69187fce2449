"""Pictures and texts in one space: the two towers of CLIP, SigLIP and their like."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.embedding import vision
from operators.embedding.vision import Encoder
from operators.kernels.vectors import unit
from operators.models.batching import CHARACTERS_A_TOKEN, in_halves, padded
from operators.models.loading import plain_tokenizer
from operators.models.model_files import ModelError

Vectors = NDArray[np.float32]
_BATCH = 64


class Texts(NamedTuple):
    """What the tower of texts says.

    Args:
        vectors: (n, d) of length one.
        tokens: (n,) tokens of each text, those at its ends included, before it was cut.
    """

    vectors: Vectors
    tokens: list[int]


@dataclass(frozen=True)
class ImageText:
    """A loaded model.

    Args:
        pictures: its tower of pictures.
        tokenizer: from texts to tokens; cuts at the window, the token at the end kept.
        window: the most tokens that it takes.
        filled: whether it was trained on texts filled up to the window, without a mask, as SigLIP was.
        filler: the token that texts are filled up with.
    """

    pictures: Encoder
    tokenizer: Any
    window: int
    filled: bool
    filler: int

    def images(self, images: Sequence[Any], smaller: int = 0) -> tuple[Vectors, NDArray[np.bool_]]:
        """(m, d) vectors of length one of the images that decode, and (n,) which these are."""
        vectors, decodes = self.pictures(images, smaller)
        return unit(vectors), decodes

    def texts(self, texts: Sequence[str]) -> Texts:
        """The vectors of texts, each cut at the window where it is longer."""
        cut = [text[: CHARACTERS_A_TOKEN * self.window] for text in texts]
        found = self.tokenizer.encode_batch(cut)
        tokens = [len(one.ids) + sum(len(more.ids) - _ends(more) for more in one.overflowing) for one in found]
        vectors = [self._forward([one.ids for one in found[at : at + _BATCH]]) for at in range(0, len(found), _BATCH)]
        return Texts(unit(np.concatenate(vectors)) if vectors else np.zeros((0, 1), np.float32), tokens)

    def _forward(self, rows: list[list[int]]) -> Vectors:
        import torch

        model, device = self.pictures.model, self.pictures.device
        if self.filled:
            rows = [row + [self.filler] * (self.window - len(row)) for row in rows]
        ids, mask = padded(rows, self.filler)

        def run(at: NDArray[np.int64]) -> Vectors:
            given = {"input_ids": torch.from_numpy(ids[at]).to(device)}
            if not self.filled:
                given["attention_mask"] = torch.from_numpy(mask[at]).to(device)
            found: Vectors = model.get_text_features(**given).pooler_output.float().cpu().numpy()
            return found

        return in_halves(run, np.arange(len(ids)), self.pictures.lock)


def _ends(encoding: Any) -> int:
    """The tokens that a model puts around a text, which every part of a cut one has."""
    return sum(encoding.special_tokens_mask)


def load(folder: Path, dtype: str, batch: int, max_pixels: int) -> ImageText:
    """The model in a folder.

    Raises:
        ModelError: when it cannot be loaded, or has no tower of texts.
    """
    pictures = vision.load(folder, "model", dtype, batch, max_pixels)
    config = getattr(pictures.model.config, "text_config", None)
    window = getattr(config, "max_position_embeddings", None)
    if not hasattr(pictures.model, "get_text_features") or config is None or window is None:
        raise ModelError(f"the model in {folder.name} has no tower of texts: give CLIP, SigLIP or one of their like")
    tokenizer = plain_tokenizer(folder)
    tokenizer.enable_truncation(window)
    filler = getattr(config, "pad_token_id", None)
    return ImageText(pictures, tokenizer, window, "siglip" in config.model_type, filler if filler is not None else 0)
