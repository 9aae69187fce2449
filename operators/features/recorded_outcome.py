"""What a simulator wrote of a drive, as one kind of record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._outcomes import OUTCOME, outcome_of
from operators.features._documents import documents


@dataclass(frozen=True)
class RecordedOutcome(Feature):
    """``outcome`` of ``drive``: a route record of the CARLA leaderboard, KING's results, or SafeBench's states.

    Completion in percent, lengths in km, seconds, the recorded penalty and score, the infractions by kind with their amount,
    and ``watched``, the kinds that the record would tell of (`operators.agent._outcomes`). Null where the text is no strict
    JSON of at most 64 levels and 16 MiB, or of no known layout.

    >>> text = '{"scores": {"score_route": 50}, "meta": {"route_length": 800}, "infractions": {"red_light": ["ran one"]}}'
    >>> made = RecordedOutcome().open()(pa.RecordBatch.from_pydict({"drive": [text, "[1]"]}))["outcome"].to_pylist()
    >>> made[0]["driven_km"], made[0]["watched"], made[0]["infractions"], made[1]
    (0.4, ['red_light'], [{'kind': 'red_light', 'amount': None}], None)
    """

    reads: ClassVar[tuple[str, ...]] = ("drive",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"outcome": OUTCOME}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return _columns


def _columns(batch: pa.RecordBatch) -> Columns:
    found = (outcome_of(document) for document in documents(batch["drive"]))
    return {"outcome": pa.array([None if outcome is None else outcome.row() for outcome in found], OUTCOME)}
