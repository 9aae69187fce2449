"""Texts through a transformer encoder: batches of like lengths, tokenised ahead of the model, pooled to one vector a text."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from operators.embedding.model_files import ModelError

Pooling = Literal["mean", "cls", "model"]
CHUNK = 512
"""Texts that are tokenised together, while the model works on those before."""
TOKENS = {"cpu": 2048, "cuda": 1 << 17}
"""In a batch, padding included: on a CPU more gain nothing, a GPU wants to be filled."""
CHARACTERS_A_TOKEN = 100
"""What is beyond so many characters for each token of the window is not even tokenised."""


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
                found = self._chunk(ids, max(1, self.tokens >> smaller))
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

    def _chunk(self, ids: list[list[int]], tokens: int) -> NDArray[np.float32]:
        """The vectors of some texts, batched by their lengths."""
        order = np.argsort([-len(one) for one in ids], kind="stable")
        runs = batches([len(ids[at]) for at in order], tokens)
        found = np.concatenate(
            [in_halves(self._forward, [ids[at] for at in order[run.start : run.stop]], self.lock) for run in runs]
        )
        vectors = np.empty_like(found)
        vectors[order] = found
        return vectors

    def _forward(self, ids: list[list[int]]) -> NDArray[np.float32]:
        import torch

        longest = max(map(len, ids))
        padded = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros((len(ids), longest), np.int64)
        for row, one in enumerate(ids):
            padded[row, : len(one)], mask[row, : len(one)] = one, 1
        whole = bool(mask.all())
        tokens, seen = torch.from_numpy(padded).to(self.device), torch.from_numpy(mask).to(self.device)
        states = self.model(input_ids=tokens, attention_mask=None if whole else seen).last_hidden_state.float()
        if self.pooling == "cls":
            pooled = states[:, 0]
        else:
            weights = seen[..., None].float()
            pooled = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        vectors: NDArray[np.float32] = pooled.cpu().numpy()
        return vectors


def in_halves(forward: Callable[[Any], NDArray[np.float32]], items: Any, lock: Any) -> NDArray[np.float32]:
    """What a model gives for a batch, one thread at a time; where memory runs out, for one half after the other."""
    import torch

    try:
        with lock, torch.inference_mode():
            return forward(items)
    except torch.OutOfMemoryError:
        if len(items) == 1:
            raise
        half = len(items) // 2
        return np.concatenate([in_halves(forward, part, lock) for part in (items[:half], items[half:])])


def batches(lengths: Sequence[int], tokens: int) -> Iterator[range]:
    """Runs of texts, the longest first, whose padded size stays within a budget of tokens; at least one text each.

    >>> list(batches([5, 3, 3, 1], 9))
    [range(0, 1), range(1, 4)]
    """
    start = 0
    for at in range(len(lengths)):
        if at > start and (at + 1 - start) * lengths[start] > tokens:
            yield range(start, at)
            start = at
    if lengths:
        yield range(start, len(lengths))


def load(folder: Path, pooling: Pooling, max_tokens: int | None, dtype: str, tokens: int | None) -> Encoder:
    """The encoder in a folder.

    Raises:
        ModelError: when transformers cannot load it.
    """
    from tokenizers import Tokenizer

    model, device = loaded(folder, dtype)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # a bare Exception, whatever the file holds
        raise ModelError(f"the tokenizer in {folder.name} cannot be loaded: {str(error)[:200]}") from error
    limits = (max_tokens, _stated(folder), getattr(model.config, "max_position_embeddings", None))
    window = min(filter(None, limits), default=512)
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(window) + 1)
    tail = max(0, tokenizer.num_special_tokens_to_add(False) - 1)
    chosen_pooling = _pooling(folder) if pooling == "model" else pooling
    return Encoder(model, tokenizer, chosen_pooling, int(window), tail, device, tokens or TOKENS[device])


def loaded(folder: Path, dtype: str) -> tuple[Any, str]:
    """The model in a folder, ready, and where it runs.

    Raises:
        ModelError: when transformers cannot load it.
    """
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    chosen = torch.bfloat16 if dtype == "bfloat16" else torch.float32
    try:
        model = AutoModel.from_pretrained(str(folder), use_safetensors=True, trust_remote_code=False, dtype=chosen)
    except Exception as error:  # transformers raises whatever a damaged folder makes it
        raise ModelError(f"the model in {folder.name} cannot be loaded: {type(error).__name__}: {str(error)[:200]}") from error
    return model.eval().to(device), device


def _stated(folder: Path) -> int | None:
    """The window that sentence-transformers was told."""
    path = folder / "sentence_bert_config.json"
    return json.loads(path.read_text()).get("max_seq_length") if path.exists() else None


def _pooling(folder: Path) -> Literal["mean", "cls"]:
    path = folder / "1_Pooling" / "config.json"
    if not path.exists():
        return "mean"
    stated = json.loads(path.read_text())
    if stated.get("pooling_mode_mean_tokens"):
        return "mean"
    if stated.get("pooling_mode_cls_token"):
        return "cls"
    raise ModelError(f"the model in {folder.name} pools in a way that is not supported; set pooling to mean or cls")
