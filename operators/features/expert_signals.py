"""The signals of the drive that is known to be right, in SI units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._signals import SIGNALS
from operators.features.telemetry_signals import signal_column


@dataclass(frozen=True)
class ExpertSignals(Feature):
    """``expert_signals`` of ``expert``, as `operators.features.telemetry_signals` writes those of ``telemetry``.

    >>> made = ExpertSignals().open()(pa.RecordBatch.from_pydict({"expert": ['{"t": [0], "x": [1]}', "{"]}))
    >>> made["expert_signals"].to_pylist()
    [[{'name': 'x', 't': [0.0], 'value': [1.0]}], None]
    """

    reads: ClassVar[tuple[str, ...]] = ("expert",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"expert_signals": SIGNALS}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"expert_signals": signal_column(batch["expert"])}
