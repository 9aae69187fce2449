"""Whether one can tell from a table which real rows its generator was trained on."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.schema import Dimension, Direction, Side
from engine.value import Value
from operators.kernels.roc import alarms, area, curve
from operators.table.scaled import Rows, Sides, split
from operators.tabular._sampled import DistanceSides, Floats, looking, scored

_NEIGHBOURS, _LEAST = 5, 20


@dataclass(frozen=True)
class Membership(DistanceSides):
    """AUC of the attack "a real row that lies near the data was trained on": rows of the reference against rows of the holdout.

    0.5 is best: whoever has the data cannot tell members (the reference) from others (the holdout). The score of a row is its
    distance to the nearest row of the subject, ties half. Part: the same for the density attack (DOMIAS), whose score is the
    density of the subject at the row over that of real data, r_real / r_subject of the distances to the fifth nearest row; real
    data is one half of the holdout there, and the others are its other half. Parts too: how many members are found while 1 %
    (0.1 %) of the others are wrongly accused, in which a leak of a few rows shows, and the attack on one half of the holdout
    against the other, which must come to 0.5. Interval: Hanley and McNeil 1982.

    Distance, drawn rows and the cut of reference and holdout to equally many records are those of `tabular.dcr`.

    Cost: shared pass, then about that of `tabular.dcr` again.

    >>> import pyarrow as pa
    >>> def side(*ages):
    ...     rows, ids = pa.array([{"age": age} for age in ages]), pa.array(range(len(ages)))
    ...     faults = pa.nulls(len(ages), pa.string())
    ...     return Membership().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> Membership().compare(side(20, 40, 80), side(20, 40), side(21, 80)).value
    0.75

    Source: Carlini et al. 2022, "Membership Inference Attacks From First Principles", section 3; van Breugel et al.
    2023, DOMIAS.
    """

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    needs: ClassVar[tuple[Side, ...]] = (Side.REFERENCE, Side.HOLDOUT)
    uses: ClassVar[tuple[Side, ...]] = ()
    unit: ClassVar[str] = "probability"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Carlini et al. 2022, section 3"

    def of(self, sides: Sides) -> Value:
        """The area under the curve, with its beginning."""
        if sides.holdout is None:
            return Value.missing("there is no holdout")
        members, others = (looking(side, sides.subject) for side in (sides.reference, sides.holdout))
        near, away = (rows.nearest(sides.subject, _NEIGHBOURS)[0] for rows in (members, others))
        found = scored(-near[:, 0], members, -away[:, 0], others)
        parts = alarms(found) | _density(sides.subject, members, others, near, away)
        halves = [(others.hashes & np.uint64(1)) == bit for bit in (0, 1)]
        if all(half.any() for half in halves):
            scores = [(-away[half, 0], others.at(half)) for half in halves]
            parts["one half of the holdout against the other"] = area(scored(*scores[0], *scores[1]))
        return area(found).with_(parts=parts, plot=curve(found))


def _density(subject: Rows, members: Rows, held: Rows, near: Floats, away: Floats) -> dict[str, Value]:
    """The attack by densities, where there are rows enough for it."""
    name = "density attack"
    if min(len(subject), len(held)) < _LEAST:
        return {name: Value.missing(f"fewer than {_LEAST} rows")}
    others, real = split(held)
    odd = (held.hashes & np.uint64(1)).astype(bool)
    if min(len(others), len(real)) < _NEIGHBOURS:
        return {name: Value.missing(f"fewer than {_LEAST} rows")}
    beside = [rows.nearest(real, _NEIGHBOURS)[0][:, -1] for rows in (members, others)]
    scores = [_log_ratio(*pair) for pair in zip(beside, (near[:, -1], away[~odd, -1]), strict=True)]
    found = scored(scores[0], members, scores[1], others)
    caught = {f"{name}, {part}": value for part, value in alarms(found).items()}
    return {name: area(found), **caught}


def _log_ratio(real: Floats, subject: Floats) -> Floats:
    """The greater, the denser the subject is beside real data."""
    least = 1e-6
    return np.log(np.maximum(real, least)) - np.log(np.maximum(subject, least))
