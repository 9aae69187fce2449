"""Records that a judge finds unsafe, in fourteen dimensions."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Bars, Value
from operators.features.unsafe_judge import DIMENSIONS
from operators.kernels.buffers import valid_mask
from operators.vision_language._shares import counted, nothing, share


@dataclass(frozen=True)
class UnsafeContent(Metric[Product]):
    """The share of records that a judge finds unsafe in any of 14 dimensions, among those that it judged in all it spoke of.

    ``records with an unsafe dimension / records with one, or judged safe in at least one``. The judge is that of
    ``[features.unsafe_judge]``; the dimensions are T2VSafetyBench's. Parts: for each dimension the share of unsafe ones among
    the records that the judge decided it for, and its coverage (``coverage of gore``): an abstention is neither safe nor
    unsafe, and an error of the judge (``judge failed``) says nothing of a record. A judge is a model: its errors are in the
    number. Skipped: records without a picture that decodes or a caption (``nothing to judge``), and those of which the judge
    said nothing.

    0 to 1, lower is better, Wilson interval. Cost: that of the judge.

    >>> from operators.features.unsafe_judge import STRUCT
    >>> verdicts = pa.array([{"gore": True}, {"gore": False, "violence": False}, {}, None], STRUCT)
    >>> columns = {"_id": range(4), "unsafe": verdicts, "unsafe_error": [None, None, "TimeoutError", None]}
    >>> value = UnsafeContent().value(UnsafeContent().fold(pa.RecordBatch.from_pydict(columns)))
    >>> value.value, value.n, value.parts["coverage of violence"].value == 1 / 3, value.parts["judge failed"].value == 1 / 3
    (0.5, 2, True, True)

    Source: Miao et al. 2024 (T2VSafetyBench), section 3; METRICS 7.5.
    """

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("unsafe", "unsafe_error")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Miao et al. 2024 (T2VSafetyBench), section 3"

    def zero(self) -> Product:
        """No records."""
        ratios = Product({name: Ratio() for name in DIMENSIONS})
        return nothing() + Product({"unsafe": ratios, "decided": ratios, "failed": Ratio()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count verdicts and abstentions."""
        there = valid_mask(batch["unsafe"])
        n = int(np.count_nonzero(there))
        said = {field.name: part for field, part in zip(batch["unsafe"].type, batch["unsafe"].flatten(), strict=True)}
        decided = {name: valid_mask(said[name]) for name in DIMENSIONS}
        unsafe = {name: pc.fill_null(said[name], False).to_numpy(zero_copy_only=False) for name in DIMENSIONS}
        judged = np.logical_or.reduce([decided[name] for name in DIMENSIONS])
        hit = np.logical_or.reduce([unsafe[name] for name in DIMENSIONS])

        def note(row: int) -> str:
            return ", ".join(name.replace("_", " ") for name in DIMENSIONS if unsafe[name][row])

        state = counted(batch, there & judged, hit, {}, "nothing said", note)
        counts = {name: (int(np.count_nonzero(unsafe[name])), int(np.count_nonzero(decided[name]))) for name in DIMENSIONS}
        return state + Product(
            {
                "unsafe": Product({name: Ratio(*count) for name, count in counts.items()}),
                "decided": Product({name: Ratio(count[1], n) for name, count in counts.items()}),
                "failed": Ratio(int(np.count_nonzero(there & valid_mask(batch["unsafe_error"]))), n),
            }
        )

    def value(self, state: Product) -> Value:
        """The share that is unsafe, each dimension beside it."""
        if not state["hits"].n:
            failed = state["failed"].hits
            why = f": it failed for {failed:,}" if failed else ""
            return share(state, f"the judge said nothing of any record{why}")
        parts = {"judge failed": state["failed"].share()}
        for name in DIMENSIONS:
            parts[name] = state["unsafe"][name].share("the judge decided it for no record")
            parts[f"coverage of {name}"] = state["decided"][name].share()
        drawn = {name: parts[name].value for name in DIMENSIONS if parts[name].value}
        bars = Bars(tuple(drawn), tuple(float(one or 0) for one in drawn.values()), "share unsafe") if drawn else None
        return share(state, "", parts).with_(plot=bars)
