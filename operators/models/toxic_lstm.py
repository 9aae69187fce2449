"""A small classifier of toxic comments whose weights come inside a wheel: nothing is downloaded, and none of its code runs.

toxic-comment-classifier 0.3.0 (MIT) is a bidirectional LSTM of 50 units over 50 numbers a word, trained on the 159,571 comments
of the Jigsaw toxic comment challenge (Wikipedia talk pages, English). The package itself wants TensorFlow; here its weights
(HDF5) run in torch, and its vocabulary, the pickle of a Keras tokenizer, is read by an unpickler that can make nothing but
containers of words and numbers. Both files are read only where they are, to the bit, the ones that were looked at.
"""

import hashlib
import io
import pickle
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from operators.models.model_files import ModelError

LABELS = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
WINDOW = 100
"""Words at once. The package sees only the last so many; here a longer text is read in several windows."""
INSTALL = "pip install h5py && pip install --no-deps toxic-comment-classifier==0.3.0"
"""Without ``--no-deps`` pip would bring TensorFlow."""
FILES = {
    "model.weights.h5": "03ed4c3f52be909821a8c3263de2dcd65b95908bfae6f569c9a9cec90538a4b3",
    "tokenizer.pickle": "d8e998211d68c5264b84c6eb6753f08897194038e0345e91a592f97cd38c125c",
}
"""SHA-256 of what is read."""

_BATCH = 128
"""Windows at once."""
_VOCABULARY = 20_000
_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
"""Characters that stand between words, as the tokenizer has them: an apostrophe does not."""


def folder() -> Path | None:
    """Where the files are; None where the wheel is not installed. Imports nothing of it."""
    spec = find_spec("toxic_classifier")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) / "model" if places else None


def obstacle() -> str | None:
    """Why the classifier cannot run here, in one sentence; None where it can."""
    if find_spec("torch") is None:
        return "needs the package torch: pip install llm-data-auditor[models]"
    if folder() is None or find_spec("h5py") is None:
        return f"needs a classifier: {INSTALL}, or name another one as model"
    return None


def identity() -> Mapping[str, Any]:
    """The weights: there is one set of them."""
    return {"weights": FILES["model.weights.h5"][:16]}


