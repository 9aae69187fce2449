"""Lengths and punctuation beside real text's."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Quantiles, Tally
from engine.value import Bins, Value
from operators.kernels.buffers import strings
from operators.kernels.ngrams import words_of
from operators.kernels.side_distances import bounded, kolmogorov_smirnov
from operators.kernels.surface import surface

_STATISTICS = ("characters", "words", "sentences", "punctuation_ratio")
_BINS = 30


@dataclass(frozen=True)
class LengthKs(Comparison[Product]):
    """How far lengths and punctuation of the subject's texts are from the reference's: the largest of four KS distances.

    Per text: characters (code points), words (the `words` feature's, symbols included), sentences (by the rule of
    `operators.kernels.surface`) and punctuation marks per character. Per statistic the Kolmogorov-Smirnov distance ``max
    |F_subject(x) - F_reference(x)|``, which are the parts. The value is the largest of them, not the mean: data that differs
    plainly in one respect is told apart, however alike it is in the others. Null texts are skipped; the ratio of an empty
    text does not exist, it counts for the lengths only.

    0 to 1, lower is better. The distributions are kept in buckets of 0.4 % relative width: lengths below 250 are exact, and
    beyond the distance can only come out lower, by at most the share of texts in one bucket. Intervals: by the
    Dvoretzky-Kiefer-Wolfowitz bound on both sides (the value's holds for all four together), so wide; records are taken as
    independent. Cost: one pass over the bytes, about 300 MB/s a core; a few kB of state.

    >>> from operators.features.words import Words
    >>> def side(*texts):
    ...     batch = pa.RecordBatch.from_pydict({"text": list(texts)})
    ...     return LengthKs().fold(batch.append_column("words", Words().open()(batch)["words"]))
    >>> LengthKs().compare(side("One two.", "One."), side("One.", "One two three. Four!")).parts["words"].value
    0.5

    Source: The LLM Data Auditor (arXiv 2601.17717), text fidelity; Massart 1990 (the constant of the DKW bound); DDSketch,
    Masson et al. 2019.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("text", "words")
    unit: ClassVar[str] = "largest Kolmogorov-Smirnov distance of four"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Massart 1990; DDSketch, Masson et al. 2019"

    def zero(self) -> Product:
        """No records."""
        return Product({**{name: Quantiles() for name in _STATISTICS}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The distributions of the four statistics."""
        texts = strings(batch["text"])
        _, offsets, _ = words_of(batch)
        measured, valid = surface(texts), texts.valid
        spoken = valid & (measured.characters > 0)
        ratio = measured.punctuation[spoken] / measured.characters[spoken]
        values = (measured.characters[valid], np.diff(offsets)[valid], measured.sentences[valid], ratio)
        missing = int(np.count_nonzero(~valid))
        return Product(
            {
                **{name: Quantiles.of(value) for name, value in zip(_STATISTICS, values, strict=True)},
                "skipped": Tally({"missing": missing} if missing else {}),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The largest of the four distances."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if state["words"].n == 0:
                return Value.missing(f"no record of the {side} has a text", skipped)
        distances = {name: kolmogorov_smirnov(subject[name], reference[name]) for name in _STATISTICS}
        parts = {name: _value(subject[name], reference[name], distances[name], 1) for name in _STATISTICS}
        measured = {name: distance for name, distance in distances.items() if distance is not None}
        worst = max(measured, key=lambda name: measured[name])
        return _value(subject["words"], reference["words"], measured[worst], len(_STATISTICS)).with_(
            reason=f"the largest is that of {worst.replace('_', ' ')}",
            skipped=skipped,
            parts=parts,
            plot=_bins(subject["words"], reference["words"]),
        )


def _value(subject: Quantiles, reference: Quantiles, distance: float | None, together: int) -> Value:
    """``together``: how many distances the interval must hold for at once."""
    if distance is None:
        return Value.missing("no text has a character on one of the sides")
    return bounded(subject, reference, distance, together)


def _bins(subject: Quantiles, reference: Quantiles) -> Bins:
    """Shares of texts by words, over the same logarithmic edges; texts without a word are in the first."""
    longest = max(2.0, float(subject.values()[-1]), float(reference.values()[-1]))
    edges = np.geomspace(0.999, longest * 1.001, _BINS + 1)
    shares = [
        np.histogram(np.maximum(sketch.values(), 1.0), edges, weights=sketch.counts)[0] / sketch.n
        for sketch in (subject, reference)
    ]
    return Bins(
        tuple(edges.tolist()),
        tuple(shares[0].tolist()),
        "words per text (share of texts)",
        reference=tuple(shares[1].tolist()),
        log_x=True,
    )
