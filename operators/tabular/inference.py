"""Whether a table tells a secret of a real person to who knows the rest."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.value import Bars, Value
from operators.kernels.mixed_distance import NOMINAL, NOTHING, nearest_by, nearest_without_each
from operators.table.scaled import Rows, Sides
from operators.tabular._attacked import Attack, attacked, places, risk, ties, unknown
from operators.tabular._sampled import seeded

_NUMBER = 1


@dataclass(frozen=True)
class Inference(Attack):
    """How much more often the data tells a cell of a row of the reference than one of the holdout.

    Inference is "the possibility to deduce, with significant probability, the value of an attribute from the values of a set
    of other attributes" (Article 29 Working Party 2014). For each column in ``secrets`` the attacker knows the rest of a real
    row (or the columns ``known``), looks for the row of the data that is nearest by it, ties decided by chance, and guesses
    that row's cell. A category is guessed where it is equal; a number where ``|guess - truth| <= tolerance * |truth|``; a time
    within ``tolerance`` of the range. (anonymeter divides by the guess without its sign, by which -5 for 100 counts as right.)
    Empty cells are not attacked. The same for rows of the holdout, which the generator never saw, is the baseline: what
    follows from the columns in general tells nothing of a person. The risk is ``(r - r0) / (1 - r0)`` of the two rates, 0 to
    1, lower is better; interval: Wilson's for both, propagated, all guesses about a row
    being worth one.

    Parts: the risk by column, with the rates and that of guessing the cell of a random row. Distance and drawn rows are those
    of `tabular.dcr`; ``attacks`` rows of either side, those drawn first. Written from the definition, not after anonymeter's
    code, whose metadata speaks of a pending patent.

    Cost: shared pass, then some seconds for all columns of 2,000 attacks among 20,000 rows.

    >>> import pyarrow as pa
    >>> def side(*rows):
    ...     table, ids = pa.array([dict(zip("ab", row)) for row in rows]), pa.array(range(len(rows)))
    ...     faults = pa.nulls(len(rows), pa.string())
    ...     return Inference().fold(pa.RecordBatch.from_arrays([ids, faults, table], ["_id", "_fault", "row"]))
    >>> value = Inference().compare(side((1, 5), (9, 7)), side((1, 5), (9, 7)), side((1, 7), (9, 5)))
    >>> value.parts["a"].parts["hits"].value, value.parts["a"].parts["hits on the holdout"].value
    (1.0, 0.0)

    Source: Article 29 Working Party, Opinion 05/2014 (WP216), section 2.2; risk as in Giomi et al. 2023, section 3.
    """

    secrets: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    tolerance: Annotated[float, Field(ge=0, le=1)] = 0.05

    source: ClassVar[str] = "Article 29 Working Party, WP216, section 2.2"

    def of(self, sides: Sides) -> Value:
        """The risk of all guesses."""
        obstacle = unknown(sides.names, self.secrets, self.known)
        wanted = [name for name in sorted(self.secrets or sides.names) if name not in self.known]
        if sides.holdout is None or obstacle or not wanted or len(sides.names) < 2:
            return Value.missing(obstacle or "there are no two columns of which one could tell the other")
        rows = [side.first(self.attacks) for side in (sides.reference, sides.holdout)]
        found = [self._nearest(side, sides, wanted) for side in rows]
        at = seeded(sides.subject).integers(0, len(sides.subject), len(rows[0]))
        parts = {}
        hit: list[list[NDArray[np.bool_]]] = [[], []]
        for place, name in enumerate(wanted):
            c = sides.names.index(name)
            hits = [self._guessed(side, nearest[:, place], sides, c) for side, nearest in zip(rows, found, strict=True)]
            parts[name] = attacked(hits[0], hits[1], self._guessed(rows[0], at, sides, c))
            for into, each in zip(hit, hits, strict=True):
                into.append(each)
        return _whole(parts, [np.concatenate(each) for each in hit], (len(rows[0]), len(rows[1])))

    def _nearest(self, rows: Rows, sides: Sides, wanted: list[str]) -> NDArray[np.int64]:
        """(n, wanted) for each wanted column the row of the subject that is nearest by what is known beside it."""
        base = sides.subject
        both = rows.values, rows.kinds, base.values, base.kinds
        found: NDArray[np.int64]
        if not self.known:
            left_out = np.array([sides.names.index(name) for name in wanted], np.int64)
            found = nearest_without_each(*both, left_out, *ties(base, rows, 0))
            return found
        found = nearest_by(*both, places(sides.names, self.known), *ties(base, rows, 0))
        return np.repeat(found[:, None], len(wanted), 1)

    def _guessed(self, rows: Rows, at: NDArray[np.int64], sides: Sides, c: int) -> NDArray[np.bool_]:
        """Whether the cells of some rows of the subject are those of the rows under attack, as far as these have one."""
        there = rows.kinds[:, c] != NOTHING
        kinds, truth, at = rows.kinds[there, c], rows.values[there, c], at[there]
        guess = sides.subject.values[at, c]
        real, said = (scaled * sides.spans[c] + sides.least[c] for scaled in (truth, guess))
        close = np.abs(said - real) <= self.tolerance * np.abs(real) + 1e-9 * sides.spans[c]
        near = np.where(kinds == _NUMBER, close, np.abs(guess - truth) <= self.tolerance)
        right: NDArray[np.bool_] = np.where(kinds == NOMINAL, guess == truth, near) & (sides.subject.kinds[at, c] == kinds)
        return right


def _whole(parts: dict[str, Value], hits: list[NDArray[np.bool_]], n: tuple[int, int]) -> Value:
    """The risk of all guesses; those about one row are worth one. The plot has the column at the greatest risk first."""
    if not len(hits[0]) or not len(hits[1]):
        return Value.missing("every cell of the secret columns is empty").with_(parts=parts)
    rates = [float(each.mean()) for each in hits]
    worst = sorted(parts, key=lambda name: (-(parts[name].value or 0.0), name))
    plot = Bars(tuple(worst), tuple(parts[name].value or 0.0 for name in worst), "risk")
    return risk(rates[0] * n[0], n[0], rates[1] * n[1], n[1]).with_(parts=parts, plot=plot)
