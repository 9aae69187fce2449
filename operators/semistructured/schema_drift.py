"""How many documents stay valid when what they are made by changes a little."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.schema import Dimension, Direction
from engine.state import Product, Ratio
from engine.value import Bars, Value
from operators.kernels.schema_errors import Validation
from operators.semistructured._rewriting import Number, parsed, written
from operators.semistructured._with_schemas import WithSchemas, noticed

_KEY = "added_in_version_2"


@dataclass(frozen=True)
class SchemaDrift(WithSchemas):
    """The share of documents that stay valid under their own JSON Schemas when their producer's next version writes them.

    Producers change: a key is added to an object, a whole number becomes a fraction, a value may be null, a list is empty or
    longer. Each of ``sampled`` distinct pairs of a document and its schema (column ``schema``, or [features.common_schema]
    path), drawn by hash, is changed in each of these ways at one place, drawn by the pair's hash, where there is one, and
    validated: ``valid / changed``. High: the schemas let a format grow; low: every change needs a new schema first. It is
    the other side of `semistructured.schema_corruption_kill`: a schema that allows everything has 1 here. Parts: the share for
    each change. Skipped: as there.

    0 to 1, higher is better, Wilson interval over changes. Cost: at the end about a second for 256 small documents.

    >>> import pyarrow as pa
    >>> schema = '{"type": "object", "properties": {"id": {"type": "integer"}}}'
    >>> batch = pa.RecordBatch.from_pydict({"json": ['{"id": 1}', '{"id": 2}'], "schema": [schema] * 2})
    >>> value = SchemaDrift().value(SchemaDrift().fold(batch))
    >>> round(value.value, 3), {name: part.value for name, part in value.parts.items()}
    (0.333, {'added key': 1.0, 'fraction': 0.0, 'null': 0.0})

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured robustness; Klettke et al. 2015 (schema evolution of JSON).
    """

    dimension: ClassVar[Dimension] = Dimension.ROBUSTNESS
    unit: ClassVar[str] = "share of changed documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured robustness"

    def value(self, state: Product) -> Value:
        """The share of changed documents that stay valid."""
        validation = Validation({"dialect": self.dialect})
        good, skipped = self.valid(state, validation)
        kinds, undecided = {}, 0
        for kind, change in CHANGES.items():
            changed = [(schema, new) for seed, text, schema in good if (new := drifted(text, change, seed)) is not None]
            found = noticed(validation, changed)
            undecided += found.count(None)
            kinds[kind] = Ratio(found.count(False), len(found) - found.count(None))
        validation.close()
        if undecided:
            skipped["undecided"] = undecided
        whole = sum(kinds.values(), Ratio())
        value: Value = whole.share("no record has a document that is valid under its schema").with_(skipped=skipped)
        if value.value is None:
            return value
        parts = {kind: ratio.share() for kind, ratio in kinds.items() if ratio.n}
        plot = Bars(tuple(parts), tuple(part.value or 0.0 for part in parts.values()), "share that stays valid")
        estimator = "sample" if len(state["pairs"].entries) == self.sampled else "exact"
        return value.with_(parts=parts, plot=plot, estimator=estimator)


Change = tuple[Callable[[Any], bool], Callable[[Any], Any]]
"""Which values may be changed so, and into what."""

CHANGES: Mapping[str, Change] = {
    "added key": (lambda value: isinstance(value, dict), lambda value: {**value, _KEY: True}),
    "fraction": (lambda value: isinstance(value, Number) and value.lstrip("-").isdigit(), lambda value: Number(f"{value}.5")),
    "null": (lambda value: not isinstance(value, (dict, list)) and value is not None, lambda _: None),
    "empty list": (lambda value: isinstance(value, list) and len(value) > 0, lambda _: []),
    "longer list": (lambda value: isinstance(value, list) and len(value) > 0, lambda value: [*value, value[-1]]),
}
"""What producers of documents come to do."""


def drifted(text: str, change: Change, seed: int) -> str | None:
    """A document changed at one place, drawn among those where it can be; None where there is none.

    >>> drifted('{"a": [1, 2]}', CHANGES["longer list"], 1), drifted("1", CHANGES["added key"], 1)
    ('{"a":[1,2,2]}', None)
    """
    may, made = change
    value = parsed(text)
    places = _count(value, may)
    if not places:
        return None
    left = [random.Random(seed).randrange(places)]  # noqa: S311  (which place it is, is no secret)

    def walk(node: Any) -> Any:
        if may(node):
            left[0] -= 1
            if left[0] == -1:
                return made(node)
        if isinstance(node, dict):
            return {key: walk(item) for key, item in node.items()}
        return [walk(item) for item in node] if isinstance(node, list) else node

    return written(walk(value))


def _count(node: Any, may: Callable[[Any], bool]) -> int:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return int(may(node)) + sum(_count(child, may) for child in children)
