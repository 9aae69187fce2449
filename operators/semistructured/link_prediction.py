"""What a model learns from a knowledge graph, tested on a real one."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Z95, Bars, Value
from operators.kernels.link_prediction import Triples, chance, frequency, questions, ranks, train
from operators.semistructured.relation_jsd import PARTS, triple_hashes, whole_triples

_HITS = (1, 3, 10)


@dataclass(frozen=True)
class LinkPrediction(Comparison[Product]):
    """The mean reciprocal rank (MRR) of real triples' parts, as a model trained on the subject's triples ranks them.

    Train on synthetic, test on real: half of the reference's distinct triples, drawn by hash, ask for their tails and their
    heads; the model (DistMult with reciprocal relations, cross-entropy over all entities, ``d`` dimensions) ranks all
    entities of both sides. Ranks are filtered (other answers that the reference gives or the model was trained on are left
    out) and realistic (of equal scores the mean rank: a model that scores all alike does not get 1, and entities and
    relations that the subject lacks are such a tie). Parts: ``hits at 1``, ``3`` and ``10``; ``real``, the MRR when trained
    on the other half of the reference; ``frequency``, that of how often each entity answers each relation in the subject;
    ``chance``, that of any order of the candidates left, which is high where the subject states so much that little is left:
    compare the value with it; and ``test triples in training``, the share of what is asked that the subject has: copies are
    not learning.

    0 to 1, higher is better; normal interval over what is asked, of one training with a fixed seed. Floating-point libraries
    may differ in the last digits. Of more than ``size`` triples a side those with the smallest hash are used, which thins a
    graph out: compare numbers of one ``size``. Skipped: triples with a part that is null or empty. Cost: for each epoch 12 *
    d operations a triple and entity (3,000 triples of 3,000 entities 20 s at the
    defaults).

    >>> def side(*triples):
    ...     columns = dict(zip(PARTS, map(list, zip(*triples)), strict=True))
    ...     return LinkPrediction().fold(pa.RecordBatch.from_pydict({"_fault": pa.nulls(len(triples), pa.string()), **columns}))
    >>> ring = [(str(at), "next", str((at + 1) % 8)) for at in range(8)]
    >>> value = LinkPrediction().compare(side(*ring), side(*ring))
    >>> value.value > value.parts["frequency"].value, value.parts["test triples in training"].value
    (True, 1.0)

    Source: Bordes et al. 2013 (TransE; filtered ranks); Yang et al. 2015 (DistMult); Lacroix et al. 2018 (reciprocal
    relations); Berrendorf et al. 2020 (realistic ranks).
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 10_000
    d: Annotated[int, Field(ge=2, le=512)] = 32
    epochs: Annotated[int, Field(ge=1, le=1000)] = 40

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = PARTS
    unit: ClassVar[str] = "mean reciprocal rank"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Bordes et al. 2013; Berrendorf et al. 2020"

    def zero(self) -> Product:
        """No triples."""
        return Product({"triples": Sample(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw triples."""
        kept, skipped = whole_triples(batch)
        return Product({"triples": Sample.of(triple_hashes(kept), _Texts(kept), self.size), "skipped": skipped})

    def compare(self, subject: Product, reference: Product) -> Value:
        """Train on the subject and on half of the reference, and test on the other half."""
        skipped = subject["skipped"].nonzero()
        mine, theirs = ([orjson.loads(text) for _, _, text in side["triples"].entries] for side in (subject, reference))
        for side, triples, least in (("subject", mine, 1), ("reference", theirs, 2)):
            if len(triples) < least:
                return Value.missing(f"the {side} has {len(triples)} triples, fewer than {least}", skipped)
        return self._tested(*_numbered(mine, theirs)).with_(skipped=skipped)

    def _tested(self, mine: Triples, theirs: Triples, entities: int, relations: int) -> Value:
        test, other = theirs[::2], theirs[1::2]  # in order of hash: halves by hash
        asked = questions(test, relations)

        def ranked(triples: Triples, model: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
            return ranks(model, asked, questions(np.concatenate([triples, theirs]), relations), entities)

        def trained(triples: Triples) -> Any:
            return train(triples, entities, relations, self.d, self.epochs).scores

        counts = frequency(mine, entities, relations)
        found, candidates = ranked(mine, trained(mine))
        parts = {f"hits at {most}": _mean((found <= most).astype(np.float64)) for most in _HITS}
        parts["real"] = _mean(1 / ranked(other, trained(other))[0])
        parts["frequency"] = _mean(1 / ranked(mine, lambda _, relation: counts[relation])[0])
        parts["chance"] = _mean(chance(candidates))
        there = {tuple(triple) for triple in mine.tolist()}
        parts["test triples in training"] = _mean(np.array([tuple(one) in there for one in test.tolist()], np.float64))
        names = ("real", "frequency", "chance")
        bars = Bars(("subject", *names), (float((1 / found).mean()), *(parts[name].value or 0.0 for name in names)), "MRR")
        return _mean(1 / found).with_(parts=parts, plot=bars)


class _Texts:
    """Triples as JSON lists, made only for those that are drawn."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._columns = [batch[name] for name in PARTS]

    def __getitem__(self, at: int) -> str:
        return orjson.dumps([column[int(at)].as_py() for column in self._columns]).decode()


def _numbered(mine: list[list[str]], theirs: list[list[str]]) -> tuple[Triples, Triples, int, int]:
    """The triples of both sides as numbers, by the order of the names, and how many entities and relations there are."""
    both = [*mine, *theirs]
    entities = {name: at for at, name in enumerate(sorted({part for h, _, t in both for part in (h, t)}))}
    relations = {name: at for at, name in enumerate(sorted({r for _, r, _ in both}))}
    sides: list[Any] = [[[entities[h], relations[r], entities[t]] for h, r, t in side] for side in (mine, theirs)]
    return np.array(sides[0], np.int64), np.array(sides[1], np.int64), len(entities), len(relations)


def _mean(values: NDArray[np.float64]) -> Value:
    n = len(values)
    mean = math.fsum(values) / n
    half = Z95 * float(np.std(values, ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return Value(mean, n, max(0.0, mean - half), min(1.0, mean + half), estimator="sample")
