"""Rows that break declared rules, and columns that do not decide what they should."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import AfterValidator

from engine.errors import PlanError
from engine.metric import Metric
from engine.schema import FAULT, ID, ROW, Dimension, Direction
from engine.state import Product, Ratio, State, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.hashing import hash_array
from operators.table.cell_kinds import KINDS, kinds
from operators.table.dependents import Dependents
from operators.table.observe import declared, observe
from operators.table.rules import parsed


def _rules(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        parsed(text)
    return texts


def _dependencies(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        _sides(text)
    return texts


@dataclass(frozen=True)
class Constraints(Metric[Product]):
    """The share of rows that break a declared rule, as the mean over the rules.

    A rule is comparisons joined by ``or`` (`operators.table.rules`): of a column with a number, a text, a date or another
    column, or ``is missing``. A row of which a rule speaks but that lacks a cell of it, or where the two cannot be compared, is
    not judged. A dependency ``zip, street -> city`` says that the columns before the arrow decide the one behind it; it is
    broken by the rows that do not have the commonest value of their key: ``1 - sum max / n``. Rows that lack a cell of these
    are not judged. Each part is a rule's share of broken rows among those judged. Evidence: the first rows that break each
    rule.

    0 to 1, lower is better. Wilson intervals of rules; the value's ends are the means of theirs. Dependencies are exact up to
    16,384 keys with at most 64 values each; beyond, they are estimated from the keys with the smallest hash, and values that
    are not counted look broken. Cost: about 30 ns a cell that a rule speaks of.

    Args:
        rules: such as ``"age >= 18"``, ``"start <= end or end is missing"``.
        dependencies: such as ``"zip -> city"``.

    >>> row = pa.array([{"a": "1", "b": "2"}, {"a": "3", "b": "2"}, {"a": "?", "b": "2"}])
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1, 2], "_fault": pa.nulls(3, pa.string()), "row": row})
    >>> metric = Constraints(rules=("a <= b",))
    >>> metric.value(metric.fold(batch)).value
    0.5

    Source: Chu, Ilyas and Papotti 2013, Discovering Denial Constraints; Huhtala et al. 1999 (TANE: the error of a dependency).
    """

    rules: Annotated[tuple[str, ...], AfterValidator(_rules)] = ()
    dependencies: Annotated[tuple[str, ...], AfterValidator(_dependencies)] = ()

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = (ROW,)
    unit: ClassVar[str] = "mean share of rows over rules"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Chu, Ilyas and Papotti 2013"

    def zero(self) -> Product:
        """No rows."""
        rules: dict[str, State] = {text: Ratio() for text in self.rules}
        tops: dict[str, State] = {text: TopBy(size=3) for text in self.rules}
        dependencies: dict[str, State] = {text: Dependents() for text in self.dependencies}
        states = {"rules": Product(rules), "tops": Product(tops), "dependencies": Product(dependencies), "seen": Tally()}
        return Product(states)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the rows that break each rule, and the values beside each key."""
        present = valid_mask(batch[ROW])
        table, ids = batch[ROW].filter(pa.array(present)), batch[ID].to_numpy()[present]
        rules, tops = self._judged(table, ids)
        dependencies: dict[str, State] = {text: _dependents(table, text) for text in self.dependencies}
        unreadable = ~present & valid_mask(batch[FAULT])
        seen = {"rows": len(ids), "null": int((~present & ~unreadable).sum()), "unreadable": int(unreadable.sum())}
        tally = Tally({name: count for name, count in seen.items() if count})
        return Product({"rules": rules, "tops": tops, "dependencies": Product(dependencies), "seen": tally})

    def _judged(self, table: pa.StructArray, ids: NDArray[np.int64]) -> tuple[Product, Product]:
        there = {column.name: declared(column) for column in table.type}
        rules = {text: parsed(text) for text in self.rules}
        names = {name for rule in rules.values() for name in rule.columns if name in there}
        seen = {name: observe(table.field(name), there[name]) for name in sorted(names)}
        ratios: dict[str, State] = {}
        tops: dict[str, State] = {}
        for text, rule in rules.items():
            ratios[text], tops[text] = Ratio(), TopBy(size=3)
            if {*rule.columns} <= names:
                broken, judged = rule.broken(seen, len(ids))
                ratios[text] = Ratio(int(broken.sum()), int(judged.sum()))
                shown = ids[broken]
                tops[text] = TopBy.of(np.ones(len(shown)), shown, lambda _, text=text: f"breaks {text}", size=3)
        return Product(ratios), Product(tops)

    def value(self, state: Product) -> Value:
        """The mean over the rules and dependencies."""
        skipped = {name: count for name, count in state["seen"].nonzero().items() if name != "rows"}
        if not self.rules and not self.dependencies:
            return Value.missing('no rules are declared: name them in [metrics."tabular.constraints"] rules', skipped)
        reason = "no row has comparable cells in all of its columns"
        parts: dict[str, Value] = {text: state["rules"][text].share(reason) for text in self.rules}
        parts |= {text: state["dependencies"][text].violations() for text in self.dependencies}
        evidence = [entry for text in self.rules for entry in state["tops"][text].evidence()]
        return _mean(parts, state["seen"]["rows"]).with_(
            skipped=skipped, evidence=tuple(sorted(evidence, key=lambda e: e.record))
        )


def _mean(parts: Mapping[str, Value], n: int) -> Value:
    known = {name: part for name, part in parts.items() if part.value is not None}
    if not known:
        return Value.missing("no row can be judged by any rule").with_(parts=parts)
    value, low, high = (
        math.fsum(getattr(part, end) for part in known.values()) / len(known) for end in ("value", "low", "high")
    )
    worst = sorted(known, key=lambda name: (-(known[name].value or 0.0), name))
    bars = Bars(tuple(worst), tuple(known[name].value or 0.0 for name in worst), "share of rows that break it")
    sampled = any(part.estimator == "sample" for part in known.values())
    return Value(value, n=n, low=low, high=high, estimator="sample" if sampled else "exact", parts=parts, plot=bars)


def _sides(text: str) -> tuple[tuple[str, ...], str]:
    left, arrow, right = text.partition("->")
    names = tuple(name.strip() for name in left.split(","))
    if not arrow or not all(names) or not right.strip():
        raise PlanError(f"the dependency '{text}' is not understood: write it like zip, street -> city")
    return names, right.strip()


def _dependents(table: pa.StructArray, text: str) -> Dependents:
    names, decided = _sides(text)
    if any(table.type.get_field_index(name) < 0 for name in (*names, decided)):
        return Dependents()
    columns = [table.field(name) for name in names]
    present = np.logical_and.reduce([kinds(column) != KINDS.index("missing") for column in (*columns, table.field(decided))])
    keys = hash_array(pa.StructArray.from_arrays(columns, names=[str(at) for at in range(len(columns))]))[present, 0]
    return Dependents.of(keys, hash_array(table.field(decided))[present, 0])
