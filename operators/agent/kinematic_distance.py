"""Speeds, accelerations, turns and distances beside those of real drives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Histogram, Product, Quantiles, Tally
from engine.value import Bars, Value
from operators.agent._motion import WINDOW_S, Motion, at, motion_of, ordered, usable
from operators.agent._scene import actors_of, contact_times, ego_of, lead_gaps, too_many
from operators.agent._signals import Signal, each
from operators.agent.kinematic_feasibility import NO_TELEMETRY
from operators.features._documents import documents
from operators.kernels.divergence import divergence
from operators.kernels.side_distances import bounded, kolmogorov_smirnov, wasserstein

Floats = NDArray[np.float64]

_GRID_S, _MOST_SAMPLES = 0.1, 100_000
_HORIZON_S = 10.0
_MOST = 1e6


def _edges(low: float, high: float) -> tuple[float, ...]:
    return tuple(np.linspace(low, high, 101).tolist())


_EDGES = {
    "speed": _edges(0, 50),
    "lon_acceleration": _edges(-10, 10),
    "lat_acceleration": _edges(-10, 10),
    "jerk": _edges(-15, 15),
    "yaw_rate": _edges(-1.5, 1.5),
    "headway": _edges(0, 200),
    "min_ttc": _edges(0, _HORIZON_S),
}
"""A hundred bins of each quantity, in SI units."""


@dataclass(frozen=True)
class KinematicDistance(Comparison[Product]):
    """How far the distributions of motion are from the reference's: the mean Jensen-Shannon divergence of seven quantities.

    Speed, acceleration along and across, jerk, yaw rate, as `agent.kinematic_feasibility` finds them; ``headway``, the gap to
    whoever is ahead in the drive's lane (the signal, else from ``actors``); ``min_ttc``, the least time to collision up to 10 s
    (`agent.ttc_violations`). All are taken every tenth of a second, so that a sensor's rate has no weight. The value is the
    mean of the divergences in bits over a hundred bins, of the quantities that both sides have. Parts, of each:
    ``jsd/quantity``, ``ks/quantity`` (Kolmogorov-Smirnov) and ``w1/quantity`` (Wasserstein, in the quantity's unit). Skipped:
    drives of the subject without telemetry or motion.

    0 to 1, lower is better. Intervals take the samples as independent: those of one drive are not, so they are too narrow.
    Cost: samples times window, and a few operations for each road user and time.

    Args:
        window_s: what a parabola goes through, in seconds.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> def side(text):
    ...     made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    ...     return KinematicDistance().fold(pa.RecordBatch.from_pydict(made))
    >>> slow, fast = side('{"t": [0,1,2,3,4], "speed": [5,5,5,5,5]}'), side('{"t": [0,1,2,3,4], "speed": [9,9,9,9,9]}')
    >>> value = KinematicDistance().compare(slow, fast)
    >>> value.parts["jsd/speed"].value, value.parts["jsd/jerk"].value, round(value.parts["w1/speed"].value, 1)
    (1.0, 0.0, 4.0)

    Source: Montali et al. 2023, The Waymo Open Sim Agents Challenge (arXiv 2305.12032), section 3 (the quantities); Lin 1991.
    """

    window_s: Annotated[float, Field(gt=0, le=60)] = WINDOW_S

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    may_read: ClassVar[tuple[str, ...]] = ("actors",)
    unit: ClassVar[str] = "mean Jensen-Shannon divergence, bits"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2305.12032, section 3"

    def zero(self) -> Product:
        """No drives."""
        return Product({"bins": Product(), "sketches": Product(), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """The distributions of the quantities."""
        nothing: list[Any] = [None] * len(batch)
        scenes = documents(batch["actors"]) if "actors" in batch.schema.names else nothing
        samples: dict[str, list[Floats]] = {}
        skipped: dict[str, int] = {}
        for signals, scene in zip(each(batch["signals"]), scenes, strict=True):
            motion = NO_TELEMETRY if signals is None else motion_of(signals, self.window_s)
            if isinstance(motion, str):
                skipped[motion] = skipped.get(motion, 0) + 1
                continue
            for name, values in _quantities(signals or {}, motion, scene):
                samples.setdefault(name, []).append(values[np.abs(values) < _MOST])
        joined = {name: np.concatenate(parts) for name, parts in samples.items()}
        return Product(
            {
                "bins": Product({name: Histogram.of(values, _EDGES[name]) for name, values in joined.items() if len(values)}),
                "sketches": Product({name: Quantiles.of(values) for name, values in joined.items() if len(values)}),
                "skipped": Tally(skipped),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The mean of the divergences."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if not state["bins"].states:
                return Value.missing(f"no drive of the {side} has a motion that can be told", skipped)
        names = [name for name in _EDGES if name in subject["bins"] and name in reference["bins"]]
        found = {}
        for name in names:
            mine, theirs = (np.array(state["bins"][name].counts, np.int64) for state in (subject, reference))
            found[name] = divergence(mine, theirs)
        parts = {f"jsd/{name}": value for name, value in found.items()}
        for name in names:
            mine, theirs = subject["sketches"][name], reference["sketches"][name]
            parts[f"ks/{name}"] = bounded(mine, theirs, kolmogorov_smirnov(mine, theirs) or 0.0)
            far = wasserstein(mine, theirs)
            parts[f"w1/{name}"] = Value(far, n=mine.n, low=far, high=far, estimator="sketch")
        means = [float(np.mean([getattr(value, end) for value in found.values()])) for end in ("value", "low", "high")]
        plot = Bars(tuple(names), tuple(found[name].value or 0.0 for name in names), "Jensen-Shannon divergence, bits")
        n = max(value.n for value in found.values())
        return Value(means[0], n=n, low=means[1], high=means[2], skipped=skipped, parts=parts, plot=plot)


def _quantities(signals: dict[str, Signal], motion: Motion, scene: Any) -> Iterator[tuple[str, Floats]]:
    """The quantities that a drive has, every tenth of a second."""
    count = int(min(_MOST_SAMPLES, motion.seconds // _GRID_S + 1))
    grid = motion.t[0] + np.arange(count) * _GRID_S
    own = {"speed": np.abs(motion.speed), "lon_acceleration": motion.lon, "lat_acceleration": motion.lat}
    for name, values in {**own, "jerk": motion.jerk, "yaw_rate": motion.yaw_rate}.items():
        if values is not None:
            yield name, np.interp(grid, motion.t, values)
    headway = usable(signals.get("headway"))
    if headway is not None and ordered(headway):
        yield "headway", at(headway, grid)
    ego = ego_of(signals, 4.5, 2.0)
    actors = None if isinstance(ego, str) or scene is None else actors_of(scene, ego.t)
    if isinstance(ego, str) or actors is None or too_many(ego, actors):
        return
    clock, contact = contact_times(ego, actors, _HORIZON_S)
    nearest = np.searchsorted(clock, grid, side="right") - 1
    there = contact[np.clip(nearest, 0, len(clock) - 1)]
    yield "min_ttc", there[np.isfinite(there)]
    if headway is None:
        gaps = lead_gaps(ego, actors)[np.clip(nearest, 0, len(clock) - 1)]
        yield "headway", gaps[np.isfinite(gaps)]
