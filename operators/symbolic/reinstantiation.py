"""Answers that stay right when a problem's names and numbers change."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Bins, Value
from operators.symbolic._instances import MOST_TEMPLATES, by_template, mean_over_templates, right_answers

_EDGES = tuple(at / 10 for at in range(11))


@dataclass(frozen=True)
class Reinstantiation(Metric[Product]):
    """The mean over templates of the share of a template's instances that are answered right.

    Records with the same ``template`` are the same problem with other names and numbers. ``mean over templates of right_t /
    n_t``, an answer being right as in `operators.symbolic.answer_accuracy`. How much it depends on the instance is in the
    parts: ``spread``, the standard deviation of the accuracy over sets of one instance a template, each drawn at random,
    ``sqrt(sum of p_t (1 - p_t) n_t / (n_t - 1)) / templates``; ``template_spread``, that of ``p_t`` over the templates;
    ``unstable``, the share of templates some of whose instances are right and some wrong, which understanding would not
    explain; ``always``, the share all of whose instances are. Of more than 65,536 templates those with the smallest hash are
    taken: a sample. Skipped: no template, solution or gold answer; records of templates with a single instance.

    0 to 1, higher is better, normal interval over templates. Cost: 23 us a GSM8K record.

    >>> columns = {"template": ["t", "t", "u", "u"], "solution": ["A: 1", "A: 2", "A: 3", "A: 9"], "gold": ["1", "2", "3", "4"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), **columns})
    >>> value = Reinstantiation().value(Reinstantiation().fold(batch))
    >>> value.value, value.parts["unstable"].value, round(value.parts["spread"].value, 3)
    (0.75, 0.5, 0.354)

    Source: Mirzadeh et al. 2024, "GSM-Symbolic" (arXiv 2410.05229), section 4.1.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("template", "solution", "gold")
    unit: ClassVar[str] = "mean share of a template's instances"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2410.05229, section 4.1"

    def zero(self) -> Product:
        """No templates."""
        return Product({"skipped": Tally(), "templates": RatioBy(MOST_TEMPLATES)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count right answers by template."""
        templates, right, skipped = right_answers(batch)
        return Product({"skipped": skipped, "templates": by_template(templates, right)})

    def value(self, state: Product) -> Value:
        """The mean share, and how it spreads."""
        templates: RatioBy = state["templates"]
        skipped = dict(state["skipped"].nonzero())
        alone = sum(n < 2 for _, n in templates.ratios.values())
        if alone:
            skipped["of templates with a single instance"] = alone
        counts = [(c, n) for c, n in templates.ratios.values() if n > 1]
        if not counts:
            return Value.missing("no template has two instances with a solution and a gold answer", skipped)
        shares = [c / n for c, n in counts]
        parts = {
            "spread": Value.exact(_spread(counts), len(counts)),
            "unstable": mean_over_templates([float(0 < c < n) for c, n in counts], 0.0, not templates.dropped),
            "always": mean_over_templates([float(c == n) for c, n in counts], 0.0, not templates.dropped),
        }
        if len(shares) > 1:
            parts["template_spread"] = Value.exact(float(np.std(np.sort(shares), ddof=1)), len(shares))
        bins = Bins(
            _EDGES, tuple(map(float, np.histogram(shares, _EDGES)[0])), "share of a template's instances that are right"
        )
        return mean_over_templates(shares, 0.0, not templates.dropped).with_(skipped=skipped, parts=parts, plot=bins)


def _spread(counts: list[tuple[int, int]]) -> float:
    """The standard deviation of the accuracy over sets of one instance a template."""
    return math.sqrt(math.fsum(c * (n - c) / (n * (n - 1)) for c, n in counts)) / len(counts)
