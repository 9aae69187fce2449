"""What is left of a page after it was cleaned."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.agent._gui import MOST_BYTES, targets_of
from operators.kernels.html_attributes import attribute_values

_ATTRIBUTES = ("backend_node_id", "data-webtasks-id", "id")


@dataclass(frozen=True)
class HtmlRetention(Metric[Product]):
    """The mean over pages of the share of a raw page's elements that are still in the cleaned one.

    ``|raw & clean| / |raw|`` of the ids that elements have in the first of ``attributes`` that the raw page has at all. Where
    the dataset names each step's ``element``, only pages of steps that need one count, and the part ``targets`` is the share of
    these, among those whose target is in the raw page, that have it in the cleaned one: what was cleaned away with the
    target makes the step impossible to learn. Skipped: no page or raw page, no step that needs an element, no element with
    an id, pages over ``max_bytes``.

    0 to 1, normal interval over pages; cleaning is meant to remove something, so that only ``targets`` has a best value, 1.
    Evidence: pages that lost their target. Cost: two parses, about 50 MB/s a core.

    >>> columns = {"page": ['<a id="1">'], "raw_page": ['<a id="1"><b id="2"><b id="3"><b id="4">'], "element": ["2"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **columns})
    >>> value = HtmlRetention().value(HtmlRetention().fold(batch))
    >>> value.value, value.parts["targets"].value
    (0.25, 0.0)

    Source: Deng et al. 2023, Mind2Web (arXiv 2306.06070), section 3.1.
    """

    attributes: tuple[str, ...] = _ATTRIBUTES
    max_bytes: Annotated[int, Field(ge=1)] = MOST_BYTES

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("page", "raw_page")
    may_read: ClassVar[tuple[str, ...]] = ("element",)
    requires: ClassVar[tuple[str, ...]] = ("lxml",)
    unit: ClassVar[str] = "mean share of elements"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.NONE
    source: ClassVar[str] = "arXiv 2306.06070, section 3.1"

    def zero(self) -> Product:
        """No pages."""
        return Product({"kept": Moments(), "targets": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare each page with the raw one."""
        elements = batch["element"].to_pylist() if "element" in batch.schema.names else ["?"] * len(batch)
        named = "element" in batch.schema.names
        skipped: dict[str, int] = {}
        kept: list[float] = []
        lost: list[int] = []
        there = 0
        for row, (page, raw) in enumerate(zip(batch["page"].to_pylist(), batch["raw_page"].to_pylist(), strict=True)):
            targets = targets_of(elements[row] or "") or [] if named else []
            reason = self._left_out(page, raw, named and not targets)
            before = set() if reason or raw is None else self._ids(raw)
            if reason or not before or page is None:
                skipped[reason or "no element with an id"] = skipped.get(reason or "no element with an id", 0) + 1
                continue
            after = {value for values in attribute_values(page).values() for value in values}
            kept.append(len(before & after) / len(before))
            if before & {*targets}:
                there += 1
                if not after & {*targets}:
                    lost.append(row)
        return Product(
            {
                "kept": Moments.of(np.array(kept)),
                "targets": Ratio(there - len(lost), there),
                "skipped": Tally(skipped),
                "worst": TopBy.of(np.ones(len(lost)), batch[ID].to_numpy()[lost], lambda _: "the target was cleaned away"),
            }
        )

    def _ids(self, page: str) -> set[str]:
        found = attribute_values(page, self.attributes)
        return next((found[name] for name in self.attributes if name in found), set())

    def _left_out(self, page: str | None, raw: str | None, targetless: bool) -> str:
        if page is None or raw is None:
            return "no page or raw page"
        if targetless:
            return "no target"
        return f"over {self.max_bytes} bytes" if max(len(page), len(raw)) > self.max_bytes else ""

    def value(self, state: Product) -> Value:
        """The mean share, and that of targets."""
        skipped = state["skipped"].nonzero()
        value: Value = state["kept"].mean("no page has a raw one with elements that have an id", (0.0, 1.0))
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {"targets": state["targets"].share()} if state["targets"].n else {}
        return value.with_(skipped=skipped, parts=parts, evidence=state["worst"].evidence())
