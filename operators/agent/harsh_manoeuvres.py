"""Hard braking, hard acceleration and sharp turns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.schema import Dimension, Direction
from engine.state import ExactSum, Product, Tally
from engine.value import Value
from operators.agent._comfort import BOUNDS
from operators.agent._drive_means import DriveMean, Scores
from operators.agent._motion import WINDOW_S, Motion, motion_of
from operators.agent._rates import per_km
from operators.agent._signals import each
from operators.agent.kinematic_feasibility import NO_TELEMETRY

_EDGES = tuple(at / 20 for at in range(21))
_KINDS = ("braking", "accelerating", "turning")


@dataclass(frozen=True)
class HarshManoeuvres(DriveMean):
    """The mean share of a drive's time in harsh manoeuvres.

    Harsh is an acceleration along below -4.05 m/s² (``braking``) or above 2.40 (``accelerating``), or across beyond 4.89
    (``turning``): nuPlan's comfort bounds, on accelerations as `agent.kinematic_feasibility` finds them. Parts: the mean shares
    of time of each kind, and ``per_km/kind``, how often one begins by the kilometres driven. Skipped: no telemetry, no speed or
    positions, times that do not increase.

    0 to 1, lower is better, normal interval; Byar's for rates. Evidence: the drives with most. Cost: samples times window.

    Args:
        window_s: what a parabola goes through, in seconds.

    >>> from operators.features.telemetry_signals import TelemetrySignals
    >>> text = '{"t": [0, 1, 2, 3, 4], "speed": [40, 34, 28, 22, 16]}'
    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": [text]}))
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(1), "_fault": pa.nulls(1, pa.string()), **made})
    >>> value = HarshManoeuvres().value(HarshManoeuvres().fold(batch))
    >>> value.value, round(value.parts["per_km/braking"].value, 1)
    (1.0, 8.9)

    Source: Caesar et al. 2021, nuPlan (arXiv 2106.11810), metrics of comfort.
    """

    window_s: Annotated[float, Field(gt=0, le=60)] = WINDOW_S

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("signals",)
    unit: ClassVar[str] = "mean share of time"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2106.11810, metrics of comfort"
    edges: ClassVar[tuple[float, ...]] = _EDGES
    label: ClassVar[str] = "share of time"
    nothing: ClassVar[str] = "no drive has a motion that can be told"
    part_names: ClassVar[tuple[str, ...]] = _KINDS

    def zero(self) -> Product:
        """No drives."""
        return Product({**super().zero().states, "begun": Tally(), "km": Product()})

    def scores(self, batch: pa.RecordBatch) -> Scores:
        """The share of each drive's time."""
        return self._judged(batch)[0]

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Add up shares, and count how often one begins."""
        found, begun, km = self._judged(batch)
        way = Product({kind: ExactSum.of(np.array(lengths)) for kind, lengths in km.items() if lengths})
        return Product({**self.state_of(found, batch).states, "begun": Tally(begun), "km": way})

    def _judged(self, batch: pa.RecordBatch) -> tuple[Scores, dict[str, int], dict[str, list[float]]]:
        """Beside the shares: how often each kind begins, and the lengths of the drives of which that is known."""
        found = Scores()
        begun: dict[str, int] = {}
        km: dict[str, list[float]] = {}
        for row, signals in enumerate(each(batch["signals"])):
            motion = NO_TELEMETRY if signals is None else motion_of(signals, self.window_s)
            if isinstance(motion, str):
                found.skipped[motion] += 1
                continue
            shares, harsh = motion.shares(), _harsh(motion)
            for kind, where in harsh.items():
                begun[kind] = begun.get(kind, 0) + int(np.count_nonzero(np.diff(where.astype(np.int8), prepend=0) > 0))
                km.setdefault(kind, []).append(motion.metres / 1000)
            of_kind = {kind: min(1.0, float(shares[where].sum())) for kind, where in harsh.items()}
            anywhere = np.logical_or.reduce(list(harsh.values()))
            found.add(row, min(1.0, float(shares[anywhere].sum())), parts=of_kind)
        return found, begun, km

    def value(self, state: Product) -> Value:
        """The mean share, and the rates."""
        value, km = super().value(state), state["km"].states
        known = [kind for kind in _KINDS if kind in km and km[kind].value()] if value.value is not None else []
        rates = {f"per_km/{kind}": per_km(state["begun"][kind], km[kind].value(), value.n) for kind in known}
        return value.with_(parts={**value.parts, **rates})


def _harsh(motion: Motion) -> Mapping[str, NDArray[np.bool_]]:
    slowest, fastest = BOUNDS["lon_acceleration"]
    kinds = {"braking": motion.lon < slowest, "accelerating": motion.lon > fastest}
    return kinds if motion.lat is None else {**kinds, "turning": np.abs(motion.lat) > BOUNDS["lat_acceleration"][1]}
