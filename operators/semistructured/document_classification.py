"""What a classifier learns from JSON documents, tested on real ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Value
from operators.kernels import json_paths
from operators.kernels.buffers import Strings, strings, valid_mask
from operators.kernels.hashing import hash_array, mix
from operators.kernels.json_paths import BOOLEAN, INTEGER, NUMBER, STRING
from operators.kernels.json_syntax import check
from operators.semistructured._documents import MAX_DEPTH
from operators.semistructured._taught import Described, taught

_CELLS = 256
_LONGEST = 1 << 16
_LARGEST = 1e30
"""Trees compare in float32."""


@dataclass(frozen=True)
class DocumentClassification(Comparison[Product]):
    """The balanced accuracy on real documents of a classifier that was trained on the subject's documents.

    Train on synthetic, test on real: the classifier (100 extremely randomised trees, a fixed seed, classes weighted equally)
    sees the flattened document and tells ``label``: how often each pair of path and kind of value is there, the sum of the
    numbers at each path, and which strings stand at which path, each in 256 cells by hash. So it knows a string as a whole and
    not its words. A label that stands in the document too is no task. It is tested on half of the reference's documents, by
    hash; the value and its parts (``real``, ``chance``, ``accuracy``, ``lift``) are those of
    `semistructured.graph_classification`. With tool calls as documents and what they answer as the label it is how much of a
    caller's task the data teaches.

    0 to 1, higher is better; normal interval over the tested documents. Skipped: null, documents that are not strict JSON, have
    no label, or more than 64 kB; of more than ``size`` distinct ones a side those with the smallest hash are used. Cost: some
    60 us a drawn document of 10 values, and some seconds of training.

    >>> def side(first):
    ...     texts = [f'{{"tool": "{"mail" if at % 2 else "clock"}", "n": {at}}}' for at in range(first, first + 40)]
    ...     columns = {"_fault": pa.nulls(40, pa.string()), "json": texts, "label": ["send", "tell"] * 20}
    ...     return DocumentClassification().fold(pa.RecordBatch.from_pydict(columns))
    >>> DocumentClassification().compare(side(0), side(100)).value
    1.0

    Source: Esteban et al. 2017 (train on synthetic, test on real); The LLM Data Auditor (arXiv 2601.17717), semi-structured
    utility; Weinberger et al. 2009 (feature hashing).
    """

    size: Annotated[int, Field(ge=16, le=1 << 17)] = 5000

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("json", "label")
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "balanced accuracy"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Esteban et al. 2017"

    def zero(self) -> Product:
        """No documents."""
        return Product({"documents": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw documents, and describe them."""
        texts, labelled = strings(batch["json"]), valid_mask(batch["label"])
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        long = np.diff(texts.offsets) > _LONGEST
        reasons = {
            "no document": ~texts.valid,
            "not strict JSON": texts.valid & (codes != 0),
            "too long": texts.valid & (codes == 0) & long,
            "no label": texts.valid & (codes == 0) & ~long & ~labelled,
        }
        kept = np.flatnonzero(texts.valid & (codes == 0) & ~long & labelled)
        rows = pa.array(kept)
        columns = [batch[name].take(rows) for name in ("json", "label")]
        hashes = hash_array(pa.StructArray.from_arrays(columns, ["json", "label"]))[:, 0]
        counts = {reason: int(np.count_nonzero(mask)) for reason, mask in reasons.items()}
        sample = Sample.of(hashes, _Descriptions(*columns), self.size)
        return Product({"documents": sample, "skipped": Tally({reason: n for reason, n in counts.items() if n})})

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        mine, theirs = (_read(side["documents"]) for side in (subject, reference))
        return taught(mine, theirs).with_(skipped=subject["skipped"].nonzero())


class _Descriptions:
    """Labels and flattened documents as texts, made only for those that are drawn."""

    def __init__(self, documents: pa.Array, labels: pa.Array) -> None:
        self._documents, self._labels = documents, labels

    def __getitem__(self, at: int) -> str:
        cells, amounts = flattened(strings(self._documents.slice(int(at), 1)))
        return orjson.dumps([self._labels[int(at)].as_py(), cells.tolist(), amounts.tolist()]).decode()


def flattened(document: Strings) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cells of a document that is strict JSON, in order, and what is in each.

    >>> cells, amounts = flattened(strings(pa.array(['{"a": 3, "b": 4}'])))
    >>> sorted(amounts.tolist())
    [1.0, 1.0, 1.0, 3.0, 4.0]
    """
    found, _ = json_paths.nodes(document, np.ones(1, np.bool_))
    numeric = (found.kind == INTEGER) | (found.kind == NUMBER) | (found.kind == BOOLEAN)
    said = found.kind == STRING
    of_kind = mix(found.path + found.kind.astype(np.uint64))
    places = np.concatenate(
        [
            (of_kind % _CELLS).astype(np.int64),
            _CELLS + (mix(found.path[numeric] ^ np.uint64(1)) % _CELLS).astype(np.int64),
            2 * _CELLS + (mix(found.path[said] ^ found.text[said]) % _CELLS).astype(np.int64),
        ]
    )
    numbers = np.clip(found.number[numeric], -_LARGEST, _LARGEST)
    amounts = np.concatenate([np.ones(len(of_kind)), numbers, np.ones(int(said.sum()))])
    cells, at = np.unique(places, return_inverse=True)
    return cells, np.bincount(at, amounts, len(cells)).astype(np.float64)


def _read(sample: Sample) -> Described:
    features = np.zeros((len(sample.entries), 3 * _CELLS), np.float32)
    labels = []
    for row, (_, _, text) in enumerate(sample.entries):
        label, cells, amounts = orjson.loads(text)
        features[row, cells] = amounts
        labels.append(label)
    return features, np.array(labels, object), np.array([count for _, count, _ in sample.entries], np.int64)
