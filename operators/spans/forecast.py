"""What finding shared spans will cost. How many anchors meet is a guess for data that hardly repeats its reference."""

from engine.relation import Forecast, Scale

BYTES_A_WORD = 6.0
MET = 0.01
"""The share of anchors that another side has."""
ROW_BYTES = 40


def forecast(scale: Scale, gram: int, least: int) -> Forecast:
    """The cost at a scale.

    >>> forecast(Scale(10**9, 10**12, 10_000, 954, 954, 954), 16, 50).exchanged_bytes // 10**9
    384
    """
    anchors = scale.bytes / BYTES_A_WORD * 2 / (least - gram + 2)
    met = MET * anchors
    read_again = min(scale.bytes, met * scale.bytes / max(1, scale.records))
    return Forecast(
        exchanged_bytes=int(anchors * ROW_BYTES + met * 48 + read_again * 0.1),
        kept_bytes=4 * scale.records,
        files=2 * scale.units + scale.partitions * 2 + scale.ranges * 8,
        task_bytes=int(anchors / scale.partitions * ROW_BYTES * 4),
        cpu_seconds=scale.bytes / 100e6 + anchors * 0.4e-6 + read_again / 50e6,
    )
