"""Telemetry that a drive can be judged by: in order, steady, whole, plausible, in step and alive."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._sensing import CHECKS, Tolerances, condition_of
from operators.agent._signals import each
from operators.agent.kinematic_feasibility import NO_TELEMETRY

_NUMBERS = ("jitter", "missing", "sync_s", "frozen_s")
_SHOWN = 120


@dataclass(frozen=True)
class TelemetryValidity(Metric[Product]):
    """The share of drives whose telemetry passes six checks.

    ``ordered``: the times of every signal increase. ``steady``: the standard deviation of the time steps is at most ``jitter``
    times their median. ``complete``: at most a share ``missing`` of a signal's times or values is NaN or null. ``plausible``:
    speeds, accelerations, turns and limits are within what a road vehicle can show in SI units (`operators.agent._sensing`).
    ``synchronous``: a sample of the signal with fewest samples has one of every other within ``sync_s`` seconds, by the
    median. ``alive``: no measurement shows one value other than zero for longer than ``frozen_s``. Parts: for each check the
    share of drives that pass, and the means of the drives' worst ``jitter``, ``missing``, ``sync_s`` and ``frozen_s``.
    Skipped: no telemetry that can be read.

    0 to 1, higher is better, Wilson interval. Evidence: the drives with most failed checks. Cost: a few passes over
    the samples.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> texts = ['{"t": [0,1,2,3], "speed": [5,6,7,8]}', '{"t": [0,1,1,2], "speed": [5,null,7,400]}']
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = TelemetryValidity().value(TelemetryValidity().fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'not complete: speed; not plausible: speed')

    Source: The LLM Data Auditor (arXiv 2601.17717), agent executability.
    """

    jitter: Annotated[float, Field(gt=0)] = 1.0
    missing: Annotated[float, Field(ge=0, le=1)] = 0.05
    sync_s: Annotated[float, Field(gt=0)] = 0.1
    frozen_s: Annotated[float, Field(gt=0)] = 10.0

    dimension: ClassVar[Dimension] = Dimension.EXECUTABILITY
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "share of drives"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, agent executability"

    def zero(self) -> Product:
        """No drives."""
        numbers = Product({name: Moments() for name in _NUMBERS})
        checks = Product({name: Ratio() for name in CHECKS})
        return Product({"valid": Ratio(), "checks": checks, "numbers": numbers, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Check each drive's signals."""
        tolerances = Tolerances(self.jitter, self.missing, self.sync_s, self.frozen_s)
        found = [signals and condition_of(signals, tolerances) for signals in each(batch["signals"])]
        there = [(row, condition) for row, condition in enumerate(found) if condition]
        bad = [(row, condition.failed) for row, condition in there if condition.failed]
        numbers = {name: [getattr(condition, name) for _, condition in there] for name in _NUMBERS}
        without = len(found) - len(there)
        return Product(
            {
                "valid": Ratio(len(there) - len(bad), len(there)),
                "checks": Product({name: Ratio(sum(name not in c.failed for _, c in there), len(there)) for name in CHECKS}),
                "numbers": Product(
                    {name: Moments.of(np.array([v for v in n if v is not None and v < 1e150])) for name, n in numbers.items()}
                ),
                "skipped": Tally({NO_TELEMETRY: without} if without else {}),
                "worst": TopBy.of(
                    np.array([float(len(failed)) for _, failed in bad]),
                    batch[ID].to_numpy()[[row for row, _ in bad]],
                    lambda at: masked("; ".join(f"not {check}: {name}" for check, name in bad[at][1].items()))[:_SHOWN],
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of drives that pass every check."""
        skipped = state["skipped"].nonzero()
        value: Value = state["valid"].share("no drive has telemetry")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {name: state["checks"][name].share() for name in CHECKS}
        plot = Bars(CHECKS, tuple(parts[name].value or 0.0 for name in CHECKS), "share of drives that pass")
        parts |= {name: state["numbers"][name].mean("not known of any drive", (0.0, float("inf"))) for name in _NUMBERS}
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())
