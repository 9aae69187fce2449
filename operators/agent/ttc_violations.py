"""Time that a drive spends too close to a collision."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.schema import Dimension, Direction
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._motion import durations
from operators.agent._scene import NO_ACTORS, TOO_MANY, actors_of, contact_times, ego_of, encroachment, too_many
from operators.agent._signals import Signal, each
from operators.agent.kinematic_feasibility import NO_TELEMETRY
from operators.features._documents import documents

Positive = Annotated[float, Field(gt=0, le=1e3)]


@dataclass(frozen=True)
class TtcViolations(DriveMean):
    """The mean share of a drive's time with less than ``least_s`` seconds to a collision.

    Time to collision: how long until the drive's box and a road user's touch if both keep their velocity; exact, by the
    intervals of time in which they overlap along each of the four normals of their sides. Looked at ten times a second or
    more, up to ``horizon_s``; who is behind the drive does not count, nor any while it stands, as in nuPlan. Parts:
    ``drives``, the share of drives with such a time; ``least_ttc_s``, the mean of the drives' least times, of those below the
    horizon; ``pet_drives``, the share of drives with a post-encroachment time below ``least_pet_s``, and ``least_pet_s``, the
    mean of the least: the time between one's leaving a place and another's entering it where their ways cross. Skipped: no
    telemetry, no positions, no road users that can be read, too many.

    0 to 1, lower is better, normal interval. Evidence: the drives with the greatest share. Cost: about 1 us for each road user
    and time.

    Args:
        least_s, horizon_s: nuPlan's.
        least_pet_s: below which a post-encroachment time is a conflict.
        length, width: of the drive's own box, in metres.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> texts = ['{"t": [0, 1, 2], "x": [0, 10, 20], "y": [0, 0, 0]}']
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": texts}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0], "_fault": pa.nulls(1, pa.string()), **made})
    >>> batch = batch.append_column("actors", pa.array(['[{"class": "vehicle", "x": 36, "y": 0}]']))
    >>> value = TtcViolations().value(TtcViolations().fold(batch))
    >>> value.value, round(value.parts["least_ttc_s"].value, 2)
    (0.0, 1.15)

    Source: Caesar et al. 2021, nuPlan (arXiv 2106.11810), time to collision; Allen et al. 1978 (post-encroachment time).
    """

    least_s: Positive = 0.95
    horizon_s: Positive = 3.0
    least_pet_s: Positive = 1.5
    length: Positive = 4.5
    width: Positive = 2.0

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("signals", "actors")
    unit: ClassVar[str] = "mean share of time"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2106.11810, time to collision"
    edges: ClassVar[tuple[float, ...]] = tuple(np.linspace(0, 1, 21).tolist())
    label: ClassVar[str] = "share of time"
    nothing: ClassVar[str] = "no drive has positions and road users"
    part_names: ClassVar[tuple[str, ...]] = ("drives", "least_ttc_s", "pet_drives", "least_pet_s")

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The share of each drive's time."""
        found = Scores()
        for row, (signals, scene) in enumerate(zip(each(batch["signals"]), documents(batch["actors"]), strict=True)):
            judged = NO_TELEMETRY if signals is None else self._judged(signals, scene)
            if isinstance(judged, str):
                found.skipped[judged] += 1
                continue
            share, least, gap = judged
            note = f"{share:.1%} of the time; least {least:.2f} s" if least is not None else ""
            close = {"drives": float(share > 0), "least_ttc_s": least, "least_pet_s": gap}
            found.add(row, share, note, {**close, "pet_drives": float(gap is not None and gap < self.least_pet_s)})
        return found

    def _judged(self, signals: dict[str, Signal], scene: Any) -> tuple[float, float | None, float | None] | str:
        ego = ego_of(signals, self.length, self.width)
        if isinstance(ego, str):
            return ego
        actors = None if scene is None else actors_of(scene, ego.t)
        if actors is None or too_many(ego, actors):
            return NO_ACTORS if actors is None else TOO_MANY
        clock, contact = contact_times(ego, actors, self.horizon_s)
        share = float(durations(clock)[contact < self.least_s].sum() / (clock[-1] - clock[0]))
        least = float(contact.min())
        return min(1.0, share), least if np.isfinite(least) else None, encroachment(ego, actors)
