"""What premises say of a conclusion."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from engine.feature import Columns, Feature
from operators.kernels.entailment import verdict
from operators.kernels.formulas import FormulaError, parse

_MOST_CHARACTERS = 100_000


@dataclass(frozen=True)
class EntailmentVerdict(Feature):
    """``entailment``: whether ``conclusion`` follows from ``premises``; ``entailment_error``: where they are no formulas.

    The verdict is true, false, uncertain, contradictory or unknown (`operators.kernels.entailment`); where a formula does not
    parse (`operators.kernels.formulas`), it is what the first fault is: empty, too_long (also for over 100,000 characters in
    all), too_deep, character, unbalanced, unexpected, unbound_variable. A null premise is an empty one. Rows without premises
    or conclusion have none; an empty list of premises leaves what is valid or contradictory in itself. z3 runs in this
    process, over formulas of our own parser's making, with a bound on its steps and memory. Cost: 12 ms a FOLIO record.

    Args:
        steps: of z3, for each of the two questions a record is; 1,000,000 are about a second.
        scope: "operand": ``∀x P(x) → Q(x)`` is ``(∀x P(x)) → Q(x)``, and refused for its unbound x; "rest": it is
            ``∀x (P(x) → Q(x))``.

    Source: de Moura and Bjørner 2008, "Z3: An Efficient SMT Solver".
    """

    steps: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 1_000_000
    scope: Literal["operand", "rest"] = "operand"

    reads: ClassVar[tuple[str, ...]] = ("premises", "conclusion")
    writes: ClassVar[Mapping[str, pa.DataType]] = {"entailment": pa.string(), "entailment_error": pa.string()}
    requires: ClassVar[tuple[str, ...]] = ("z3",)
    stores: ClassVar[bool] = True

    def identity(self) -> Mapping[str, Any]:
        """The solver: another version may decide more, or less."""
        from importlib.metadata import version

        return {"z3": version("z3-solver")}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return self._columns

    def _columns(self, batch: pa.RecordBatch) -> Columns:
        pairs = zip(batch["premises"].to_pylist(), batch["conclusion"].to_pylist(), strict=True)
        found = [(None, None) if given is None or claim is None else self._judged(given, claim) for given, claim in pairs]
        return {name: pa.array([pair[at] for pair in found], pa.string()) for at, name in enumerate(self.writes)}

    def _judged(self, premises: Sequence[str | None], conclusion: str) -> tuple[str, str]:
        if sum(len(text or "") for text in (*premises, conclusion)) > _MOST_CHARACTERS:
            return "too_long", f"over {_MOST_CHARACTERS} characters in all"
        formulas = []
        for at, text in enumerate((*premises, conclusion), 1):
            try:
                formulas.append(parse(text or "", wide=self.scope == "rest"))
            except FormulaError as error:
                return error.kind, f"{f'premise {at}' if at <= len(premises) else 'conclusion'}: {error}"
        return verdict(formulas[:-1], formulas[-1], self.steps), ""
