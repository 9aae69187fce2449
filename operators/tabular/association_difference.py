"""How strongly pairs of columns go together, beside real data's."""

from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.value import Heat, Value
from operators.table.kinds import ORDERED, kinds_of
from operators.table.pairs import association, pairs_of
from operators.table.profile import Profile
from operators.tabular._profiled import ProfileComparison, mean_of_pairs


@dataclass(frozen=True)
class AssociationDifference(ProfileComparison):
    """The difference of how strongly pairs of columns go together in the subject and the reference, as the mean over the pairs.

    Two columns of numbers or times: half the difference of Pearson's correlations, exact. Two of categories or truth values:
    the difference of Cramér's V, without correction for bias. One of each: the difference of correlation ratios (η: the square
    root of the share of the number's variance that lies between categories). Each over the rows that have both. Pairs with a
    constant column have no number. The parts' parts are the associations of the two sides; part "in the subject" has them in
    its plot.

    0 to 1, lower is better. The interval is a point: everything is counted. Where a column has more than 128 different values,
    numbers beside a category are taken as the mean of their cell, which makes η a little smaller on both sides, and categories
    are merged by hash, which makes V smaller. Small samples look associated by chance: V of two independent columns is
    about the square root of their degrees of freedom over the rows. Cost: one pass for all metrics on the profile.

    >>> import pyarrow as pa
    >>> def side(*rows):
    ...     rows = pa.array([{"x": x, "y": y} for x, y in rows])
    ...     ids, faults = pa.array(range(len(rows))), pa.nulls(len(rows), pa.string())
    ...     return AssociationDifference().fold(pa.RecordBatch.from_arrays([ids, faults, rows], ["_id", "_fault", "row"]))
    >>> AssociationDifference().compare(side((1, 1), (2, 2), (3, 3)), side((1, 3), (2, 2), (3, 1))).value
    1.0

    Source: Cramér 1946, Mathematical Methods of Statistics, chapter 21; Fisher 1925 (η); dython's mixed association matrix.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "mean difference over pairs of columns"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Cramér 1946; Fisher 1925"

    def between(self, subject: Profile, reference: Profile) -> Value:
        """The mean over the pairs that both sides have."""
        kinds = kinds_of(reference, subject)
        pairs = pairs_of(subject, reference, kinds)
        found = {pair: (association(subject, pair, kinds), association(reference, pair, kinds)) for pair in pairs}
        scores = {
            pair: _difference(*sides, all(kinds[n] in ORDERED for n in pair), subject.rows) for pair, sides in found.items()
        }
        value = mean_of_pairs(scores, subject.rows, "difference of association", Direction.DOWN)
        if value.value is None:
            return value
        both = {
            f"in the {side}": _map({p: s[at] for p, s in found.items()}) for at, side in enumerate(("subject", "reference"))
        }
        return value.with_(parts={**both, **value.parts})


def _difference(mine: float | None, theirs: float | None, correlations: bool, n: int) -> Value:
    if mine is None or theirs is None:
        return Value.missing(f"one of the columns is constant in the {'subject' if mine is None else 'reference'}")
    sides = {"subject": Value.exact(mine, n), "reference": Value.exact(theirs, n)}
    return Value.exact(abs(mine - theirs) / (2 if correlations else 1), n).with_(parts=sides)


def _map(found: dict[tuple[str, str], float | None]) -> Value:
    """The mean size of the associations of a side, with all of them as squares."""
    names = tuple(dict.fromkeys(name for pair in found for name in pair))
    pairs = {frozenset(pair): strength for pair, strength in found.items()}
    rows = tuple(tuple(pairs.get(frozenset((a, b))) if a != b else None for b in names) for a in names)
    known = [abs(strength) for strength in found.values() if strength is not None]
    if not known:
        return Value.missing("no pair of columns goes together in any way")
    return Value.exact(sum(known) / len(known), len(known)).with_(plot=Heat(names, names, rows, "association"))
