"""The signals of a drive's telemetry, in SI units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from engine.feature import Columns, Feature
from operators.agent._signals import SIGNALS, rows_of, signals_of
from operators.features._documents import documents


@dataclass(frozen=True)
class TelemetrySignals(Feature):
    """``signals`` of ``telemetry``: for each signal its name, times in seconds and values in SI units.

    Lists by name beside a list of times (``t``, ``time_ms``, ``timestamp_ns``), a list of rows, or signals that each have ``t``
    and ``value``; known names with their units are converted (`operators.agent._signals`). NaN stands for a missing time or
    value. Null where the text is no strict JSON of at most 64 levels and 16 MiB, or holds no signal with a clock.

    >>> made = TelemetrySignals().open()(pa.RecordBatch.from_pydict({"telemetry": ['{"t": [0, 1], "speed_kmh": [0, 36]}']}))
    >>> made["signals"].to_pylist()
    [[{'name': 'speed', 't': [0.0, 1.0], 'value': [0.0, 10.0]}]]
    """

    reads: ClassVar[tuple[str, ...]] = ("telemetry",)
    writes: ClassVar[Mapping[str, pa.DataType]] = {"signals": SIGNALS}

    def open(self) -> Callable[[pa.RecordBatch], Columns]:
        """Nothing to load."""
        return lambda batch: {"signals": signal_column(batch["telemetry"])}


def signal_column(texts: pa.Array) -> pa.Array:
    """The signals of each text, as a column of `SIGNALS`."""
    found = (signals_of(document) for document in documents(texts))
    return pa.array([None if signals is None else rows_of(signals) for signals in found], SIGNALS)
