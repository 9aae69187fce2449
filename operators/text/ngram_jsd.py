"""Distributions of words and word n-grams beside real text's."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Counts, Product, Tally
from engine.value import Bars, Value
from operators.kernels.ngrams import ngram_hashes, words_of
from operators.kernels.side_distances import jensen_shannon, same_source

_ORDERS = (1, 2, 3)


@dataclass(frozen=True)
class NgramJsd(Comparison[Product]):
    """The Jensen-Shannon divergence between the word distributions of subject and reference, in bits.

    ``JSD(P, Q) = KL(P || M) / 2 + KL(Q || M) / 2`` with ``M = (P + Q) / 2`` and logarithms to base 2. The value is that of
    words (unigrams), the parts ``jsd_1`` to ``jsd_3`` those of words, bigrams and trigrams. Unigrams are the headline because
    most longer n-grams occur once: two halves of one corpus are then far apart merely for being finite. How far is in the
    parts ``same_source_1`` to ``same_source_3``: the mean divergence when both corpora are pooled and cut at random into two
    as large as these. Texts keep to their topics, so that two halves of a real corpus come out above this floor (300 pages of
    C4: 0.21 for words where the floor is 0.12). Words are those of the `words` feature as written, symbols included; n-grams
    do not cross records. Records without a text are skipped.

    0 to 1, lower is better. Beyond ``size`` distinct n-grams on a side, n-grams are merged into cells by hash: the value is
    then a lower bound (merging cells cannot raise a divergence) and says so. Interval: normal, by the delta method over words
    taken as independent; words of one text are not, so it is too narrow, and it does not remove the upward bias of small
    samples. Cost: about 100 MB/s a core; 6 MB of state at most.

    Args:
        size: distinct n-grams counted exactly per order and side.

    >>> from operators.features.words import Words
    >>> def side(*texts):
    ...     batch = pa.RecordBatch.from_pydict({"text": list(texts)})
    ...     return NgramJsd().fold(batch.append_column("words", Words().open()(batch)["words"]))
    >>> NgramJsd().compare(side("a b"), side("a c")).value
    0.5

    Source: Lin 1991, Divergence Measures Based on the Shannon Entropy; The LLM Data Auditor (arXiv 2601.17717), text fidelity.
    """

    size: Annotated[int, Field(ge=1024, le=1 << 24)] = 1 << 17

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("words",)
    unit: ClassVar[str] = "bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Lin 1991"

    def zero(self) -> Product:
        """No n-grams."""
        return Product({**{str(n): Counts(self.size) for n in _ORDERS}, "records": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the n-grams of each order."""
        valid, offsets, words = words_of(batch)
        seen = {"evaluated": int(valid.sum()), "missing": int((~valid).sum())}
        counts = {str(n): Counts.of(ngram_hashes(offsets, words, n)[1], self.size) for n in _ORDERS}
        return Product({**counts, "records": Tally({name: count for name, count in seen.items() if count})})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The divergence of the word distributions, longer n-grams as parts."""
        records = subject["records"]
        skipped = {"missing": records["missing"]} if records["missing"] else {}
        divergences = {f"jsd_{n}": _divergence(subject[str(n)], reference[str(n)], n) for n in _ORDERS}
        floors = {f"same_source_{n}": _same_source(subject[str(n)], reference[str(n)], n) for n in _ORDERS}
        labels = {name: value.value for name, value in divergences.items() if value.value is not None}
        return divergences["jsd_1"].with_(
            n=records["evaluated"],
            skipped=skipped,
            parts=divergences | floors,
            plot=Bars(tuple(labels), tuple(labels.values()), "Jensen-Shannon divergence (bits)") if labels else None,
        )


def _divergence(subject: Counts, reference: Counts, n: int) -> Value:
    nothing = f"no text of the {{side}} has {n} words" if n > 1 else "no text of the {side} has a word"
    return jensen_shannon(subject, reference, f"{n}-grams", nothing)


def _same_source(subject: Counts, reference: Counts, n: int) -> Value:
    if subject.total and reference.total:
        return same_source(subject, reference, n)
    return _divergence(subject, reference, n)
