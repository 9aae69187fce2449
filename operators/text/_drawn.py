"""Texts drawn by a hash of their content, with the first records that have them: what robustness is tried on."""

import numpy as np
import pyarrow as pa

from engine.schema import ID
from engine.state import Product, Tally, VectorSample
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.character_faults import EMPTY, character_faults
from operators.kernels.hashing import hash_array


def no_texts(size: int) -> Product:
    """The state of no records."""
    return Product({"sample": VectorSample(size, labelled=size), "skipped": Tally()})


def drawn_texts(batch: pa.RecordBatch, size: int, characters: int) -> Product:
    """The ``size`` distinct texts with the smallest hash, blank ones left out: of each the first characters, how many records
    have it and the first of these."""
    texts = batch["text"].cast(pa.large_binary())
    there, blank = valid_mask(texts), character_faults(strings(texts))[0] & EMPTY != 0
    kept = pa.array(there & ~blank)
    skipped = {"no text": int(np.count_nonzero(~there)), "blank": int(np.count_nonzero(there & blank))}
    drawn, ids = texts.filter(kept), batch[ID].filter(kept).to_numpy()
    hashes = hash_array(drawn)[:, 0]
    sample = VectorSample.of(size, hashes, ids, np.empty((len(ids), 0)), size, _Heads(drawn, characters))
    return Product({"sample": sample, "skipped": Tally({why: count for why, count in skipped.items() if count})})


def texts_of(sample: VectorSample) -> pa.Array:
    """The drawn texts, in the sample's order."""
    return pa.array([text for (text,) in sample.labels], pa.large_string())


class _Heads:
    """The first characters of each text, read only where the sample draws it."""

    def __init__(self, texts: pa.Array, characters: int) -> None:
        self._texts, self._characters = texts, characters

    def __getitem__(self, at: int) -> tuple[str]:
        head: bytes = self._texts[at].as_buffer().to_pybytes()[: 4 * self._characters]
        return (head.decode("utf-8", "replace")[: self._characters],)
