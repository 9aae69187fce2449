"""How many faults, put into documents, their own JSON Schemas notice."""

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Bars, Value
from operators.kernels.schema_errors import Validation
from operators.semistructured._rewriting import BENIGN, faults, parsed
from operators.semistructured._with_schemas import WithSchemas, noticed


@dataclass(frozen=True)
class SchemaCorruptionKill(WithSchemas):
    """The share of faults put into documents that their own JSON Schemas notice.

    ``noticed / made``. Into each of ``sampled`` distinct pairs of a document and its schema (column ``schema``, or
    [features.common_schema] path), drawn by hash, the faults of `semistructured.corruption_kill` are put one at a time, and
    the document is validated: it is noticed where it is no strict JSON or not valid. So it says how tight the schemas are:
    a schema that allows everything notices broken syntax alone. Parts: the share for each kind of fault, and ``false
    alarms``: of the same documents written otherwise (under draft 4, where 1.0 is no integer, other spellings of numbers).
    Documents that are not valid as they are have no faults put in. Skipped: null, documents that are not strict JSON, pairs
    of more than 16 kB (``too long to be sampled``), documents that are ``not valid as they are`` or have no schema that can
    be used; and faults that are ``undecided``.

    0 to 1, higher is better, Wilson interval over faults. Cost: at the end about a second for 256 small documents.

    >>> import pyarrow as pa
    >>> schema = '{"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}'
    >>> texts = [f'{{"id": {at}}}' for at in range(9)]
    >>> batch = pa.RecordBatch.from_pydict({"json": texts, "schema": [schema] * 9})
    >>> value = SchemaCorruptionKill().value(SchemaCorruptionKill().fold(batch))
    >>> value.value, value.parts["missing key"].value, value.parts["false alarms"].value
    (1.0, 1.0, 0.0)

    Source: DeMillo et al. 1978 (mutation testing); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "share of faults"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "DeMillo et al. 1978"

    def value(self, state: Product) -> Value:
        """The share of faults that are noticed."""
        validation = Validation({"dialect": self.dialect})
        good, skipped = self.valid(state, validation)
        made: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for seed, text, schema in good:
            for kind, broken in faults(text, seed):
                made[kind].append((schema, broken))
            made["false alarms"] += [(schema, write(parsed(text))) for write in BENIGN.values()]
        kinds, undecided = {}, 0
        for kind, tried in sorted(made.items()):
            found = noticed(validation, tried)
            undecided += found.count(None)
            kinds[kind] = Ratio(found.count(True), len(found) - found.count(None))
        validation.close()
        if undecided:
            skipped["undecided"] = undecided
        return self._valued(kinds, len(state["pairs"].entries)).with_(skipped=skipped)

    def _valued(self, kinds: dict[str, Ratio], drawn: int) -> Value:
        whole = sum((ratio for kind, ratio in kinds.items() if kind != "false alarms"), Ratio())
        value: Value = whole.share("no record has a document that is valid under its schema")
        bars = {kind: ratio.hits / ratio.n for kind, ratio in kinds.items() if ratio.n and kind != "false alarms"}
        if value.value is None:
            return value
        plot = Bars(tuple(bars), tuple(bars.values()), "share of faults noticed")
        parts = {kind: ratio.share() for kind, ratio in kinds.items()}
        return value.with_(parts=parts, plot=plot, estimator="sample" if drawn == self.sampled else "exact")
