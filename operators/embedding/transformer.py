"""Texts through a transformer encoder: batches of like lengths, tokenised ahead of the model, pooled to one vector a text."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from operators.models.batching import CHARACTERS_A_TOKEN, CHUNK, TOKENS, in_batches, padded
from operators.models.loading import loaded, stated, tokenizer_in, window_of
from operators.models.model_files import ModelError

Pooling = Literal["mean", "cls", "model"]


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder.

    Args:
        model, tokenizer: of transformers.
        pooling: how the vectors of a text's tokens become one.
        window: the most tokens of a text that the model sees.
        tail: special tokens at the end of every text.
        device: where it runs.
        tokens: in a batch, padding included.
    """

    model: Any
    tokenizer: Any
    pooling: Literal["mean", "cls"]
    window: int
    tail: int
    device: str
    tokens: int
    lock: Any = field(default_factory=Lock)

    def __call__(self, texts: Sequence[str], smaller: int = 0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(n, d) one vector a text, and (n,) which texts were longer than the window.

        Args:
            texts: n of them.
            smaller: how often the budget of a batch is halved.

        Raises:
            ModelError: when the model gives numbers that are not finite.
        """
        wide = self.model.config.hidden_size
        vectors = np.zeros((len(texts), wide), np.float32)
        cut = np.zeros(len(texts), np.bool_)
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        chunks = [order[start : start + CHUNK] for start in range(0, len(order), CHUNK)]
        with ThreadPoolExecutor(1) as ahead:
            coming = [ahead.submit(self._tokenised, [texts[at] for at in chunk]) for chunk in chunks]
            for chunk, tokenised in zip(chunks, coming, strict=True):
                ids, longer = tokenised.result()
                cut[chunk] = longer
                found = in_batches(self._forward, ids, max(1, self.tokens >> smaller), self.lock)
                if found.shape[1] != wide:
                    raise ModelError(f"the encoder gave {found.shape[1]} numbers a text, its config.json says {wide}")
                vectors[chunk] = found
        if not np.isfinite(vectors).all():
            raise ModelError("the encoder gave numbers that are not finite: its weights are damaged, or dtype is too narrow")
        return vectors, cut

    def _tokenised(self, texts: Sequence[str]) -> tuple[list[list[int]], list[bool]]:
        """The token ids of each text, special tokens included, and whether the window has no room for all of them.

        The tokenizer cuts at one token more than the window, so that what is too long can be told from what fits.
        """
        most = CHARACTERS_A_TOKEN * self.window
        ids = [one.ids for one in self.tokenizer.encode_batch_fast([text[:most] for text in texts])]
        longer = [len(one) > self.window or len(text) > most for one, text in zip(ids, texts, strict=True)]
        return [self._windowed(one) for one in ids], longer

    def _windowed(self, ids: list[int]) -> list[int]:
        return ids if len(ids) <= self.window else [*ids[: self.window - self.tail], *ids[len(ids) - self.tail :]]

    def _forward(self, ids: list[list[int]]) -> NDArray[np.float32]:
        import torch

        rows, mask = padded(ids)
        whole = bool(mask.all())
        tokens, seen = torch.from_numpy(rows).to(self.device), torch.from_numpy(mask).to(self.device)
        states = self.model(input_ids=tokens, attention_mask=None if whole else seen).last_hidden_state.float()
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = seen[..., None].float()
            pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        vectors: NDArray[np.float32] = pooled.cpu().numpy()
        return vectors


def load(folder: Path, pooling: Pooling, max_tokens: int | None, dtype: str, tokens: int | None) -> Encoder:
    """The encoder in a folder.

    Raises:
        ModelError: when transformers cannot load it.
    """
    model, device = loaded(folder, dtype)
    tokenizer = tokenizer_in(folder)
    told = stated(folder, "sentence_bert_config.json", "max_seq_length")
    window = window_of(model, folder, told, max_tokens)
    tokenizer.no_padding()
    tokenizer.enable_truncation(window + 1)
    tail = max(0, tokenizer.num_special_tokens_to_add(False) - 1)
    chosen_pooling = _pooling(folder) if pooling == "model" else pooling
    return Encoder(model, tokenizer, chosen_pooling, window, tail, device, tokens or TOKENS[device])


def _pooling(folder: Path) -> Literal["mean", "cls"]:
    file = "1_Pooling/config.json"
    if not (folder / file).exists() or stated(folder, file, "pooling_mode_mean_tokens"):
        return "mean"
    if stated(folder, file, "pooling_mode_cls_token"):
        return "cls"
    raise ModelError(f"the model in {folder.name} pools in a way that is not supported; set pooling to mean or cls")