@dataclass(frozen=True)
class ToxicLstm:
    """The loaded classifier.

    Args:
        embedding: (20000, 50) a vector a word; that of word 0 fills windows up on the left.
        lstm: of torch, both directions.
        dense: two layers, each (weights, bias).
        words: the vocabulary, as a type of polars whose codes are one less than the words' numbers.
        device: where it runs.
    """

    embedding: Any
    lstm: Any
    dense: Any
    words: Any
    device: str

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, 6) the probability of each of `LABELS`, the greatest of a text's windows; NaN for a text without a known word."""
        ids, owners = windows(texts, self.words)
        found = np.full((len(texts), len(LABELS)), -1.0, np.float32)
        for start in range(0, len(ids), _BATCH):
            np.maximum.at(found, owners[start : start + _BATCH], self._forward(ids[start : start + _BATCH]))
        found[found[:, 0] < 0] = np.nan
        return found

    def _forward(self, ids: NDArray[np.int32]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            vectors = self.embedding[torch.from_numpy(ids.astype(np.int64)).to(self.device)]
            pooled = self.lstm(vectors)[0].amax(1)
            (first, bias), (last, last_bias) = self.dense
            shares: NDArray[np.float32] = torch.sigmoid(torch.relu(pooled @ first + bias) @ last + last_bias).cpu().numpy()
        return shares


def windows(texts: Sequence[str], words: Any) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """(m, 100) the words of each window as numbers, zeros on the left, and (m,) which text it is of.

    A text of up to 100 known words is one window, as in the package. A longer one is cut into windows of 100, the last
    of which ends with the text. Words out of the vocabulary are left out; a text without any has no window.

    >>> ids, owners = windows(["An idiot, you!", "qqq"], pl.Enum(["you", "idiot"]))
    >>> ids[:, -3:].tolist(), owners.tolist()
    ([[0, 2, 1]], [0])
    """
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).with_row_index("row")
    spaced = pl.col("text").str.to_lowercase().str.replace_all(f"[{_escaped(_FILTERS)}]", " ")
    known = (
        frame.select("row", word=spaced.str.split(" "))
        .explode("word")
        .select("row", id=pl.col("word").cast(words, strict=False).to_physical())
        .drop_nulls()
    )
    rows = known["row"].to_numpy().astype(np.int64)
    ids = known["id"].to_numpy().astype(np.int32) + 1
    counts = np.bincount(rows, minlength=len(texts))
    starts = np.concatenate([[0], np.cumsum(counts)])
    needed = -(-counts // WINDOW)
    owners = np.repeat(np.arange(len(texts)), needed)
    nth = np.arange(len(owners)) - np.repeat(np.cumsum(needed) - needed, needed)
    stops = starts[owners] + np.minimum((nth + 1) * WINDOW, counts[owners])
    at = stops[:, None] + np.arange(-WINDOW, 0)
    there = at >= starts[owners][:, None]
    padded = np.concatenate([ids, [0]]).astype(np.int32)
    return np.where(there, padded[np.where(there, at, len(ids))], 0).astype(np.int32), owners


def _escaped(characters: str) -> str:
    return "".join(f"\\x{ord(character):02x}" for character in characters)


def load() -> ToxicLstm:
    """The classifier.

    Raises:
        ModelError: when it is not installed, or its files are not the known ones.
    """
    import torch

    reason = obstacle()
    if reason:
        raise ModelError(reason)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    arrays = _weights(_known_bytes("model.weights.h5"))
    tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    lstm = torch.nn.LSTM(50, 50, batch_first=True, bidirectional=True).to(device).eval()
    with torch.no_grad():
        for suffix, layer in (("", "forward_layer"), ("_reverse", "backward_layer")):
            kernel, recurrent, bias = (tensors[f"bidirectional/{layer}/cell/vars/{at}"] for at in range(3))
            getattr(lstm, f"weight_ih_l0{suffix}").copy_(kernel.T)  # both order the gates: input, forget, cell, output
            getattr(lstm, f"weight_hh_l0{suffix}").copy_(recurrent.T)
            getattr(lstm, f"bias_ih_l0{suffix}").copy_(bias)
            getattr(lstm, f"bias_hh_l0{suffix}").zero_()
    dense = tuple((tensors[f"{layer}/vars/0"], tensors[f"{layer}/vars/1"]) for layer in ("dense", "dense_1"))
    vocabulary = pl.Enum(vocabulary_of(_known_bytes("tokenizer.pickle")))
    return ToxicLstm(tensors["embedding/vars/0"], lstm, dense, vocabulary, device)


def _known_bytes(name: str) -> bytes:
    path = (folder() or Path()) / name
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != FILES[name]:
        raise ModelError(f"{name} of toxic-comment-classifier is not that of version 0.3.0: {INSTALL}")
    return content


def _weights(content: bytes) -> dict[str, NDArray[np.float32]]:
    import h5py

    found: dict[str, NDArray[np.float32]] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item, np.float32)

    with h5py.File(io.BytesIO(content), "r") as file:
        file["layers"].visititems(visit)
    return found


def vocabulary_of(content: bytes) -> list[str]:
    """The words that have a vector, word number 1 first, of a pickled Keras tokenizer.

    Raises:
        ModelError: for a pickle that holds anything but a tokenizer's words and counts.
    """
    try:
        index: Mapping[str, int] = _Tokenizer.read(content)["word_index"]
    except Exception as error:  # an unpickler raises whatever the bytes make it
        raise ModelError(f"the vocabulary cannot be read: {type(error).__name__}: {str(error)[:200]}") from error
    return [word for word, at in sorted(index.items(), key=lambda item: item[1]) if at < _VOCABULARY]


class _Held:
    """Stands for Keras's tokenizer: holds what it was given, and does nothing."""


class _Tokenizer(pickle.Unpickler):
    """Makes `_Held`, containers, strings and numbers; any other name in the pickle is an error before it is looked up."""

    _ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = {
        ("keras.src.legacy.preprocessing.text", "Tokenizer"): _Held,
        ("collections", "OrderedDict"): OrderedDict,
        ("collections", "defaultdict"): defaultdict,
        ("builtins", "int"): int,
    }

    def find_class(self, module: str, name: str) -> Any:
        allowed = self._ALLOWED.get((module, name))
        if allowed is None:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return allowed

    @classmethod
    def read(cls, content: bytes) -> dict[str, Any]:
        held: dict[str, Any] = vars(cls(io.BytesIO(content)).load())
        return held
