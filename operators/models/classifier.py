"""Texts, or pairs of texts, through a classifier of transformers: one probability a label."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.models.batching import CHARACTERS_A_TOKEN, CHUNK, TOKENS, in_batches, padded
from operators.models.loading import loaded, plain_tokenizer, window_of
from operators.models.model_files import ModelError

Given = Sequence[str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Classifier:
    """A loaded classifier.

    Args:
        model, tokenizer: of transformers.
        labels: what the columns of the answer are the probabilities of, as the model's config.json names them.
        window: the most tokens of a text or pair that the model sees.
        alone: each label has a probability of its own (sigmoid); else they add up to one (softmax).
        device: where it runs.
        tokens: in a batch, padding included.
    """

    model: Any
    tokenizer: Any
    labels: tuple[str, ...]
    window: int
    alone: bool
    device: str
    tokens: int
    lock: Any = field(default_factory=Lock)

    def __call__(self, texts: Given, smaller: int = 0) -> NDArray[np.float32]:
        """(n, labels) probabilities of n texts or pairs; see `judged`."""
        return self.judged(texts, smaller)[0]

    def judged(self, texts: Given, smaller: int = 0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(n, labels) probabilities, and (n,) which texts or pairs were longer than the window.

        Of a pair the first text is cut; the second only where it fills the window alone.

        Args:
            texts: n texts or pairs.
            smaller: how often the budget of a batch is halved.

        Raises:
            ModelError: when the model gives numbers that are not finite.
        """
        found, cut = np.zeros((len(texts), len(self.labels)), np.float32), np.zeros(len(texts), np.bool_)
        order = sorted(range(len(texts)), key=lambda at: -_characters(texts[at]))
        for start in range(0, len(order), CHUNK):
            chunk = order[start : start + CHUNK]
            rows, cut[chunk] = self._tokenised([texts[at] for at in chunk])
            found[chunk] = in_batches(self._forward, rows, max(1, self.tokens >> smaller), self.lock)
        if not np.isfinite(found).all():
            raise ModelError("the classifier gave numbers that are not finite: its weights are damaged, or dtype is too narrow")
        return found, cut

    def _tokenised(self, texts: Sequence[Any]) -> tuple[list["_Row"], list[bool]]:
        pairs = [text if isinstance(text, tuple) else (text, None) for text in texts]
        most = CHARACTERS_A_TOKEN * self.window
        distinct = list(dict.fromkeys(text[:most] for pair in pairs for text in pair if text is not None))
        encoded = self.tokenizer.encode_batch(distinct, add_special_tokens=False)
        known = dict(zip(distinct, encoded, strict=True))
        rows, cut = [], []
        for first, second in pairs:
            both = (known[first[:most]], None if second is None else known[second[:most]])
            one, longer = self._joined(*both)
            rows.append(one)
            cut.append(longer or len(first) > most or len(second or "") > most)
        return rows, cut

    def _joined(self, first: Any, second: Any) -> tuple["_Row", bool]:
        """One text or pair with the special tokens around it, and whether it had to be cut."""
        room = self.window - self.tokenizer.num_special_tokens_to_add(second is not None)
        kept = 0 if second is None else min(len(second), room - 1)
        longer = len(first) + (0 if second is None else len(second)) > room
        if longer:
            first, second = _head(first, room - kept), None if second is None else _head(second, kept)
        whole = self.tokenizer.post_process(first, second)
        return _Row(whole.ids, whole.type_ids), longer

    def _forward(self, rows: list["_Row"]) -> NDArray[np.float32]:
        import torch

        ids, mask = padded([row.ids for row in rows], _padding(self.model) or 0)
        given = {"input_ids": ids, "attention_mask": mask}
        if (
            getattr(self.model.config, "type_vocab_size", 0) > 1
            and "token_type_ids" in signature(self.model.forward).parameters
        ):
            given["token_type_ids"] = padded([row.kinds for row in rows])[0]
        tensors = {name: torch.from_numpy(array).to(self.device) for name, array in given.items()}
        logits = self.model(**tensors).logits.float()
        shares: NDArray[np.float32] = (logits.sigmoid() if self.alone else logits.softmax(-1)).cpu().numpy()
        return shares


@dataclass(frozen=True)
class _Row:
    """The tokens of one text or pair, and which of the two each belongs to."""

    ids: list[int]
    kinds: list[int]

    def __len__(self) -> int:
        return len(self.ids)


def load(folder: Path, max_tokens: int | None = None, dtype: str = "float32", batch_tokens: int | None = None) -> Classifier:
    """The classifier in a folder.

    Args:
        folder: a model of transformers for sequence classification, weights as safetensors, with its tokenizer.json.
        max_tokens: the window; default: what the model says of itself.
        dtype: of weights and products.
        batch_tokens: in a batch, padding included; default: 2,048, on a GPU 131,072.

    Raises:
        ModelError: when transformers cannot load it.
    """
    model, device = loaded(folder, dtype, "AutoModelForSequenceClassification")
    tokenizer = plain_tokenizer(folder)
    config = model.config
    labels = tuple(str(config.id2label[at]) for at in range(config.num_labels))
    alone = config.problem_type == "multi_label_classification" or len(labels) == 1
    tokens = batch_tokens or TOKENS[device]
    if _padding(model) is None:
        tokens = 1  # a batch of several needs to know what to be filled with
    return Classifier(model, tokenizer, labels, window_of(model, folder, max_tokens), alone, device, tokens)


def _padding(model: Any) -> int | None:
    padding: int | None = getattr(model.config, "pad_token_id", None)
    return padding


def _characters(text: str | tuple[str, str]) -> int:
    return len(text) if isinstance(text, str) else len(text[0]) + len(text[1])


def _head(encoding: Any, tokens: int) -> Any:
    """The first tokens; the encoding itself is left as it is."""
    from copy import deepcopy

    part = deepcopy(encoding)
    part.truncate(tokens)
    return part
