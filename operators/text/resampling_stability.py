"""How far a dataset's numbers move when other records of the same kind are drawn, or a shard or the outliers are left out."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import SHARD, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, VectorSample
from engine.value import Z95, Bars, Value
from operators.kernels.bleu import self_bleu
from operators.kernels.buffers import strings, valid_mask
from operators.kernels.hashing import hash_array
from operators.kernels.ngrams import ngram_hashes
from operators.kernels.words import split_words, word_spans
from operators.text._drawn import drawn_texts, no_texts, texts_of
from operators.text._judged import rules_asked

_MEANS = ("characters", "words")
_RULES = ("gopher_quality", "gopher_repetition", "c4_rules", "fineweb_rules")
_LANGUAGE, _SELF_BLEU, _DISTINCT = "commonest_language", "self_bleu", "distinct_2"
_CHARACTERS = 2000
_UNDETERMINED = "und"
_OUTLIERS = 0.01
_CLASS_BITS = 5
"""Of a length, the first bit and as many more make its class."""
_TOO_FEW = "there are too few different texts to draw halves from"


@dataclass(frozen=True)
class ResamplingStability(Metric[Product]):
    """The widest 95 % interval among the dataset's numbers, each found from half-samples of the records.

    A record is in half-sample ``b`` where bit ``b`` of a hash of its text is set, so halves depend on no order, shard or
    worker, and copies stay together: a text that stands there a thousand times was drawn once. Over the half-samples the
    standard deviation of a mean or a share is its standard error (without replacement, at a rate of one half, half-samples
    spread as whole samples of the population do); the half-width is 1.96 of these. The value is the greatest among: the mean
    characters and words of a text, relative to the mean; the pass rates of gopher_quality, gopher_repetition, c4_rules and
    fineweb_rules, at their defaults, and the share of the commonest language; distinct_2 and self_bleu of a sample of
    ``size`` distinct texts (first 2,000 characters). These two depend on the size of the data: their halves hold equally many
    texts, the spread is taken relative to the halves' mean, and the interval is that at the sample's size.

    Parts: each number with its interval; ``without_a_shard``, the greatest change of a mean or pass rate, in the same units,
    when one shard is left out, with whose; and ``without_outliers``, the greatest when the hundredth of the texts is left out
    whose length in characters is farthest from the median (from 100 texts on; lengths from 64 on count by classes, each 3 %
    wide or less, of which the last may be left out in part, as if its texts were alike). Skipped: null texts.

    0 and up, lower is better. Interval: that of a standard deviation found from ``halves`` draws, taken as normal (0.80 to 1.33
    times at 32). Below about thirty different texts, or where one text is much of the data, it is rough. Cost: as the four
    sets of rules, then 0.2 us a record; at the end 3 s for self_bleu; 2 MB of state at most beside 200 bytes a shard.

    Args:
        halves: half-samples.
        size: distinct texts to sample for distinct_2 and self_bleu.

    >>> from operators.features.words import Words
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(9), "text": [f"Text {at}." for at in range(9)]})
    >>> batch = batch.append_column("words", Words().open()(batch)["words"])
    >>> batch = batch.append_column("language_detected", pa.array(["en"] * 9)).append_column("_shard", pa.array(["a"] * 9))
    >>> value = ResamplingStability().value(ResamplingStability().fold(batch))
    >>> (value.parts["words"].low, value.parts["words"].high), value.parts["without_a_shard"].reason
    ((3.0, 3.0), 'there is one shard')

    Source: McCarthy 1969, Pseudo-Replication: Half Samples (Review of the ISI 37); Efron and Tibshirani 1993, chapter 11.
    """

    halves: Annotated[int, Field(ge=8, le=64)] = 32
    size: Annotated[int, Field(ge=2, le=2000)] = 500

    version: ClassVar[int] = 2
    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "words", "language_detected", SHARD)
    unit: ClassVar[str] = "half-width of the widest 95 % interval"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "McCarthy 1969"

    def zero(self) -> Product:
        """No records."""
        nothing = {name: Product() for name in ("all", "halves", "languages", "shards", "lengths")}
        return Product({**nothing, **no_texts(self.size).states})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add each record up in the halves that it is in, and in its shard."""
        kept = pa.array(valid_mask(batch["text"]))
        skipped = {"no text": len(batch) - kept.true_count} if kept.true_count < len(batch) else {}
        batch = batch.filter(kept)
        numbers = _numbers(batch)
        inside = self._halves(hash_array(batch["text"])[:, 0])
        classes = _length_classes(numbers["characters"])
        return Product(
            {
                "all": Product({name: Ratio(int(of.sum()), len(of)) for name, of in numbers.items()})
                if len(batch)
                else Product(),
                "halves": _in_halves(numbers, inside),
                "languages": _languages(batch["language_detected"], inside),
                "shards": Product({name: _by(batch[SHARD], of) for name, of in numbers.items()}),
                "lengths": Product({name: _by(classes, of) for name, of in numbers.items()}),
                "sample": drawn_texts(batch, self.size, _CHARACTERS)["sample"],
                "skipped": Tally(skipped),
            }
        )

    def value(self, state: Product) -> Value:
        """The widest interval."""
        skipped = state["skipped"].nonzero()
        if not state["all"].states:
            return Value.missing("no record has a text", skipped)
        found = {**self._spread(state), **self._language(state["languages"]), **self._sampled(state["sample"])}
        parts = {name: value for name, (value, _) in found.items()}
        parts |= {"without_a_shard": _without_a_shard(state), "without_outliers": _without_outliers(state)}
        widths = {name: width for name, (_, width) in found.items() if width is not None}
        if not widths:
            return Value.missing(_TOO_FEW, skipped).with_(parts=parts)
        widest = max(widths, key=lambda name: widths[name])
        low, high = (widths[widest] * factor for factor in _factors(self.halves - 1))
        return Value(
            widths[widest],
            n=next(iter(state["all"].states.values())).n,
            low=low,
            high=high,
            reason=f"the widest is that of {widest.replace('_', ' ')}",
            estimator="sample",
            skipped=skipped,
            parts=parts,
            plot=Bars(tuple(widths), tuple(widths.values()), "half-width of the 95 % interval"),
        )

    def _halves(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """(n, halves) which half-samples a text is in: by bits of a second hash, since samples are drawn by the first."""
        bits = hash_array(pa.array(hashes))[:, 1]
        return (bits[:, None] >> np.arange(self.halves, dtype=np.uint64) & np.uint64(1)).astype(np.bool_)

    def _spread(self, state: Product) -> dict[str, tuple[Value, float | None]]:
        found = {}
        for name in (*_MEANS, *_RULES):
            whole: Ratio = state["all"][name]
            halves = [state["halves"][_half(b)][name] for b in range(self.halves) if _half(b) in state["halves"]]
            drawn = [half.hits / half.n for half in halves if half.n]
            found[name] = self._interval(whole.hits / whole.n, whole.n, drawn, name in _MEANS)
        return found

    def _language(self, languages: Product) -> dict[str, tuple[Value, float | None]]:
        counts = languages["all"].counts if "all" in languages else {}
        if not counts:
            return {_LANGUAGE: (Value.missing("no text has a language"), None)}
        top, n = min(counts, key=lambda name: (-counts[name], name)), sum(counts.values())
        halves = [languages[_half(b)] for b in range(self.halves) if _half(b) in languages]
        drawn = [half[top] / sum(half.counts.values()) for half in halves if half.counts]
        value, width = self._interval(counts[top] / n, n, drawn, False)
        return {_LANGUAGE: (value.with_(reason=value.reason or top), width)}

    def _sampled(self, sample: VectorSample) -> dict[str, tuple[Value, float | None]]:
        """What depends on the size of the data: halves hold equally many texts, and spread relative to their own mean."""
        spans = split_words(strings(texts_of(sample)))
        worded = np.flatnonzero(np.diff(spans.offsets) > 0)
        offsets, hashes = _taken(spans.offsets, spans.hashes, worded)
        copies, halves = sample.counts[worded], self._equal_halves(sample.hashes[worded])
        found: dict[str, tuple[Value, float | None]] = {}
        for name, measure in ((_DISTINCT, _distinct), (_SELF_BLEU, _bleu)):
            whole = measure(offsets, hashes, copies)
            if whole is None:
                found[name] = Value.missing("too few texts have words"), None
                continue
            drawn = [measure(*_taken(offsets, hashes, rows), copies[rows]) for rows in halves]
            some = [each for each in drawn if each is not None]
            scale = whole / float(np.mean(some)) if some and any(some) else 1.0
            found[name] = self._interval(whole, int(copies.sum()), [scale * each for each in some], False)
        return found

    def _equal_halves(self, hashes: NDArray[np.uint64]) -> list[NDArray[np.int64]]:
        """Half of the texts, drawn by their hash, for each half-sample."""
        draws = [hash_array(pa.array(hashes + np.uint64(b)))[:, 0] for b in range(self.halves)]
        return [np.sort(np.argsort(draw, kind="stable")[: len(hashes) // 2]) for draw in draws]

    def _interval(self, whole: float, n: int, drawn: list[float], relative: bool) -> tuple[Value, float | None]:
        """A number with its interval, and the half-width in the units of the metric; None where there is none."""
        if len(drawn) < self.halves or (relative and whole == 0):
            return Value(whole, n, reason=_TOO_FEW), None
        half = Z95 * float(np.std(drawn, ddof=1))
        high = whole + half if relative else min(1.0, whole + half)
        return Value(whole, n, max(0.0, whole - half), high, estimator="sample"), half / whole if relative else half


def _numbers(batch: pa.RecordBatch) -> dict[str, NDArray[np.int64]]:
    """By name the whole number of each record whose mean is taken."""
    lengths = pc.utf8_length(batch["text"].cast(pa.large_string())).to_numpy(zero_copy_only=False)
    passes = {name: (of.rejected_by < 0) for name, of in rules_asked(batch).items()}
    words = np.diff(word_spans(batch["words"]).offsets)
    return {name: of.astype(np.int64) for name, of in {"characters": lengths, "words": words, **passes}.items()}


def _by(names: pa.Array, numbers: NDArray[np.int64]) -> RatioBy:
    """What the numbers come to by name, and how many they are: whole numbers add up as hits do."""
    return RatioBy.of(names, numbers)  # type: ignore[arg-type]


def _length_classes(lengths: NDArray[np.int64]) -> pa.Array:
    """The class of each length: alike in the highest bits."""
    shifts = np.maximum(np.frexp(lengths)[1] - _CLASS_BITS - 1, 0)
    return pa.array((shifts << _CLASS_BITS + 1) + (lengths >> shifts)).cast(pa.string())


def _half(b: int) -> str:
    return f"{b:02d}"


def _in_halves(numbers: Mapping[str, NDArray[np.int64]], inside: NDArray[np.bool_]) -> Product:
    if not len(inside):
        return Product()
    counts, columns = inside.sum(0).tolist(), inside.astype(np.int64)
    sums = {name: (of @ columns).tolist() for name, of in numbers.items()}
    return Product({_half(b): Product({name: Ratio(sums[name][b], n) for name in numbers}) for b, n in enumerate(counts)})


def _languages(column: pa.Array, inside: NDArray[np.bool_]) -> Product:
    """How often each language was detected, in all and in each half."""
    coded = column.cast(pa.string()).dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    names = [str(name)[:8] for name in coded.dictionary.to_pylist()]
    known = (codes >= 0) & np.array([*(name != _UNDETERMINED for name in names), False])[codes]

    def tally(rows: NDArray[np.bool_]) -> Tally:
        counts: dict[str, int] = {}
        for name, count in zip(names, np.bincount(codes[rows & known], minlength=len(names)).tolist(), strict=True):
            if count:
                counts[name] = counts.get(name, 0) + count
        return Tally(dict(sorted(counts.items())))

    if not known.any():
        return Product()
    return Product({"all": tally(known), **{_half(b): tally(inside[:, b]) for b in range(inside.shape[1])}})


def _taken(
    offsets: NDArray[np.int64], hashes: NDArray[np.uint64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The words of some of the texts."""
    counts = np.diff(offsets)[rows]
    bounds = np.concatenate([[0], np.cumsum(counts)])
    return bounds, hashes[np.repeat(offsets[rows] - bounds[:-1], counts) + np.arange(bounds[-1])]


def _distinct(offsets: NDArray[np.int64], hashes: NDArray[np.uint64], copies: NDArray[np.int64]) -> float | None:
    bounds, bigrams = ngram_hashes(offsets, hashes, 2)
    total = int(np.diff(bounds) @ copies)
    return len(np.unique(bigrams)) / total if total else None


def _bleu(offsets: NDArray[np.int64], hashes: NDArray[np.uint64], copies: NDArray[np.int64]) -> float | None:
    records = int(copies.sum())
    if records < 2:
        return None
    return math.fsum(self_bleu(offsets, hashes, copies) * copies) / records


def _without_a_shard(state: Product) -> Value:
    """The greatest change when a shard is left out: of a mean as a share of it, of a share as it is."""
    worst = (-1.0, "", "")
    for name in (*_MEANS, *_RULES):
        for shard, (hits, n) in state["shards"][name].ratios.items():
            moved = _moved(name, state["all"][name], hits, n)
            worst = max(worst, (-1.0 if moved is None else moved, name, shard))
    moved, name, shard = worst
    if moved < 0:
        return Value.missing("there is one shard")
    return Value.exact(moved, state["all"][name].n).with_(reason=f"{name.replace('_', ' ')} without {shard}")


def _without_outliers(state: Product) -> Value:
    """The greatest change when the texts are left out whose length is farthest from the median."""
    n = state["all"]["characters"].n
    if n * _OUTLIERS < 1:
        return Value.missing(f"there are fewer than {1 / _OUTLIERS:.0f} texts")
    shares = _outlying(state["lengths"]["characters"].ratios, n * _OUTLIERS)
    worst = (-1.0, "")
    for name in (*_MEANS, *_RULES):
        by_class = state["lengths"][name].ratios
        hits = math.fsum(share * by_class[each][0] for each, share in shares.items())
        moved = _moved(name, state["all"][name], hits, n * _OUTLIERS)
        worst = max(worst, (0.0 if moved is None else moved, name))
    return Value.exact(worst[0], n).with_(reason=f"{worst[1].replace('_', ' ')} without the {_OUTLIERS:.0%} of outlying length")


def _outlying(classes: Mapping[str, tuple[int, int]], wanted: float) -> dict[str, float]:
    """What share of each class to leave out, farthest from the median first, for as many texts as wanted."""
    means = {each: length / n for each, (length, n) in classes.items()}
    ascending = sorted(means, key=lambda each: means[each])
    below = np.cumsum([classes[each][1] for each in ascending])
    median = means[ascending[int(np.searchsorted(below, below[-1] / 2))]]
    shares = {}
    for each in sorted(means, key=lambda each: (-abs(means[each] - median), means[each])):
        shares[each] = min(1.0, wanted / classes[each][1])
        wanted -= shares[each] * classes[each][1]
        if wanted <= 0:
            break
    return shares


def _moved(name: str, whole: Ratio, hits: float, n: float) -> float | None:
    """How far a mean (as a share of itself) or a share moves without some records; None where it cannot be said."""
    mean = whole.hits / whole.n
    scale = mean if name in _MEANS else 1.0
    return abs((whole.hits - hits) / (whole.n - n) - mean) / scale if 0 < n < whole.n and scale else None


def _factors(freedom: int) -> tuple[float, float]:
    """By what to multiply a standard deviation for its 95 % interval: by Wilson and Hilferty's chi-square quantiles."""
    spread = math.sqrt(2 / (9 * freedom))
    return tuple(math.sqrt(1 / (1 - spread**2 + sign * Z95 * spread) ** 3) for sign in (1, -1))  # type: ignore[return-value]
