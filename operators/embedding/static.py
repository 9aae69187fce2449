"""Static embeddings: a table of token vectors, a text is the mean of its tokens' (model2vec, Tulkens and van Dongen 2024).

Far cheaper than a transformer, and blind to the order of words. A folder has ``tokenizer.json`` and
``model.safetensors`` with ``embeddings`` (tokens x dimensions), and optionally ``weights`` (of tokens) and ``mapping`` (of
tokens to rows).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from operators.kernels.token_means import token_means
from operators.models.model_files import ModelError

CHARACTERS = 1 << 20
"""A longer text is cut, and said to be."""


@dataclass(frozen=True)
class StaticEncoder:
    """A loaded table.

    Args:
        tokenizer: of the library tokenizers.
        table: (rows, d) float32.
        rows: (tokens,) the row of each token.
        weights: (tokens,) float32.
        unknown: the token that stands for none, left out; -1 where there is no such.
    """

    tokenizer: Any
    table: NDArray[np.float32]
    rows: NDArray[np.int64]
    weights: NDArray[np.float32]
    unknown: int

    def __call__(self, texts: Sequence[str], smaller: int = 0) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:  # noqa: ARG002
        """(n, d) the weighted mean of each text's token vectors, zeros where it has no token, and (n,) which were cut."""
        given = [text[:CHARACTERS] for text in texts]
        encoded = [one.ids for one in self.tokenizer.encode_batch_fast(given, add_special_tokens=False)]
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in encoded])]).astype(np.int64)
        tokens = np.fromiter((token for one in encoded for token in one), np.int64, int(offsets[-1]))
        cut = np.fromiter((len(text) > CHARACTERS for text in texts), np.bool_, len(texts))
        return token_means(offsets, tokens, self.table, self.rows, self.weights, self.unknown), cut


def is_static(folder: Path) -> bool:
    """Whether a folder holds a table instead of a transformer."""
    path = folder / "config.json"
    return not path.exists() or json.loads(path.read_text()).get("model_type") == "model2vec"


def load(folder: Path) -> StaticEncoder:
    """The table in a folder.

    Raises:
        ModelError: when it is not one.
    """
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    try:
        tensors = load_file(str(next(folder.glob("*.safetensors"))))
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # both libraries raise their own
        raise ModelError(f"the model in {folder.name} cannot be loaded: {type(error).__name__}: {str(error)[:200]}") from error
    if "embeddings" not in tensors or tensors["embeddings"].ndim != 2:
        raise ModelError(f"the model in {folder.name} has no table called embeddings")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    table = np.ascontiguousarray(tensors["embeddings"], np.float32)
    rows = tensors.get("mapping", np.arange(len(table))).astype(np.int64)
    weights = tensors.get("weights", np.ones(len(rows))).astype(np.float32)
    if len(weights) != len(rows) or (len(rows) and (rows.min() < 0 or rows.max() >= len(table))):
        raise ModelError(f"the model in {folder.name} has weights or a mapping that do not fit its table")
    unknown = json.loads(tokenizer.to_str())["model"].get("unk_token")
    token = tokenizer.token_to_id(unknown) if isinstance(unknown, str) else None
    return StaticEncoder(tokenizer, table, rows, weights, -1 if token is None else token)
