"""Steps on pages that are the right ones."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Value
from operators.agent._gui import operation_of, targets_of

_MOST_TASKS = 1 << 16
_SHOWN = 100


@dataclass(frozen=True)
class GuiAgreement(Metric[Product]):
    """The share of GUI steps with the right element and the right operation (step success rate).

    ``steps that are right in both / steps``. The element is right where its id is among those of ``gold_element``, or neither
    has one; the operation where all words of ``action`` (its operation and value) are those of ``gold_action``, in Mind2Web's
    way: as sets, split at spaces. Parts: ``element_accuracy``; ``operation_f1``, the mean F1 of these words; where the
    dataset names the ``task`` of each step, ``success_rate``, the share of tasks all of whose steps are right, and
    ``by_task``, the mean over tasks of their share of right steps. Of more than 65,536 tasks those with the smallest hash
    are taken. Skipped: steps of which one of the four is null or cannot be read.

    0 to 1, higher is better, Wilson interval. Evidence: wrong steps. Cost: four small parses a step.

    >>> gold = {"gold_action": ['{"op": "TYPE", "value": "a b"}'] * 2, "gold_element": ['["7", "8"]'] * 2, "task": ["t", "t"]}
    >>> made = {"action": ['{"op": "TYPE", "value": "a b"}', '{"op": "TYPE", "value": "a"}'], "element": ["7", "9"]}
    >>> batch = pa.RecordBatch.from_pydict({"_id": [0, 1], "_fault": pa.nulls(2, pa.string()), **gold, **made})
    >>> value = GuiAgreement().value(GuiAgreement().fold(batch))
    >>> value.value, value.parts["element_accuracy"].value, value.parts["operation_f1"].value, value.parts["success_rate"].value
    (0.5, 0.5, 0.9, 0.0)

    Source: Deng et al. 2023, Mind2Web (arXiv 2306.06070), section 4.1 (element accuracy, operation F1, step SR, SR).
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    reads: ClassVar[tuple[str, ...]] = ("action", "element", "gold_action", "gold_element")
    may_read: ClassVar[tuple[str, ...]] = ("task",)
    unit: ClassVar[str] = "share of steps"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2306.06070, section 4.1"

    def zero(self) -> Product:
        """No steps."""
        states = {"right": Ratio(), "element": Ratio(), "operation": Moments(), "tasks": RatioBy(_MOST_TASKS)}
        return Product({**states, "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Compare each step with the right one."""
        rows, scores, located, notes = [], [], [], []
        for row, step in enumerate(zip(*(batch[name].to_pylist() for name in self.reads), strict=True)):
            if None in step:
                continue
            action, element, gold_action, gold_element = step
            said, meant = operation_of(action), operation_of(gold_action)
            chosen, right = targets_of(element), targets_of(gold_element)
            if said is None or meant is None or chosen is None or right is None:
                continue
            rows.append(row)
            scores.append(word_f1(said, meant))
            located.append(bool({*chosen[:1]} & {*right}) or not (chosen or right))
            notes.append(
                masked(f"{said} at {', '.join(chosen[:1]) or 'none'}, not {meant} at {', '.join(right[:2]) or 'none'}")
            )
        f1, found = np.array(scores), np.array(located, bool)
        success = found & (f1 == 1.0)
        wrong = np.flatnonzero(~success)
        tasks = (
            batch["task"].take(pa.array(rows, pa.int64())) if "task" in batch.schema.names else pa.nulls(len(rows), pa.string())
        )
        missing = len(batch) - len(rows)
        return Product(
            {
                "right": Ratio(int(np.count_nonzero(success)), len(rows)),
                "element": Ratio(int(np.count_nonzero(found)), len(rows)),
                "operation": Moments.of(f1),
                "tasks": RatioBy.of(tasks, success, _MOST_TASKS),
                "skipped": Tally({"no step and gold step that can be read": missing} if missing else {}),
                "worst": TopBy.of(
                    2.0 - f1[wrong] - found[wrong],
                    batch[ID].to_numpy()[rows][wrong],
                    lambda at: masked(notes[wrong[at]], _SHOWN),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of right steps."""
        skipped = state["skipped"].nonzero()
        value: Value = state["right"].share("no step has a gold step")
        if value.value is None:
            return value.with_(skipped=skipped)
        parts = {"element_accuracy": state["element"].share(), "operation_f1": state["operation"].mean(within=(0.0, 1.0))}
        counts = list(state["tasks"].ratios.values())
        if counts:
            parts["success_rate"] = Ratio(sum(hits == n for hits, n in counts), len(counts)).share()
            shares = math.fsum(sorted(hits / n for hits, n in counts))
            parts["by_task"] = Value.exact(min(1.0, shares / len(counts)), len(counts))
        return value.with_(skipped=skipped, parts=parts, evidence=state["worst"].evidence())


def word_f1(said: str, meant: str) -> float:
    """The F1 of the words of two texts, each word once.

    >>> word_f1("TYPE a", "TYPE a b"), word_f1("CLICK", "TYPE")
    (0.8, 0.0)
    """
    mine, right = {*said.split()}, {*meant.split()}
    return 2 * len(mine & right) / (len(mine) + len(right)) if mine or right else 1.0
