"""Texts through a causal language model: what it made of every token, in windows that overlap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from operators.models.batching import CHARACTERS_A_TOKEN, in_batches, padded
from operators.models.loading import loaded, plain_tokenizer, stated, window_of
from operators.models.model_files import ModelError

Start = Literal["model", "always", "never"]
WINDOW = 1024
"""Tokens that a model sees at once, where neither it nor the plan says fewer."""
_LOGITS = {"cpu": 1 << 27, "cuda": 1 << 31}
"""Numbers that a batch may come to: a row of the vocabulary for each of its tokens."""
_TOKENS = {"cpu": 2048, "cuda": 1 << 17}
_SUMMED = {"cpu": 1 << 19, "cuda": 1 << 26}
"""Numbers whose distributions are summed together: on a CPU what a cache holds."""
_TEXTS = 256
"""Texts that are tokenised together."""
_LEAST_VARIANCE = 1e-6
_LEAST = -1e4
"""A token that the model rules out has this log-probability, and not minus infinity."""


class Scored(NamedTuple):
    """What a model made of one text.

    Args:
        log_p: (n,) the log-probability, in nats, of each token that has one before it.
        normalised: (n,) the same less its mean under the model's own distribution there, over that distribution's standard
            deviation.
        seen: the part of the text that was looked at.
        before: characters of it that come before the first of these tokens.
        cut: whether the text goes on.
    """

    log_p: NDArray[np.float64]
    normalised: NDArray[np.float64]
    seen: str
    before: int
    cut: bool


class _Window(NamedTuple):
    """Tokens that the model sees together; those from ``first`` on are scored."""

    ids: list[int]
    first: int

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Causal:
    """A loaded language model.

    Args:
        model, tokenizer: of transformers.
        start: the token before every text; None where there is none, and then a text's first token is not scored.
        window: the most tokens that the model sees at once.
        stride: how far one window is from the next: all but the first tokens see at least ``window - stride`` before them.
        most: tokens of a text; what is beyond is not looked at.
        device: where it runs.
        tokens: in a batch, padding included.
    """

    model: Any
    tokenizer: Any
    start: int | None
    window: int
    stride: int
    most: int
    device: str
    tokens: int
    lock: Any = field(default_factory=Lock)

    def __call__(self, texts: Sequence[str], smaller: int = 0) -> list[Scored]:
        """What the model makes of each text.

        Args:
            texts: as they are: what spells a special token in them is text.
            smaller: how often the budget of a batch is halved.

        Raises:
            ModelError: when the model gives numbers that are not finite.
        """
        order = sorted(range(len(texts)), key=lambda at: -len(texts[at]))
        found: list[Any] = [None] * len(texts)
        coming = iter(order)
        while chunk := list(islice(coming, _TEXTS)):
            for at, scored in zip(chunk, self._chunk([texts[at] for at in chunk], smaller), strict=True):
                found[at] = scored
        return found

    def _chunk(self, texts: list[str], smaller: int) -> Iterator[Scored]:
        heads = [text[: CHARACTERS_A_TOKEN * self.most] for text in texts]
        encoded = self.tokenizer.encode_batch(heads, add_special_tokens=False)
        windows = [self._windows(one.ids[: self.most]) for one in encoded]
        every = [window for of_text in windows for window in of_text]
        scores = iter(in_batches(self._forward, every, max(1, self.tokens >> smaller), self.lock) if every else ())
        for text, head, one, of_text in zip(texts, heads, encoded, windows, strict=True):
            parts = [next(scores)[: len(window) - window.first] for window in of_text]
            log_p, normalised = np.concatenate([np.empty((0, 2)), *parts]).T
            if not (np.isfinite(log_p).all() and np.isfinite(normalised).all()):
                raise ModelError("the model gave numbers that are not finite: its weights are damaged, or dtype is too narrow")
            seen = head if len(one.ids) <= self.most else head[: one.offsets[self.most - 1][1]]
            before = one.offsets[0][1] if self.start is None and one.ids else 0
            yield Scored(log_p, normalised, seen, before, len(seen) < len(text))

    def _windows(self, ids: list[int]) -> list[_Window]:
        """Windows ``stride`` apart in which every token with one before it is scored once."""
        whole = ids if self.start is None else [self.start, *ids]
        done, found = 1, []
        for begin in range(0, max(1, len(whole)), self.stride):
            end = min(begin + self.window, len(whole))
            if end > done:
                found.append(_Window(whole[begin:end], done - begin))
                done = end
        return found

    def _forward(self, windows: list[_Window]) -> NDArray[np.float64]:
        """(n, window, 2) log-probability and its normalised form of the scored tokens of each window, one after the other."""
        import torch

        rows, mask = padded([window.ids for window in windows])
        ids, seen = torch.from_numpy(rows).to(self.device), torch.from_numpy(mask).to(self.device)
        logits = self.model(input_ids=ids, attention_mask=None if mask.all() else seen, use_cache=False).logits
        out = np.zeros((len(windows), self.window, 2))
        for at, window in enumerate(windows):
            last = len(window)
            found = _scores(logits[at, window.first - 1 : last - 1], ids[at, window.first : last])
            out[at, : last - window.first] = found
        return out


def _scores(logits: Any, targets: Any) -> NDArray[np.float64]:
    """(n, 2) of each token its log-probability and, by the distribution that it was drawn from, how low that is."""
    import torch

    parts, rows = [], max(1, _SUMMED[logits.device.type] // logits.shape[-1])
    for start in range(0, len(targets), rows):
        log_p = logits[start : start + rows].float().log_softmax(-1).clamp_(min=_LEAST)
        given, p = log_p.gather(-1, targets[start : start + rows, None]), log_p.exp()
        mean = torch.linalg.vecdot(p, log_p)[:, None]
        variance = torch.linalg.vecdot(p, log_p.sub_(mean).square_())[:, None]
        parts.append(torch.cat([given, (given - mean) / variance.clamp(min=_LEAST_VARIANCE).sqrt()], -1))
    scores: NDArray[np.float64] = torch.cat(parts).double().cpu().numpy()
    return scores


def load(
    folder: Path,
    window: int | None = None,
    stride: int | None = None,
    most: int = 1 << 16,
    start: Start = "model",
    dtype: str = "float32",
    batch_tokens: int | None = None,
) -> Causal:
    """The language model in a folder.

    Args:
        folder: a causal language model of transformers, weights as safetensors, with its tokenizer.json.
        window: of tokens; default: 1,024, or what the model says of itself where that is fewer.
        stride: default: half of the window.
        most: tokens of a text.
        start: whether a token stands before every text: what the tokenizer puts there by itself, always the model's
            ``bos_token_id``, or never one.
        dtype: of weights and products.
        batch_tokens: in a batch, padding included; default: 2,048, on a GPU 131,072, fewer for large vocabularies.

    Raises:
        ModelError: when transformers cannot load it, or has no token to start with.
    """
    model, device = loaded(folder, dtype, "AutoModelForCausalLM")
    tokenizer = plain_tokenizer(folder)
    wide = window_of(model, folder, WINDOW if window is None else window)
    vocabulary = model.get_output_embeddings().weight.shape[0] if model.get_output_embeddings() is not None else 1 << 16
    budget = batch_tokens or min(_TOKENS[device], max(1, _LOGITS[device] // vocabulary))
    token = _start(folder, model, tokenizer, start)
    return Causal(model, tokenizer, token, wide, min(stride or max(1, wide // 2), wide - 1), most, device, budget)


def _start(folder: Path, model: Any, tokenizer: Any, start: Start) -> int | None:
    stated_id = getattr(model.config, "bos_token_id", None)
    if start == "never":
        return None
    if start == "always":
        if stated_id is None:
            raise ModelError(f"the model in {folder.name} states no bos_token_id: set start to model or never")
        return int(stated_id)
    own = tokenizer.encode("", add_special_tokens=True).ids
    added = stated(folder, "tokenizer_config.json", "add_bos_token")
    if own and (own[0] == stated_id or stated_id is None) and added is not False:
        return int(own[0])
    return int(stated_id) if added and stated_id is not None else None
