"""Numbers and names of a text that its source has too."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.facts import facts

_SHOWN = 3


@dataclass(frozen=True)
class FactPrecision(Metric[Product]):
    """The mean share of a text's numbers and names that stand in its source.

    ``|facts(text) & facts(context)| / |facts(text)|``, by record. Facts are numbers (``1,200.50`` is ``1200.5``, ``two`` is 2)
    and runs of capitalised words (`operators.kernels.facts`: rules, no model, so languages without capitals have numbers only);
    a name is in the source when its words stand there in any case, one after the other. Skipped: records without a text or a
    context, and texts without a fact. The parts are the shares over all numbers and over all names.

    0 to 1, higher is better, normal interval over records. A low value shows what was made up; a high one shows only that
    numbers and names are the source's, not what is said of them. Cost: four linear regular expressions.

    >>> columns = {"text": ["Ann Lee paid 30 to Bob."], "context": ["Today Ann Lee paid Bob 20 dollars."]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = FactPrecision().value(FactPrecision().fold(batch))
    >>> round(value.value, 3), value.evidence[0].note
    (0.667, 'not in the source: 30')

    Source: Nan et al. 2021 (arXiv 2102.09130), section 3.1.
    """

    dimension: ClassVar[Dimension] = Dimension.FAITHFULNESS
    reads: ClassVar[tuple[str, ...]] = ("text", "context")
    unit: ClassVar[str] = "mean share of numbers and names"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2102.09130, section 3.1"

    def zero(self) -> Product:
        """No texts."""
        return Product({"precision": Moments(), "numbers": Ratio(), "names": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look each fact up."""
        present = valid_mask(batch["text"]) & valid_mask(batch["context"])
        found = looked_up(batch["text"], batch["context"])
        count = (found["numbers"].list.len() + found["names"].list.len()).to_numpy()
        missing = found["missing"].list.len().to_numpy()
        rows = np.flatnonzero(present & (count > 0))
        precision = 1 - missing[rows] / count[rows]
        wrong = np.flatnonzero(precision < 1)
        shown = found["missing"].gather(rows[wrong]).to_list()
        kept = found[rows] if len(rows) else found.clear()
        skipped = {
            "no text or no context": int(np.count_nonzero(~present)),
            "no number and no name": int(np.count_nonzero(present)) - len(rows),
        }
        return Product(
            {
                "precision": Moments.of(precision),
                "numbers": _ratio(kept, "numbers"),
                "names": _ratio(kept, "names"),
                "skipped": Tally({reason: number for reason, number in skipped.items() if number}),
                "worst": TopBy.of(
                    missing[rows[wrong]].astype(np.float64),
                    batch[ID].to_numpy()[rows[wrong]],
                    lambda at: "not in the source: " + ", ".join(sorted(shown[at])[:_SHOWN]),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The mean precision."""
        value: Value = state["precision"].mean("no record has a text with a number or a name, and a context", self.range)
        return value.with_(
            skipped=state["skipped"].nonzero(),
            parts={name: state[name].share() for name in ("numbers", "names") if state[name].n},
            evidence=state["worst"].evidence(),
        )


def looked_up(texts: pa.Array, contexts: pa.Array) -> pl.DataFrame:
    """The facts of each text, and those that its context lacks: of ``numbers``, of ``names`` and ``missing`` of both."""
    mine, theirs = facts(texts), facts(contexts)
    spaced = " " + pl.col("context").str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ") + " "
    contexts_text = pl.Series("context", contexts, dtype=pl.String).fill_null("")
    frame = mine.with_columns(theirs["numbers"].alias("source_numbers"), contexts_text).with_columns(context=spaced)
    lacking = frame.with_columns(lacking_numbers=pl.col("numbers").list.set_difference("source_numbers"))
    absent = [
        [name for name in names if f" {' '.join(_words(name))} " not in context]
        for names, context in zip(lacking["names"].to_list(), lacking["context"].to_list(), strict=True)
    ]
    missing_names = pl.Series("lacking_names", absent, dtype=pl.List(pl.String))
    return lacking.with_columns(missing_names).with_columns(missing=pl.concat_list("lacking_numbers", "lacking_names"))


def _words(name: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in name).split()


def _ratio(found: pl.DataFrame, kind: str) -> Ratio:
    every = int(found[kind].list.len().sum())
    return Ratio(every - int(found[f"lacking_{kind}"].list.len().sum()), every)
