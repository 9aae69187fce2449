"""Languages and how sure the detector is."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value

_CODE = re.compile(r"[a-z]{2,3}")
_UNDETERMINED, _OTHER = "und", "other"
_SHOWN = 10


@dataclass(frozen=True)
class LanguageId(Metric[Product]):
    """The share of records in an expected language, or without an expectation in the commonest one.

    ``records whose detected language is expected / records with a detected language``. Parts: the mean confidence (mean over
    records of the probability of the most probable language) and the share of each of the ten commonest languages, the rest as
    ``other``. Skipped: records without a text, and texts without a letter, which are in no language. Evidence: with an
    expectation the records in another language of which the detector is surest; without one those it is least sure of.

    0 to 1, higher is better when an expectation is set; without one it says how dominant one language is. Wilson interval
    over records; it does not hold the detector's own errors, which grow where texts are short. Cost: the `language` feature,
    30 to 120 us a record; the fold itself is negligible.

    Args:
        expected: language codes as the detector writes them, such as ``("en", "de")``.

    >>> columns = {"_id": [0, 1, 2], "language_detected": ["en", "en", "de"], "language_confidence": [0.9, 0.8, 0.7]}
    >>> metric = LanguageId(expected=("de",))
    >>> round(metric.value(metric.fold(pa.RecordBatch.from_pydict(columns))).value, 3)
    0.333

    Source: Joulin et al. 2016, Bag of Tricks for Efficient Text Classification (arXiv 1607.01759); lid.176.
    """

    expected: tuple[str, ...] = ()

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("language_detected", "language_confidence")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Joulin et al. 2016 (arXiv 1607.01759)"

    def zero(self) -> Product:
        """No records."""
        return Product({"confidence": Moments(), "doubtful": TopBy(), "languages": Tally(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count languages, and keep the records that most need a look."""
        detected = batch["language_detected"].cast(pa.string())
        known = pc.and_(detected.is_valid(), pc.not_equal(detected, _UNDETERMINED)).fill_null(False)
        languages = detected.filter(known)
        confidence = batch["language_confidence"].filter(known).fill_null(0.0).cast(pa.float64()).to_numpy()
        skipped = {"missing": detected.null_count, "no letters": len(detected) - detected.null_count - len(languages)}
        return Product(
            {
                "confidence": Moments.of(confidence),
                "doubtful": self._doubtful(languages, confidence, batch[ID].filter(known).to_numpy()),
                "languages": _tally(languages),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
            }
        )

    def _doubtful(self, languages: pa.Array, confidence: np.ndarray, records: np.ndarray) -> TopBy:
        if not self.expected:
            rows, scores = np.arange(len(records)), 1.0 - confidence
        else:
            expected = pc.is_in(languages, pa.array(self.expected, pa.string()))
            rows = np.flatnonzero(~expected.to_numpy(zero_copy_only=False))
            scores = confidence[rows]
        return TopBy.of(scores, records[rows], lambda at: f"detected {_safe(languages[int(rows[at])].as_py())}")

    def value(self, state: Product) -> Value:
        """The share in an expected language, or in the commonest."""
        counts: Tally = state["languages"]
        n, skipped = sum(counts.counts.values()), state["skipped"].nonzero()
        if n == 0:
            return Value.missing("no record has a text with a letter", skipped)
        ranked = sorted(counts.counts.items(), key=lambda item: (item[0] == _OTHER, -item[1], item[0]))
        shown = dict(item for item in ranked[:_SHOWN] if item[0] != _OTHER)
        rest = n - sum(shown.values())
        shares = shown | ({_OTHER: rest} if rest else {})
        hits = sum(counts[language] for language in set(self.expected)) if self.expected else ranked[0][1]
        reason = None if self.expected else f"no language is expected: the share of the commonest, {ranked[0][0]}"
        return (
            Ratio(hits, n)
            .share()
            .with_(
                reason=reason,
                skipped=skipped,
                parts={
                    "mean_confidence": state["confidence"].mean(),
                    **{language: Ratio(count, n).share() for language, count in shares.items()},
                },
                plot=Bars(tuple(shares), tuple(count / n for count in shares.values()), "share of records"),
                evidence=state["doubtful"].evidence(),
            )
        )


def _safe(language: str) -> str:
    """A label that is no language code may come from a hostile column of the dataset: it is counted as other."""
    return language if _CODE.fullmatch(language) else _OTHER


def _tally(languages: pa.Array) -> Tally:
    counts: dict[str, int] = {}
    for entry in languages.value_counts():
        name = _safe(entry["values"].as_py())
        counts[name] = counts.get(name, 0) + entry["counts"].as_py()
    return Tally(dict(sorted(counts.items())))
