"""Labels of entailment that a solver confirms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.metric import Metric
from engine.schema import FAULT, ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Value
from operators.kernels.entailment import VERDICTS
from operators.kernels.first_fault import VALID, judged, nothing_judged, valid_share

_SPELLINGS = {
    "true": ("true", "yes", "entailment", "entailed", "entails", "proved"),
    "false": ("false", "no", "contradiction", "contradicts", "refuted", "disproved"),
    "uncertain": ("uncertain", "unknown", "neutral", "undetermined"),
    "contradictory": ("paradox", "self_contradiction", "contradictory"),
}
_LABELS = {spelling: label for label, spellings in _SPELLINGS.items() for spelling in spellings}
_DECIDED = VERDICTS[:-1]
_CLASHES = tuple(f"{label}_but_{verdict}" for label in _SPELLINGS for verdict in _DECIDED if verdict != label)


@dataclass(frozen=True)
class Entailment(Metric[Product]):
    """The share of records whose label is what the premises say of the conclusion.

    ``agreeing / records with a label and a verdict``. The verdict is z3's over the formulas of ``premises`` and
    ``conclusion`` (`operators.features.entailment_verdict`, where its parameters stand): true where the premises and the
    negated conclusion cannot hold together, false where the premises and the conclusion cannot, uncertain where neither, and
    contradictory where both, which is so where the premises contradict each other. Labels are true, false and uncertain, or
    what NLI and FLD call them (entailment, contradiction, neutral, ``__PROVED__``, unknown); LogicNLI's ``paradox`` is
    contradictory. Parts: ``true_but_uncertain`` and so on are the confusions, as shares of the judged records; ``parsed``, of
    the records with formulas, those whose formulas all parse; ``undecided``, of these, those that z3 gave up on;
    ``contradictory``, of the decided, those whose premises contradict each other. Skipped, by reason: no formulas, formulas
    that do not parse (with the first error as evidence), undecided, no label or another.

    0 to 1, higher is better, Wilson interval. A solver is right about the formulas, not about the sentences that they
    stand for: two names for one thing make what follows uncertain. Cost: 12 ms a FOLIO record, all of it the feature's.

    >>> columns = {"label": ["True", "Unknown", "False"], "entailment": ["true", "false", "unbalanced"]}
    >>> columns |= {"entailment_error": ["", "", "premise 1: ')' closes nothing at character 5"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), **columns})
    >>> value = Entailment().value(Entailment().fold(batch))
    >>> value.value, value.evidence[0].note, dict(value.skipped)
    (0.5, 'labelled uncertain, but the premises say false', {'does not parse: unbalanced': 1})

    Source: The LLM Data Auditor (arXiv 2601.17717), symbolic validity; Han et al. 2022, FOLIO (arXiv 2209.00840), section 3.
    """

    dimension: ClassVar[Dimension] = Dimension.VALIDITY
    reads: ClassVar[tuple[str, ...]] = ("label", "entailment", "entailment_error")
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2209.00840, section 3"

    def zero(self) -> Product:
        """No records."""
        kept = {"parsed": Ratio(), "undecided": Ratio(), "contradictory": Ratio(), "unparsed": TopBy()}
        return nothing_judged() + Product(kept)

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare labels with verdicts."""
        verdicts, errors = batch["entailment"].to_pylist(), batch["entailment_error"].to_pylist()
        labels = [None if text is None else text.strip().strip("_").casefold() for text in batch["label"].to_pylist()]
        reasons = [_skip(label, verdict) for label, verdict in zip(labels, verdicts, strict=True)]
        kept = [row for row, reason in enumerate(reasons) if not reason]
        clashes = [(_LABELS[labels[row] or ""], verdicts[row]) for row in kept]
        codes = [VALID if said == found else 1 + _CLASHES.index(f"{said}_but_{found}") for said, found in clashes]

        def note(at: int) -> str:
            return f"labelled {clashes[at][0]}, but the premises say {clashes[at][1]}"

        state = judged(batch.take(pa.array(kept, pa.int64())), np.array(codes, np.int64), _CLASHES, note)
        return state + Product({"skipped": _tally(reasons, batch), **_shares(verdicts), "unparsed": _unparsed(batch, errors)})

    def value(self, state: Product) -> Value:
        """The share that agrees."""
        names = ("parsed", "undecided", "contradictory")
        parts: Mapping[str, Value] = {name: state[name].share() for name in names if state[name].n}
        value = valid_share(state, "no record has a label and premises and a conclusion that were decided", parts)
        return value.with_(parts={**parts, **value.parts}, evidence=value.evidence + state["unparsed"].evidence())


def _skip(label: str | None, verdict: str | None) -> str:
    """Why a record is not judged; empty for one that is."""
    if verdict is None:
        return "no formulas"
    if verdict == "unknown":
        return "undecided"
    if verdict not in VERDICTS:
        return f"does not parse: {verdict}"
    return "" if label in _LABELS else "another label" if label else "no label"


def _tally(reasons: list[str], batch: pa.RecordBatch) -> Tally:
    unreadable = batch[FAULT].is_valid().to_pylist()
    named = ["unreadable" if bad else reason for reason, bad in zip(reasons, unreadable, strict=True) if reason]
    return Tally({reason: named.count(reason) for reason in sorted(set(named))})


def _shares(verdicts: list[str | None]) -> dict[str, Ratio]:
    given = [verdict for verdict in verdicts if verdict is not None]
    parsed = [verdict for verdict in given if verdict in VERDICTS]
    undecided, contradictory = parsed.count("unknown"), parsed.count("contradictory")
    return {
        "parsed": Ratio(len(parsed), len(given)),
        "undecided": Ratio(undecided, len(parsed)),
        "contradictory": Ratio(contradictory, len(parsed) - undecided),
    }


def _unparsed(batch: pa.RecordBatch, errors: list[str | None]) -> TopBy:
    rows = [row for row, error in enumerate(errors) if error]
    return TopBy.of(np.ones(len(rows)), batch[ID].to_numpy()[rows], lambda at: errors[rows[at]] or "", size=5)
