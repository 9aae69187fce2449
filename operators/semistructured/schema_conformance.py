"""Documents that fit the schema which real documents have without anybody having written it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Product
from engine.state.sample import estimate
from engine.value import Bars, Value
from operators.kernels.json_paths import KINDS, OBJECT
from operators.semistructured._documents import HELD, NODES, Documents, counts_of, drawn_only, sampled_of, skipped_of
from operators.semistructured._shape import FAULTS, Shape, misfits, shape_of


@dataclass(frozen=True)
class SchemaConformance(Documents, Comparison[Product]):
    """The share of documents that fit a schema discovered in the reference's documents.

    Of each path (`semistructured.path_distribution`) the reference says which kinds of value stand there; which keys every
    object there has (these are required); where strings are at most 16 different ones, each ten times on average, that no
    others may; and between which numbers its numbers are (to 1 %). A document fits where it has no other path, no other kind,
    no required key missing, no other string of an enumeration and no number out of range. Strings are told apart by 256 cells
    of their hashes: one in 256/k wrong strings passes for one of an enumeration of k. Parts: the shares of documents with each
    fault, which overlap.

    What few documents of the reference show is no law: a field that happens to be in all 20 of them is required here. Half of
    the real data against the other half says how much of a shortfall is that.

    Judged are ``sampled`` distinct documents drawn by hash, each with its copies, since the schema is known only at the end.
    The value is never above what the counts over all documents allow: as many misfit, at least, as have the most frequent
    unknown path or other kind, or lack the most often missing key of the document itself. Skipped: null, documents that are
    not strict JSON, those of more than 262,144 values, and of more than 8 kB (``too long to be sampled``). 0 to 1, higher is
    better; interval: that of a sampled ratio, a point where all distinct documents were judged. Cost: that of
    `semistructured.path_distribution`, shared with it.

    >>> import pyarrow as pa
    >>> def side(*texts):
    ...     columns = {"_id": range(len(texts)), "_fault": pa.nulls(len(texts), pa.string()), "json": list(texts)}
    ...     return SchemaConformance().fold(pa.RecordBatch.from_pydict(columns))
    >>> real = side('{"a": 1, "b": "x"}', '{"a": 9}')
    >>> value = SchemaConformance().compare(side('{"a": 5}', '{"b": "y"}', '{"a": "1"}', '{"a": 10}'), real)
    >>> value.value, value.parts["missing key"].value, value.parts["other kind"].value, value.parts["out of range"].value
    (0.25, 0.25, 0.25, 0.25)

    Source: Baazizi et al. 2019 (Parametric schema inference for massive JSON datasets), counting types; genson.
    """

    dimension: ClassVar[Dimension] = Dimension.FIDELITY
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Baazizi et al. 2019"

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share of the sampled documents that fit."""
        skipped = dict(skipped_of(subject))
        if subject["seen"]["too long"]:
            skipped["too long to be sampled"] = subject["seen"]["too long"]
        documents, counts, complete = sampled_of(subject)
        for side, n in (("subject", len(documents)), ("reference", reference["seen"]["read"])):
            if not n:
                return Value.missing(f"no record of the {side} has a JSON document that can be judged", skipped)
        if reference["kinds"].dropped:
            return Value.missing(f"the reference has more than {self.paths:,} paths: raise the parameter paths", skipped)
        shape = shape_of(reference)
        faults = misfits(shape, documents)
        fits = np.array([not of.any() for of in faults], np.float64)
        value = _at_most(estimate(fits, counts, complete, 1.0), ceiling(shape, subject))
        shares = {name: estimate(faults[:, at].astype(np.float64), counts, complete, 1.0) for at, name in enumerate(FAULTS)}
        parts = {name: share for name, share in shares.items() if share.value}
        found = {"paths": len(shape.names), "required keys": sum(map(len, shape.required.values()))}
        found |= {"enumerations": len(shape.enumerations)}
        parts |= {name: Value.exact(float(n), reference["seen"]["read"]) for name, n in found.items()}
        bars = {name: share.value for name, share in shares.items() if share.value}
        plot = Bars(tuple(bars), tuple(bars.values()), "share of documents") if bars else None
        return drawn_only(value.with_(skipped=skipped, parts=parts, plot=plot), subject)


def ceiling(shape: Shape, state: Product) -> float:
    """The greatest share of documents that can fit, by the counts over all of them."""
    kinds = state["kinds"]
    held = counts_of(kinds, HELD)
    misfit = [n for key, n in held.items() if key not in shape.kinds]
    for kind in range(len(KINDS)):
        misfit += [n for key, n in counts_of(kinds, kind).items() if key in shape.kinds and not shape.kinds[key] >> kind & 1]
    roots = [key for key, path in shape.names.items() if not path]
    for root in roots:
        objects = counts_of(kinds, NODES + OBJECT).get(root, 0)
        misfit += [objects - held.get(key, 0) for key in shape.required.get(root, ())]
    read: int = state["seen"]["read"]
    return 1.0 - max(misfit, default=0) / read


def _at_most(value: Value, most: float) -> Value:
    """A share and its interval, cut off above."""
    ends = {name: min(end, most) for name in ("value", "low", "high") if (end := getattr(value, name)) is not None}
    return value.with_(**ends)
