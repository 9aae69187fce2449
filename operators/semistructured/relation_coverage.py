"""How many of the relations of a real knowledge graph there are, and how evenly."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import CellsBy, Product
from engine.state.tally import Tally
from engine.value import Value
from operators.kernels.divergence import normalised_entropy
from operators.kernels.hashing import hash_array
from operators.semistructured.relation_jsd import PARTS, TYPE_RELATIONS, whole_triples

_COVERED = ("relations", "types", "entities")


@dataclass(frozen=True)
class RelationCoverage(Comparison[Product]):
    """The share of the reference's relations that the subject's triples have too: ``|R_s & R_r| / |R_r|``.

    Parts: ``new``, the share of the subject's relations that the reference lacks; ``types`` and ``entities``, the same coverage
    of what things are said to be (the tails of triples whose relation is one of ``type_relations``) and of heads and tails;
    ``entropy`` and ``entropy of the reference``: Shannon's entropy of the triples by relation over that of as many equally
    frequent ones. A rare relation is found the more probably the more triples there are: compare equally large sides. Skipped:
    triples with a part that is null or empty.

    0 to 1, higher is better; exact, so that its interval is a point. Beyond ``size`` relations, types or entities a side it is
    an estimate from those with the smallest hash. Cost: about 2 million triples a second.

    >>> def side(*triples):
    ...     columns = {"_fault": pa.nulls(len(triples), pa.string()), **dict(zip(PARTS, map(list, zip(*triples)), strict=True))}
    ...     return RelationCoverage().fold(pa.RecordBatch.from_pydict(columns))
    >>> value = RelationCoverage().compare(side(("a", "likes", "b")), side(("a", "likes", "b"), ("b", "owns", "c")))
    >>> value.value, round(value.parts["entities"].value, 3)
    (0.5, 0.667)

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured diversity.
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 16
    type_relations: tuple[str, ...] = TYPE_RELATIONS

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = PARTS
    unit: ClassVar[str] = "share of the reference's relations"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured diversity"

    def zero(self) -> Product:
        """No triples."""
        return Product({**{name: CellsBy(self.size, 1) for name in _COVERED}, "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count relations, types and entities."""
        kept, skipped = whole_triples(batch)
        typed = pc.is_in(kept["relation"], value_set=pa.array(self.type_relations, pa.string()))
        head, relation, tail = (hash_array(kept[name])[:, 0] for name in PARTS)
        hashes = (relation, tail[typed.to_numpy(zero_copy_only=False)], np.concatenate([head, tail]))
        counts = {
            name: CellsBy.of(each, np.zeros(len(each), np.int64), self.size, 1)
            for name, each in zip(_COVERED, hashes, strict=True)
        }
        return Product({**counts, "skipped": skipped})

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share of the reference's relations; of types and entities as parts."""
        skipped = subject["skipped"].nonzero()
        for side, state in (("subject", subject), ("reference", reference)):
            if not len(state["relations"].key):
                return Value.missing(f"no triple on the side of the {side}", skipped)
        value, types, entities = (_covered(subject[name], reference[name], name) for name in _COVERED)
        parts = {"new": _new(subject["relations"], reference["relations"]), "types": types, "entities": entities}
        for name, state in (("entropy", subject), ("entropy of the reference", reference)):
            counts = state["relations"].count
            parts[name] = Value.exact(normalised_entropy(counts), len(counts))
        return value.with_(skipped=skipped, parts=parts)


def _covered(mine: CellsBy, theirs: CellsBy, name: str) -> Value:
    """The share of a side's things that the other has, over the hashes up to which both kept all."""
    ends = [int(side.key[-1]) for side in (mine, theirs) if side.dropped]
    most = np.uint64(min(ends, default=(1 << 64) - 1))
    there, wanted = mine.key[mine.key <= most], theirs.key[theirs.key <= most]
    if not len(wanted):
        return Value.missing(f"the reference has no {name}")
    share = len(np.intersect1d(there, wanted, assume_unique=True)) / len(wanted)
    return Value.exact(share, len(wanted)).with_(estimator="sample" if ends else "exact")


def _new(mine: CellsBy, theirs: CellsBy) -> Value:
    covered = _covered(theirs, mine, "relations")
    return (
        covered
        if covered.value is None
        else covered.with_(value=1 - covered.value, low=1 - covered.value, high=1 - covered.value)
    )
