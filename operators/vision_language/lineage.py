"""How much records say of where they came from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Moments, Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.kernels.provenance import is_generator, is_licence, is_time, is_uri

_END = datetime(2100, 1, 1, tzinfo=UTC)
_CHECKS: dict[str, Callable[[str], bool]] = {
    "source_uri": is_uri,
    "licence": is_licence,
    "created": lambda text: is_time(text, _END),
    "generator": is_generator,
    "prompt": lambda text: bool(text.strip()),
    "parent_id": lambda text: bool(text.strip()),
}
_NEEDED = ("source_uri", "licence", "created", "generator", "prompt")


@dataclass(frozen=True)
class Lineage(Metric[Product]):
    """How much of its lineage a record states, well: the mean share of five fields.

    The fields are ``source_uri`` (a URI or DOI), ``licence`` (an SPDX expression), ``created`` (ISO 8601), ``generator`` (a
    name with a version) and ``prompt``; a field that is blank, or not what it should be, is not stated. A dataset without the
    column states it of no record. Parts: the share of records that state each, and all five; that name their parent
    (``parent_id``: a picture that was made from no other has none); that state a SHA-256, and of these the share whose bytes it
    is. Whether parents are there says `operators.vision_language.lineage_graph`. Nothing is skipped.

    0 to 1, higher is better, normal interval of the mean. Cost: 20 us a record, and SHA-256 of the bytes.

    >>> from operators.features.media_facts import STRUCT
    >>> columns = {"_id": range(2), "media_facts": pa.nulls(2, STRUCT), "licence": ["CC-BY-4.0", "ask me"]}
    >>> batch = pa.RecordBatch.from_pydict({**columns, "prompt": ["a red bus", "a dog"]})
    >>> value = Lineage().value(Lineage().fold(batch))
    >>> round(value.value, 6), value.parts["licence"].value
    (0.3, 0.5)

    Source: Longpre et al. 2023 (Data Provenance Initiative); Gebru et al. 2021 (Datasheets), sections 3.3 and 3.6; METRICS 7.6.
    """

    dimension: ClassVar[Dimension] = Dimension.PROVENANCE
    reads: ClassVar[tuple[str, ...]] = ("media_facts",)
    may_read: ClassVar[tuple[str, ...]] = tuple(_CHECKS)
    unit: ClassVar[str] = "share of fields"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Longpre et al. 2023; Gebru et al. 2021; METRICS 7.6"

    def zero(self) -> Product:
        """No records."""
        fields = Product({name: Ratio() for name in (*_CHECKS, "all five")})
        return Product(
            {"mean": Moments(), "fields": fields, "hashed": Ratio(), "matches": Ratio(), "worst": TopBy(), "skipped": Tally()}
        )

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the fields that are stated."""
        there = self._there(batch)
        n = int(np.count_nonzero(there))
        stated = {name: _stated(batch, name, check) & there for name, check in _CHECKS.items()}
        shares = np.mean([stated[name] for name in _NEEDED], 0)[there]
        whole = np.logical_and.reduce([stated[name] for name in _NEEDED])
        facts: list[dict[str, Any]] = [one or {} for one in batch["media_facts"].to_pylist()]
        hashed = [one["hashed"] for one in facts if one.get("hashed") is not None]
        broken = np.array([one.get("hashed") is False for one in facts], np.bool_)
        counts = {name: int(np.count_nonzero(of)) for name, of in {**stated, "all five": whole}.items()}
        return Product(
            {
                "mean": Moments.of(shares),
                "fields": Product({name: Ratio(count, n) for name, count in counts.items()}),
                "hashed": Ratio(len(hashed), n),
                "matches": Ratio(sum(hashed), len(hashed)),
                "worst": TopBy.of(
                    np.ones(int(broken.sum())), batch[ID].to_numpy()[broken], lambda _: "its bytes have another SHA-256"
                ),
                "skipped": Tally({"nothing in it": len(there) - n} if n < len(there) else {}),
            }
        )

    def _there(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        names = ["media_facts", *(name for name in _CHECKS if name in batch.schema.names)]
        there: NDArray[np.bool_] = np.logical_or.reduce([valid_mask(batch[name]) for name in names])
        return there

    def value(self, state: Product) -> Value:
        """The mean share of fields, each beside it."""
        skipped = state["skipped"].nonzero()
        mean: Value = state["mean"].mean("no record has an image, a clip or a lineage", within=self.range)
        if mean.value is None:
            return mean.with_(skipped=skipped)
        parts = {name: state["fields"][name].share() for name in (*_CHECKS, "all five")}
        parts["states a SHA-256"] = state["hashed"].share()
        parts["SHA-256 is that of its bytes"] = state["matches"].share("no record states a SHA-256 of an image or a clip")
        bars = Bars(_NEEDED, tuple(float(parts[name].value or 0) for name in _NEEDED), "share of records")
        return mean.with_(skipped=skipped, parts=parts, plot=bars, evidence=state["worst"].evidence())


def _stated(batch: pa.RecordBatch, name: str, check: Callable[[str], bool]) -> NDArray[np.bool_]:
    if name not in batch.schema.names:
        return np.zeros(batch.num_rows, np.bool_)
    return np.array([text is not None and check(text) for text in batch[name].to_pylist()], np.bool_)
