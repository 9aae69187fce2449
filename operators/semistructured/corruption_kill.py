"""How many faults, put into documents, are noticed."""

from collections import defaultdict
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.metric import Metric
from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Bars, Value
from operators.features.common_schema import text_at
from operators.kernels.schema_errors import Validation
from operators.semistructured._documents import Documents, drawn_only, sampled_of, skipped_of
from operators.semistructured._rewriting import BENIGN, faults, parsed
from operators.semistructured._shape import Shape, misfits, shape_of


@dataclass(frozen=True)
class CorruptionKill(Documents, Metric[Product]):
    """The share of faults put into documents that checking them notices.

    ``noticed / made``. Into each of ``sampled`` distinct documents, drawn by hash, one fault of each kind is put, where it is
    drawn by the document's hash: a value of another type, the last brace dropped, the text cut short, a key left out, a key
    misspelt, a key given twice. What checks them: that they are strict JSON (`semistructured.strict_json`), and that they fit
    the schema found in the data itself (`semistructured.schema_conformance`) or, where ``schema`` names one, that JSON Schema;
    `semistructured.schema_corruption_kill` takes each document's own. So it says how much of a schema the data has: in
    documents that all look different, a key left out is no fault that anything shows.

    Parts: the share for each kind of fault, and ``false alarms``: of what checks find in the same documents written otherwise
    (keys in another order, white space, other spellings of numbers and strings); documents in which something is found as
    they are do not count there, nor have faults put in. Skipped: null, documents that are not strict JSON, those of more than
    262,144 values, and of more than 8 kB (``too long to be sampled``).

    0 to 1, higher is better, Wilson interval over faults. Cost: that of `semistructured.path_distribution`, shared with it,
    and a second for the faults.

    Args:
        schema: path of a JSON Schema (2020-12 unless its ``$schema`` says otherwise), or the schema itself.

    >>> import pyarrow as pa
    >>> texts = [f'{{"id": {at}, "name": "n{at}"}}' for at in range(20)]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(20), "_fault": pa.nulls(20, pa.string()), "json": texts})
    >>> value = CorruptionKill().value(CorruptionKill().fold(batch))
    >>> value.value, value.n, value.parts["false alarms"].value
    (1.0, 120, 0.0)

    Source: DeMillo et al. 1978 (mutation testing); The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness.
    """

    schema: str = ""

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "share of faults"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "DeMillo et al. 1978"

    def value(self, state: Product) -> Value:
        """The share of faults that are noticed."""
        documents, _, _ = sampled_of(state)
        skipped = dict(skipped_of(state))
        if state["seen"]["too long"]:
            skipped["too long to be sampled"] = state["seen"]["too long"]
        if self.schema and find_spec("jsonschema_rs") is None:
            return Value.missing("needs the package jsonschema_rs: pip install jsonschema-rs", skipped)
        shape = shape_of(state)
        clean = np.flatnonzero(~self.noticed(shape, documents)).tolist() if documents else []
        if not clean:
            return Value.missing("no record has a JSON document in which nothing is found", skipped)
        made, spared = defaultdict(list), []
        for at in clean:
            for kind, text in faults(documents[at], state["sample"].entries[at][0]):
                made[kind].append(text)
            spared += [write(parsed(documents[at])) for write in BENIGN.values()]
        kinds = {kind: Ratio(int(self.noticed(shape, texts).sum()), len(texts)) for kind, texts in sorted(made.items())}
        alarms = Ratio(int(self.noticed(shape, spared).sum()), len(spared))
        parts = {kind: ratio.share() for kind, ratio in kinds.items()} | {"false alarms": alarms.share()}
        bars = {kind: ratio.hits / ratio.n for kind, ratio in kinds.items()}
        plot = Bars(tuple(bars), tuple(bars.values()), "share of faults noticed")
        return drawn_only(sum(kinds.values(), Ratio()).share().with_(skipped=skipped, parts=parts, plot=plot), state)

    def noticed(self, shape: Shape, documents: list[str]) -> NDArray[np.bool_]:
        """In which documents something is found."""
        found = misfits(shape, documents)
        if not self.schema:
            anything: NDArray[np.bool_] = np.logical_or.reduce(found, axis=1)
            return anything
        validation = Validation({"dialect": "2020-12"})
        readable = ~found[:, 0]
        schema = text_at(self.schema)
        verdicts = validation([(schema, text) for text, good in zip(documents, readable, strict=True) if good])
        validation.close()
        bad = ~readable
        bad[readable] = [status != "valid" for status, _ in verdicts]
        return bad
