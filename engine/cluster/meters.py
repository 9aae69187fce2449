"""What a run tells Prometheus through Ray, from its driver; `clusters/grafana.json` shows it."""

from ray.util.metrics import Counter, Gauge

from engine.journal import Event

COUNTERS = {
    "auditor_items": "Items of a stage (units of data, partitions of an exchange) that this run has done.",
    "auditor_read_bytes": "Bytes of the source that this run has read.",
}
GAUGES = {
    "auditor_waiting_items": "Items of a stage that are not done yet.",
    "auditor_quarantined_records": "Records that could not be read, of the sides that are read.",
    "auditor_run_seconds": "How long the run has taken.",
}
TAGS = ("stage",)


def exported() -> list[str]:
    """The names that Prometheus knows them by: Ray puts its own before and marks counters."""
    return [*(f"ray_{name}_total" for name in COUNTERS), *(f"ray_{name}" for name in GAUGES)]


class Meters:
    """Counters and gauges of one run."""

    def __init__(self) -> None:
        self._counters = {name: Counter(name, text, TAGS) for name, text in COUNTERS.items()}
        self._gauges = {name: Gauge(name, text, TAGS) for name, text in GAUGES.items()}
        self._counted: dict[str, tuple[int, int]] = {}

    def show(self, event: Event) -> None:
        """Take in an event. What was done before this run began, which the first event of a stage tells, is not counted."""
        items, size = self._counted.get(event.stage, (event.done, event.bytes))
        self._counted[event.stage] = (event.done, event.bytes)
        tags = {"stage": event.stage}
        for name, more in (("auditor_items", event.done - items), ("auditor_read_bytes", event.bytes - size)):
            if more > 0:
                self._counters[name].inc(more, tags)
        self._gauges["auditor_waiting_items"].set(event.of - event.done, tags)
        self._gauges["auditor_quarantined_records"].set(event.quarantined, tags)
        self._gauges["auditor_run_seconds"].set(event.seconds, tags)
