"""Whether a classifier that is trained on the data's pictures knows real ones."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import HoldoutComparison
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, VectorSample
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.vectors import matrix, unit

_LEAST, _CLASSES = 10, 1000
_ROUNDS = 1000
Labelled = tuple[NDArray[np.float64], NDArray[np.str_]]


@dataclass(frozen=True)
class LinearProbe(HoldoutComparison[Product]):
    """The accuracy on real pictures of a linear classifier that was trained on the data's (train on synthetic, test on real).

    Logistic regression from ``embedding`` to ``label``, on up to ``size`` distinct records of each side, drawn by a hash of
    their content; tested on the holdout, or without one on half of the reference, the other half being the reference. Labels
    that the test has and the data lack count as errors; labels of over 1,000 classes are not taken on. Parts: the accuracy of
    the same classifier trained on as many real records, the gap (that less this: what is lost by training on the data), and the
    accuracy of naming the commonest label. The encoder, of ``[features.image_embedding]`` and whatever else gives an embedding,
    is frozen: with untrained weights the gap still compares, the accuracies mean little. Skipped: records without an embedding
    or a label.

    0 to 1, higher is better; Wilson interval of the tested records. Cost: three fits on at most ``size`` vectors, some seconds.

    >>> from operators.kernels.vectors import VECTOR
    >>> vectors = np.tile(np.eye(2), (30, 1)) + np.arange(60)[:, None] / 1000
    >>> columns = {"_id": range(60), "embedding": pa.array(vectors.astype(np.float16).tolist(), VECTOR)}
    >>> side = LinearProbe().fold(pa.RecordBatch.from_pydict({**columns, "label": ["cat", "dog"] * 30}))
    >>> LinearProbe().compare(side, side, side).value
    1.0

    Source: Ravuri and Vinyals 2019, "Classification Accuracy Score", section 3; METRICS 7.4.

    Args:
        size: distinct records of each side.
        strength: of the regularisation, C of scikit-learn.
    """

    size: Annotated[int, Field(ge=20, le=100_000)] = 5000
    strength: Annotated[float, Field(gt=0)] = 1.0

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("embedding", "label")
    requires: ClassVar[tuple[str, ...]] = ("sklearn",)
    unit: ClassVar[str] = "accuracy on real records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Ravuri and Vinyals 2019, section 3"

    def zero(self) -> Product:
        """No records."""
        return Product({"sample": VectorSample(self.size, labelled=self.size), "absent": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw records with a label."""
        both = valid_mask(batch["embedding"]) & valid_mask(batch["label"])
        chosen = pa.array(both)
        vectors, labels = batch["embedding"].filter(chosen), batch["label"].filter(chosen)
        hashes = hash_array(pa.StructArray.from_arrays([vectors, labels], names=["embedding", "label"]))[:, 0]
        names = [(str(label)[:200],) for label in labels.to_pylist()]
        ids = batch[ID].to_numpy()[both]
        sample = VectorSample.of(self.size, hashes, ids, matrix(vectors)[0], self.size, names)
        return Product({"sample": sample, "absent": Ratio(int(np.count_nonzero(~both)), len(both))})

    def compare(self, subject: Product, reference: Product, holdout: Product | None = None) -> Value:
        """The accuracy, or why there is none."""
        absent = subject["absent"].hits
        skipped = {"no embedding or no label": absent} if absent else {}
        data, real = _labelled(subject["sample"]), _labelled(reference["sample"])
        if holdout is not None and len(holdout["sample"].ids):
            test = _labelled(holdout["sample"])
        else:
            (vectors, labels) = real
            real, test = (vectors[::2], labels[::2]), (vectors[1::2], labels[1::2])
        sides = {"data": data, "real": real, "test": test}
        for side, (vectors, labels) in sides.items():
            if len(labels) < _LEAST or (side != "test" and len({*labels}) < 2):
                few = f"fewer than {_LEAST} {side} records have an embedding and a label, or they are all of one label"
                return Value.missing(few, skipped)
            if vectors.shape[1] != data[0].shape[1]:
                return Value.missing("the sides have embeddings of other dimensions", skipped)
            if len({*labels}) > _CLASSES:
                return Value.missing(f"over {_CLASSES:,} labels", skipped)
        n = min(len(data[1]), len(real[1]))
        mine, theirs = (self._right(side, test, n) for side in (data, real))
        commonest = int(max(np.unique(test[1], return_counts=True)[1]))
        value: Value = mine.share()
        beside: Value = theirs.share()
        gap = theirs.hits / theirs.n - mine.hits / mine.n
        parts = {
            "trained on the reference": beside,
            "gap": Value.exact(gap, mine.n),
            "the commonest label": Ratio(commonest, len(test[1])).share(),
        }
        return value.with_(estimator="sample", skipped=skipped, parts=parts)

    def _right(self, train: Labelled, test: Labelled, n: int) -> Ratio:
        from sklearn.linear_model import LogisticRegression

        vectors, labels = train[0][:n], train[1][:n]
        if len({*labels}) < 2:
            return Ratio(int((test[1] == labels[0]).sum()), len(test[1]))
        model = LogisticRegression(C=self.strength, max_iter=_ROUNDS).fit(vectors, labels)
        return Ratio(int((model.predict(test[0]) == test[1]).sum()), len(test[1]))


def _labelled(sample: VectorSample) -> Labelled:
    """Unit vectors and labels, in order of their hashes: as good as shuffled."""
    return unit(sample.vectors.astype(np.float64)), np.array([label for (label,) in sample.labels], np.str_)
