"""How much of the data says what the reference says, in whatever words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction, Modality, Side
from engine.state import Histogram, Product, Ratio, Tally, TopBy
from engine.value import Bins, Value
from operators.corpus._cells import LEAKS
from operators.corpus._search import BOTH, recall

_NAMES = ("reference_nearest_similarity", "reference_nearest_id", "holdout_nearest_similarity")
_EDGES = tuple(edge / 20 for edge in range(-20, 21))


@dataclass(frozen=True)
class SemanticOverlap(Metric[Product]):
    """Share of records that have a record of the reference at a cosine of ``threshold`` or more: a benchmark rephrased.

    ``records near the reference / records with an embedding``. It sees what n-grams cannot, other words for the same, and it
    sees too much: texts about the same things are near without being copies. Hence the same share against the holdout, where
    the plan has one (data of the kind that cannot be contaminated), and the plot, of every record's cosine to the nearest of
    the reference, with that to the nearest of the holdout as an outline: a threshold is good where it parts the two. It depends
    on the encoder: the default is for the default one, and was chosen on GSM8K's rephrasings, of which it finds 87 %, and on
    MBPP, of which it takes 0.1 % for HumanEval or GSM8K (`benchmarks/contamination.py`); of HumanEval's rephrasings it finds
    14 %. A copy inside of a longer text is not near. Yang et al. let a model judge the candidates, which this does not. 0 is
    best. Records without an embedding are skipped.

    Cost: the embedding of every side, and the search of `relations.neighbors`.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "reference_nearest_id": [7, 8], "reference_nearest_similarity":
    ...     [0.5, 0.99], "holdout_nearest_similarity": pa.array([0.5, 0.4])})
    >>> value = SemanticOverlap().value(SemanticOverlap().fold(batch))
    >>> value.value, value.parts["also in the holdout"].value, value.evidence[0].note
    (0.5, 0.0, 'cosine 0.990')

    Source: Yang et al. 2023 (arXiv 2311.04850), section 4.1 (embedding similarity search).
    """

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.85

    dimension: ClassVar[Mapping[Modality, Dimension]] = LEAKS
    reads: ClassVar[tuple[str, ...]] = _NAMES
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE,)
    uses: ClassVar[tuple[Side, ...]] = (Side.HOLDOUT,)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2311.04850, section 4.1"

    def zero(self) -> Product:
        """No records yet."""
        ratios = {name: Ratio() for name in ("reference", "holdout", "absent")}
        cosines = {name: Histogram(_EDGES) for name in ("to the reference", "to the holdout")}
        return Product({**ratios, **cosines, "top": TopBy(), "counts": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the records near the reference; the nearest are evidence."""
        there = batch.filter(batch[_NAMES[0]].is_valid())
        ids, cosine, other = (there[name].to_numpy() for name in (ID, *_NAMES[:2]))
        held = there[_NAMES[2]].drop_null().to_numpy()
        near = self._near(cosine)
        top = TopBy.of(cosine[near], ids[near], lambda at: f"cosine {cosine[near][at]:.3f}", others=other[near])
        return Product(
            {
                "reference": Ratio(int(near.sum()), len(ids)),
                "holdout": Ratio(int(self._near(held).sum()), len(held)),
                "absent": Ratio(len(batch) - len(ids), len(batch)),
                "to the reference": Histogram.of(cosine, _EDGES),
                "to the holdout": Histogram.of(held, _EDGES),
                "top": top,
                "counts": Tally(),
            }
        )

    def _near(self, cosine: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Cosines are float32: the threshold is too."""
        return cosine >= np.float32(self.threshold)

    def account(self, counts: Mapping[str, int]) -> Product:
        """What the search counted."""
        return Product({**self.zero().states, "counts": Tally(dict(counts))})

    def value(self, state: Product) -> Value:
        """The share, beside the holdout's, with the recall of the search."""
        absent = {"no embedding": state["absent"].hits} if state["absent"].hits else {}
        share: Value = state["reference"].share("no record has a neighbour in the reference")
        if share.value is None:
            return share.with_(skipped=absent)
        held = {"also in the holdout": state["holdout"].share()} if state["holdout"].n else {}
        parts = {**held, **recall(state["counts"], BOTH)}
        return share.with_(skipped=absent, parts=parts, plot=_plot(state), evidence=state["top"].evidence())


def _plot(state: Product) -> Bins | None:
    """The cosines, those to the holdout as an outline."""
    reference: Histogram = state["to the reference"]
    first = int(np.flatnonzero(np.add(reference.counts, state["to the holdout"].counts or 0))[0])
    counts = tuple(map(float, reference.counts[first:]))
    outline = tuple(map(float, state["to the holdout"].counts[first:]))
    return Bins(_EDGES[first:], counts, "cosine to the nearest", outline if sum(outline) else ())
