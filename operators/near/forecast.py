"""What finding near-duplicates will cost, from slopes measured by benchmarks/dedup_scale.py.

They hold for a corpus in which one record in ten repeats another and one in ten nearly does; the parts that depend on that are
small beside the bands, unless most of a corpus is templates.
"""

from engine.relation import Forecast, Scale
from operators.kernels.lsh import Bands
from operators.near.verify import SAMPLE

TWINS = 0.1
"""The share of records equal to an earlier one, which stay out of the bands."""
PAIRS, UNSURE = 0.16, 0.055
"""Candidate pairs a record, and those to be compared exactly."""
STARTING_SECONDS = 1.8
"""Imports, and loading compiled kernels."""
SHINGLE_BYTES, BYTES_A_SHINGLE = 8.2, 6.0
"""Of a shingle's hash on its way, and of text for each shingle."""


def forecast(scale: Scale, cut: Bands, planted: int) -> Forecast:
    """The cost at a scale.

    >>> forecast(Scale(10**9, 10**12, 10_000, 954, 954, 239), Bands(18, 6), 2000).exchanged_bytes // 10**9
    349
    """
    lanes_bytes = 2 * cut.permutations
    pairs = PAIRS * scale.records
    sampled = min(pairs, SAMPLE)
    compared = min(pairs, UNSURE * scale.records + sampled)
    shingles = max(1.0, scale.bytes / max(1, scale.records) / BYTES_A_SHINGLE)
    bands = (1 - TWINS) * scale.records * cut.bands * 12.0
    sets = 1.1 * compared * shingles * SHINGLE_BYTES
    per_record = 20.0 + 13.0 + 9.0  # twins in, columns out, labels and members of those in groups
    exchanged = per_record * scale.records + bands + pairs * (lanes_bytes * 0.75 + 30) + sets + planted * (lanes_bytes + 40)
    rows = scale.records // scale.ranges
    group_rows = int((1 - TWINS) * scale.records / scale.group_partitions)
    range_task = rows * (lanes_bytes + 80) + int(sets / scale.ranges) * 3
    return Forecast(
        exchanged_bytes=int(exchanged),
        kept_bytes=int(scale.records * (lanes_bytes + 40)),
        files=2 * scale.units + 2 + scale.partitions * 4 + scale.ranges * 10 + cut.bands * scale.group_partitions + 1,
        task_bytes=max(range_task, 45 * group_rows),
        cpu_seconds=STARTING_SECONDS + scale.bytes / 170e6 + scale.records * (1.6e-6 + 0.09e-6 * cut.bands) + compared * 20e-6,
    )
