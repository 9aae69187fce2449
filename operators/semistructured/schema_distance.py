"""How far the schema that the documents have is from the one that real documents have."""

from dataclasses import dataclass
from typing import ClassVar

from engine.masking import masked
from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.value import Value, wilson
from operators.kernels.json_paths import INTEGER, KINDS, NUMBER, shown
from operators.semistructured._documents import Documents, skipped_of
from operators.semistructured._shape import Shape, shape_of

_SHOWN = 20


@dataclass(frozen=True)
class SchemaDistance(Documents, Comparison[Product]):
    """The share of what two discovered schemas say that only one of them says: their Jaccard distance.

    The schema discovered in a side's documents (`semistructured.schema_conformance`) says which kinds of value stand at
    which path, and which keys every object at a path has. Each of these is a statement; the value is ``1 - |S_s & S_r| /
    |S_s | S_r|``. Whole numbers are numbers where the other side has fractions at the path. It says nothing of how often
    anything is: one odd document changes it as much as a thousand. Parts: ``kinds`` and ``required``, the distances of
    either sort of statement; and statements of one side alone, by name (``only here: required $.id``), of value 1; 20 at
    most. Skipped: null, documents that are not strict JSON, and those of more than 262,144 values.

    0 to 1, lower is better; interval: Wilson's of a share of statements. Beyond ``paths`` distinct paths on a side there is
    none. Cost: that of `semistructured.path_distribution`, shared with it.

    >>> import pyarrow as pa
    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "json": list(texts)}
    ...     return SchemaDistance().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = SchemaDistance().compare(side('{"a": 1}', '{"a": 2, "b": "x"}'), side('{"a": 1, "b": "x"}'))
    >>> value.value, [*value.parts][2:]
    (0.2, ['only there: required $.b'])

    Source: Baazizi et al. 2019 (Parametric schema inference for massive JSON datasets); genson, for what a schema says.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "Jaccard distance"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "Baazizi et al. 2019"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The distance of the schemas."""
        skipped = skipped_of(subject)
        for side, state in (("subject", subject), ("reference", reference)):
            if not state["seen"]["read"]:
                return Value.missing(f"no record of the {side} has a JSON document", skipped)
            if state["kinds"].dropped:
                return Value.missing(f"the {side} has more than {self.paths:,} paths: raise the parameter paths", skipped)
        shapes = [shape_of(state) for state in (subject, reference)]
        mine, theirs = _kinds(*shapes), _kinds(*reversed(shapes))
        required = [{(holder, key) for holder, keys in one.required.items() for key in keys} for one in shapes]
        parts = {"kinds": _jaccard(mine, theirs), "required": _jaccard(*required)}
        names = {key: masked(shown(path)) for one in shapes for key, path in one.names.items()}
        alone = []
        for where, left, right in (("here", 0, 1), ("there", 1, 0)):
            kinds = (mine, theirs)[left] - (mine, theirs)[right]
            alone += [f"only {where}: {KINDS[kind]} at {names[key]}" for key, kind in kinds]
            alone += [f"only {where}: required {names[key]}" for _, key in required[left] - required[right]]
        parts |= {name: Value.exact(1.0, 1) for name in sorted(alone)[:_SHOWN]}
        both = [of_kind | {(key, -1) for _, key in needed} for of_kind, needed in zip((mine, theirs), required, strict=True)]
        return _jaccard(*both).with_(skipped=skipped, parts=parts)


def _kinds(one: Shape, other: Shape) -> set[tuple[int, int]]:
    """The paths and kinds of a schema; whole numbers as numbers where either side has fractions."""
    found = set()
    for key, bits in one.kinds.items():
        fractions = (bits | other.kinds.get(key, 0)) >> NUMBER & 1
        kinds = {kind for kind in range(len(KINDS)) if bits >> kind & 1}
        found |= {(key, NUMBER if kind == INTEGER and fractions else kind) for kind in kinds}
    return found


def _jaccard(mine: set[tuple[int, int]], theirs: set[tuple[int, int]]) -> Value:
    either, one = len(mine | theirs), len(mine ^ theirs)
    if not either:
        return Value.missing("neither schema says anything of that sort")
    low, high = wilson(one, either)
    return Value(one / either, either, low, high)
