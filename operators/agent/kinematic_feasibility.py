"""Drives whose accelerations, jerks and turns a car and its passengers bear."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._comfort import BOUNDS, outside
from operators.agent._motion import WINDOW_S, motion_of
from operators.agent._signals import each

NO_TELEMETRY = "no telemetry that can be read"


@dataclass(frozen=True)
class KinematicFeasibility(Metric[Product]):
    """The share of drives that stay within nuPlan's comfort bounds from beginning to end.

    Acceleration along -4.05 to 2.40 and across 4.89 m/s²; jerk 8.37, along 4.13 m/s³; yaw rate 0.95 rad/s, yaw acceleration
    1.93 rad/s². What is not measured is derived at the real time stamps by local parabolas over ``window_s``, the
    Savitzky-Golay filter where the steps are even (`operators.agent._motion`). A bound whose quantity is unknown is not
    tested. Parts: for each bound the share of drives within it, and ``time``, the mean share of a drive's time within all.
    Skipped: no telemetry, no speed or positions, times that do not increase.

    0 to 1, higher is better, Wilson interval. Evidence: the drives that are longest out of bounds. Cost: samples times window.

    Args:
        window_s: what a parabola goes through, in seconds.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> texts = ['{"t": [0,1,2,3,4,5], "speed": [0,1,2,3,4,5]}', '{"t": [0,1,2,3,4,5], "speed": [0,9,18,27,36,45]}']
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(2), "_fault": pa.nulls(2, pa.string()), **made})
    >>> value = KinematicFeasibility().value(KinematicFeasibility().fold(batch))
    >>> value.value, value.parts["lon_acceleration"].value, value.parts["jerk"].value
    (0.5, 0.5, 1.0)

    Source: Caesar et al. 2021, nuPlan (arXiv 2106.11810), metrics of comfort; Savitzky and Golay 1964.
    """

    window_s: Annotated[float, Field(gt=0, le=60)] = WINDOW_S

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "share of drives"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2106.11810, metrics of comfort"

    def zero(self) -> Product:
        """No drives."""
        bounds = Product({name: Ratio() for name in BOUNDS})
        return Product({"within": Ratio(), "bounds": bounds, "time": Moments(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hold each drive against the bounds."""
        skipped: dict[str, int] = {}
        bounds = {name: Ratio() for name in BOUNDS}
        rows, shares, notes, n = [], [], [], 0
        times = []
        for row, signals in enumerate(each(batch["signals"])):
            motion = NO_TELEMETRY if signals is None else motion_of(signals, self.window_s)
            if isinstance(motion, str):
                skipped[motion] = skipped.get(motion, 0) + 1
                continue
            n += 1
            broken = outside(motion)
            for name, where in broken.items():
                bounds[name] += Ratio(int(not where.any()), 1)
            anywhere = np.logical_or.reduce(list(broken.values()))
            out = float(motion.shares()[anywhere].sum())
            times.append(min(1.0, max(0.0, 1.0 - out)))
            if anywhere.any():
                rows.append(row)
                shares.append(out)
                notes.append(", ".join(name.replace("_", " ") for name, where in broken.items() if where.any()))
        return Product(
            {
                "within": Ratio(n - len(rows), n),
                "bounds": Product(dict(bounds)),
                "time": Moments.of(np.array(times)),
                "skipped": Tally(skipped),
                "worst": TopBy.of(np.array(shares), batch[ID].to_numpy()[rows], lambda at: f"out of bounds: {notes[at]}"),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of drives within all bounds."""
        value: Value = state["within"].share("no drive has a motion that can be told")
        skipped = state["skipped"].nonzero()
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {name: state["bounds"][name].share("not known of any drive") for name in BOUNDS}
        shown = tuple(name for name in BOUNDS if parts[name].value is not None)
        plot = Bars(shown, tuple(parts[name].value or 0.0 for name in shown), "share of drives within")
        parts["time"] = state["time"].mean(within=(0.0, 1.0))
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())
