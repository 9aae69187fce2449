"""Tool calls that break the plan's rules about their order and number."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import AfterValidator

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, State, Tally, TopBy
from engine.value import Bars, Value
from operators.agent._policy import parsed

_SHOWN = 100


def _rules(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        parsed(text)
    return texts


@dataclass(frozen=True)
class PolicyViolations(Metric[Product]):
    """The share of records whose tool calls break one of the plan's rules.

    ``records that break a rule / records with a call``. A rule speaks of the calls' order and number by the tools' names
    (`operators.agent._policy`): permission (``never delete_*``, ``only search, read_*``), precedence
    (``authenticate before refund``), response (``open then close``) and rate (``at most 3 search``, ``at most 2 search within
    5 calls``). Calls without a name are left out of the sequence. Parts: each rule's share of records, and ``per_record``, the
    mean number of calls that break one. Skipped: null, no call. Without rules there is nothing to measure.

    0 to 1, lower is better, Wilson interval. Evidence: the records with most calls that break a rule. Cost: a pass over the
    names for each rule.

    Args:
        rules: such as ``"never delete_*"``, ``"authenticate before refund"``.

    >>> calls = [[{"name": "refund", "step": 2}, {"name": "login", "step": 3}], [{"name": "login", "step": 1}]]
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), "tool_calls": calls})
    >>> metric = PolicyViolations(rules=("login before refund", "never drop"))
    >>> value = metric.value(metric.fold(batch))
    >>> value.value, value.evidence[0].note
    (0.5, 'login before refund: refund at step 2')

    Source: Dwyer et al. 1999, "Patterns in property specifications" (absence, precedence, response); SELP
    (arXiv 2409.19471); The LLM Data Auditor (arXiv 2601.17717), agent rule violation.
    """

    rules: Annotated[tuple[str, ...], AfterValidator(_rules)] = ()

    dimension: ClassVar[Dimension] = Dimension.RULE_VIOLATION
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Dwyer et al. 1999; arXiv 2601.17717, agent rule violation"

    def zero(self) -> Product:
        """No records."""
        rules: dict[str, State] = {text: Ratio() for text in self.rules}
        states = {"broken": Ratio(), "calls": Tally(), "skipped": Tally(), "worst": TopBy()}
        return Product({**states, "rules": Product(rules)})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hold each record against the rules."""
        rules = [parsed(text) for text in self.rules]
        skipped = {"no calls": 0, "no call": 0}
        counts = dict.fromkeys(self.rules, 0)
        rows: list[int] = []
        numbers: list[float] = []
        notes: list[str] = []
        n = 0
        for row, calls in enumerate(batch["tool_calls"].to_pylist()):
            there = [call for call in calls or () if call["name"]]
            if not there:
                skipped["no calls" if calls is None else "no call"] += 1
                continue
            n += 1
            names = [call["name"] for call in there]
            broken = [(rule.text, at) for rule in rules for at in rule.broken(names)]
            for text in {text for text, _ in broken}:
                counts[text] += 1
            if broken:
                rows.append(row)
                numbers.append(float(len(broken)))
                notes.append(_note(broken[0][0], there[broken[0][1]]))
        return Product(
            {
                "broken": Ratio(len(rows), n),
                "calls": Tally({"broken": int(sum(numbers))} if numbers else {}),
                "rules": Product({text: Ratio(hits, n) for text, hits in counts.items()}),
                "skipped": Tally({reason: count for reason, count in skipped.items() if count}),
                "worst": TopBy.of(np.array(numbers), batch[ID].to_numpy()[rows], lambda at: notes[at]),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of records that break a rule."""
        skipped = state["skipped"].nonzero()
        broken: Ratio = state["broken"]
        if not self.rules:
            return Value.missing('no rule is given: name some in [metrics."agent.policy_violations"] rules', skipped)
        if not broken.n:
            return Value.missing("no record has a call", skipped)
        parts = {text: state["rules"][text].share() for text in self.rules}
        parts["per_record"] = Value.exact(state["calls"]["broken"] / broken.n, broken.n)
        shares = tuple(parts[text].value or 0.0 for text in self.rules)
        plot = Bars(self.rules, shares, "share of records")
        return broken.share().with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _note(rule: str, call: dict[str, Any]) -> str:
    return masked(f"{rule}: {call['name']} at step {call['step']}", _SHOWN)
