"""How much worse problems are answered when their names and numbers are no longer the published ones."""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, RatioBy, Tally
from engine.value import Value
from operators.symbolic._instances import MOST_TEMPLATES, by_template, mean_over_templates, right_answers


@dataclass(frozen=True)
class OriginalDrop(Metric[Product]):
    """The mean over templates of how much higher the accuracy on the original problem is than on its other instances.

    ``mean over templates of right_o / n_o - right_i / n_i``, over templates with both: records whose ``source`` is
    ``original``, and the other records with their ``template``. An answer is right as in `operators.symbolic.answer_accuracy`.
    Above 0: the originals are known by heart, or their numbers are easier. Parts ``original`` and ``instances`` are the two
    mean accuracies over these templates. Of more than 65,536 templates a sample by hash is taken. Skipped: no template,
    solution or gold answer; records of templates that lack either.

    -1 to 1, lower is better, normal interval over templates. Cost: 23 us a GSM8K record.

    Args:
        original: what ``source`` says of the problems that the templates were made from.

    >>> columns = {"template": ["t"] * 3, "solution": ["A: 1", "A: 2", "A: 9"], "gold": ["1", "2", "3"]}
    >>> columns |= {"source": ["original", "made", "made"], "_id": range(3), "_fault": pa.nulls(3, pa.string())}
    >>> OriginalDrop().value(OriginalDrop().fold(pa.RecordBatch.from_pydict(columns))).value
    0.5

    Source: Mirzadeh et al. 2024, "GSM-Symbolic" (arXiv 2410.05229), section 4.1.
    """

    original: str = "original"

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    reads: ClassVar[tuple[str, ...]] = ("template", "source", "solution", "gold")
    unit: ClassVar[str] = "difference of accuracies"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2410.05229, section 4.1"

    def zero(self) -> Product:
        """No templates."""
        return Product({"instances": RatioBy(MOST_TEMPLATES), "original": RatioBy(MOST_TEMPLATES), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count right answers by template, of originals and of others."""
        templates, right, skipped = right_answers(batch)
        first = [source == self.original for source in batch["source"].to_pylist()]

        def of(original: bool) -> RatioBy:
            return by_template([name if at == original else None for name, at in zip(templates, first, strict=True)], right)

        return Product({"instances": of(False), "original": of(True), "skipped": skipped})

    def value(self, state: Product) -> Value:
        """The mean difference."""
        original, instances = state["original"], state["instances"]
        both = sorted({*original.ratios} & {*instances.ratios})
        skipped = dict(state["skipped"].nonzero())
        lone = sum(n for side in (original, instances) for name, (_, n) in side.ratios.items() if name not in both)
        if lone:
            skipped["of templates without an original or without another instance"] = lone
        if not both:
            return Value.missing(f"no template has an instance whose source is {self.original!r}, and others", skipped)
        complete = not (original.dropped or instances.dropped)
        sides = {"original": original, "instances": instances}
        shares = {side: [c / n for c, n in map(each.ratios.__getitem__, both)] for side, each in sides.items()}
        drops = [one - other for one, other in zip(shares["original"], shares["instances"], strict=True)]
        parts = {side: mean_over_templates(each, 0.0, complete) for side, each in shares.items()}
        return mean_over_templates(drops, -1.0, complete).with_(skipped=skipped, parts=parts)
