"""Steps on a page whose element is there."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.agent._gui import MOST_BYTES, targets_of
from operators.kernels.html_attributes import attribute_values

_SHOWN = 80


@dataclass(frozen=True)
class ElementLocatability(Metric[Product]):
    """The share of steps that act on an element whose id is the value of an attribute in the page.

    ``steps of which some target is found / steps with a target``. The page is parsed: ``13`` is the value of an attribute or
    it is not, that it stands somewhere in ``1134`` is nothing. ``element`` is an id, candidates with one (Mind2Web's
    ``pos_candidates``), or a call with one (WebLINX's ``click(uid=...)``); of several candidates one is enough. Steps that
    need no element (an empty list, a call without an id) are skipped, not counted as found. Skipped too: no page or element,
    an element that cannot be read, pages over ``max_bytes``.

    0 to 1, higher is better, Wilson interval. Evidence: steps whose target is not there. Cost: a parse, about 50 MB/s a core.

    Args:
        attributes: those that may hold the id; all where none is named.

    >>> pages = ['<a backend_node_id="136">x</a>', "<p>136</p>", "<p>"]
    >>> columns = {"_id": range(3), "_fault": pa.nulls(3, pa.string()), "page": pages, "element": ["136", "136", "[]"]}
    >>> value = ElementLocatability().value(ElementLocatability().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.skipped, value.evidence[0].note
    (0.5, {'no target': 1}, '136 is not in the page')

    Source: Deng et al. 2023, Mind2Web (arXiv 2306.06070), section 3; Lù et al. 2024, WebLINX (arXiv 2402.05930).
    """

    attributes: tuple[str, ...] = ()
    max_bytes: Annotated[int, Field(ge=1)] = MOST_BYTES

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("page", "element")
    requires: ClassVar[tuple[str, ...]] = ("lxml",)
    unit: ClassVar[str] = "share of steps"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2306.06070, section 3"

    def zero(self) -> Product:
        """No steps."""
        return Product({"found": Ratio(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look for each step's element."""
        skipped: dict[str, int] = {}
        lost: list[int] = []
        notes: list[str] = []
        n = 0
        for row, (page, element) in enumerate(zip(batch["page"].to_pylist(), batch["element"].to_pylist(), strict=True)):
            targets = None if element is None else targets_of(element)
            reason = self._left_out(page, element, targets)
            if reason or page is None or targets is None:
                skipped[reason] = skipped.get(reason, 0) + 1
                continue
            n += 1
            if not located(page, targets, self.attributes):
                lost.append(row)
                notes.append(masked(f"{targets[0]} is not in the page", _SHOWN))
        return Product(
            {
                "found": Ratio(n - len(lost), n),
                "skipped": Tally(skipped),
                "worst": TopBy.of(np.ones(len(lost)), batch[ID].to_numpy()[lost], lambda at: notes[at]),
            }
        )

    def _left_out(self, page: str | None, element: str | None, targets: list[str] | None) -> str:
        if page is None or element is None:
            return "no page or element"
        if targets is None:
            return "element that cannot be read"
        return "no target" if not targets else f"over {self.max_bytes} bytes" if len(page) > self.max_bytes else ""

    def value(self, state: Product) -> Value:
        """The share of steps whose element is there."""
        value: Value = state["found"].share("no step has a page and a target")
        return value.with_(skipped=state["skipped"].nonzero(), evidence=state["worst"].evidence())


def located(page: str, targets: list[str], attributes: tuple[str, ...]) -> bool:
    """Whether one of some ids is the value of an attribute in a page.

    >>> located('<a id="13">1134</a>', ["13"], ()), located('<a id="1134">', ["13"], ())
    (True, False)
    """
    values = attribute_values(page, attributes).values()
    return any(target in those for those in values for target in targets)
