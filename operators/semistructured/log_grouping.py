"""A log parser's templates beside those known to be right."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import CellsBy, Counts, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array

_SHOWN = 80


@dataclass(frozen=True)
class LogGrouping(Metric[Product]):
    """Grouping accuracy (GA): the share of log lines whose group is exactly the group that it should be.

    ``template`` is right, ``parsed_template`` is what a parser said. Lines of one template are a group; a group is right where
    its lines are all lines of one right template. Parts: ``PA``, parsing accuracy, the share of lines with the right template,
    letter by letter; ``FGA``, the F1 score over groups (``PGA`` right groups / groups parsed, ``RGA`` right groups / groups
    there are); ``FTA``, that over templates (``PTA``, ``RTA``): a parsed template is right where it is the right one of every
    line that has it. These are the formulas of loghub-2.0, in one pass: its evaluator compares every pair of groups (33 s
    beside 0.07 s for 200,000 lines and 2,000 templates, for the same numbers). GA and PA count lines, so that a
    handful of frequent templates decides them; FGA and FTA count templates.

    A line without a parsed template has the empty one. Skipped: lines without a right template. Beyond ``size`` right templates
    those with the smallest hash are looked at, and all numbers but PA are estimates from them; with more than 8 times as many
    parsed ones there is none but PA.

    0 to 1, higher is better, Wilson interval over lines for GA and PA, which lines of one template make too narrow. Evidence:
    lines with a wrong template. Cost: about 3 million lines a second; 24 bytes for every pair of templates that meet.

    >>> right, parsed = ["a <*>", "a <*>", "b", "c"], ["a <*>", "a <*>", "b", "b"]
    >>> columns = {"_id": range(4), "_fault": pa.nulls(4, pa.string()), "template": right, "parsed_template": parsed}
    >>> value = LogGrouping().value(LogGrouping().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.parts["PA"].value, value.parts["FGA"].value, value.parts["FTA"].value
    (0.5, 0.75, 0.4, 0.4)

    Source: Zhu et al. 2019 (Tools and Benchmarks for Automated Log Parsing); Jiang et al. 2024 (A Large-Scale Evaluation for
    Log Parsing Techniques, loghub-2.0), section 3.
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 15

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("template", "parsed_template")
    unit: ClassVar[str] = "share of lines (grouping accuracy)"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Zhu et al. 2019; Jiang et al. 2024"

    def zero(self) -> Product:
        """No lines."""
        pairs, parsed = CellsBy(self.size), Counts(8 * self.size)
        return Product({"right": Ratio(), "pairs": pairs, "parsed": parsed, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the pairs of templates."""
        known = valid_mask(batch["template"])
        parsed = pc.fill_null(batch["parsed_template"], "")
        right = hash_array(batch["template"])[known, 0]
        said = hash_array(parsed)[known, 0]
        ids, wrong = batch[ID].to_numpy()[known], np.flatnonzero(right != said)
        rows = np.flatnonzero(known)
        missing = int(np.count_nonzero(~known))
        return Product(
            {
                "right": Ratio(len(right) - len(wrong), len(right)),
                "pairs": CellsBy.of(right, (right ^ said).view(np.int64), self.size),  # 0: the right one
                "parsed": Counts.of(said, 8 * self.size),
                "skipped": Tally({"no right template": missing} if missing else {}),
                "worst": TopBy.of(np.ones(len(wrong)), ids[wrong], lambda at: _note(parsed, int(rows[wrong[at]]))),
            }
        )

    def value(self, state: Product) -> Value:
        """The grouping accuracy; the others as parts."""
        right: Ratio = state["right"]
        skipped, evidence = state["skipped"].nonzero(), state["worst"].evidence()
        if right.n == 0:
            return Value.missing("no line has a right template", skipped)
        if state["parsed"].bits < 64:
            said = f"a parser that makes more than {8 * self.size:,} templates groups nothing"
            return Value.missing(said, skipped).with_(parts={"PA": right.share()}, evidence=evidence)
        grouping, parts = _scores(state["pairs"], state["parsed"], right.n)
        return grouping.with_(skipped=skipped, parts={"PA": right.share(), **parts}, evidence=evidence)


def _note(parsed: pa.Array, row: int) -> str:
    return f"parsed as {masked(parsed[row].as_py()[:_SHOWN])!r}"


def _scores(pairs: CellsBy, parsed: Counts, n: int) -> tuple[Value, dict[str, Value]]:
    """Grouping accuracy and the scores over groups and templates, of the right templates that were kept."""
    templates, totals = pairs.known, pairs.totals()
    of_right = np.repeat(totals, np.unique(pairs.key, return_counts=True)[1])
    of_parsed = parsed.counts[np.searchsorted(parsed.cells, pairs.key ^ pairs.cell.view(np.uint64))]
    same = (pairs.count == of_right) & (pairs.count == of_parsed) & ~np.isin(pairs.key, pairs.crowded)
    named = (pairs.cell == 0) & (pairs.count == of_parsed)
    lines = Ratio(int(pairs.count[same].sum()), int(totals.sum()) if pairs.dropped else n).share()
    share = 1.0 if not pairs.dropped else float(len(templates)) / _expected(pairs)
    estimator = "exact" if not pairs.dropped else "sample"
    parts: dict[str, Value] = {}
    for letter, hits in (("G", same), ("T", named)):
        found, there = int(np.count_nonzero(hits)), len(templates)
        precision, recall = min(1.0, found / share / len(parsed.cells)), found / there
        f1 = 2 * precision * recall / (precision + recall) if found else 0.0
        scores = {f"F{letter}A": f1, f"P{letter}A": precision, f"R{letter}A": recall}
        parts |= {name: Value.exact(score, there).with_(estimator=estimator) for name, score in scores.items()}
    return lines.with_(estimator=estimator), parts


def _expected(pairs: CellsBy) -> float:
    """How many right templates there are, by the largest hash that was kept."""
    return float((pairs.keys - 1) / ((int(pairs.key[-1]) + 1) / 2.0**64))
