"""JSON documents that are valid, new and there only once."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from engine.metric import Comparison
from engine.schema import Dimension, Direction
from engine.state import Distinct, Product, Ratio, Tally
from engine.value import Bars, Value, wilson
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_syntax import check
from operators.kernels.json_trees import contents
from operators.semistructured._documents import MAX_DEPTH


@dataclass(frozen=True)
class DocumentVun(Comparison[Product]):
    """The share of the subject's documents that are valid, unique and novel (V.U.N.).

    ``different valid documents that the reference does not have / documents``. Two documents are the same where they hold the
    same, whatever the order of keys, the white space and the spelling of numbers and strings: where their canonical forms by
    RFC 8785 are equal. Valid is strict JSON (`semistructured.strict_json`). Parts: ``valid``, the share of documents that are;
    ``unique``, different documents per valid document; ``novel``, the share of the different ones that the reference lacks.
    `corpus.exact_duplicates` counts documents that are equal byte for byte. Novelty beside data that is not the generator's own
    says little: the reference should be what it was trained on. Skipped: null, documents of more than 262,144 values.

    0 to 1, higher is better; Wilson interval. Beyond ``size`` different documents a side, how many there are and how many are
    novel is estimated from those with the smallest hashes. Cost: about 25 MB/s a core.

    >>> def side(*texts):
    ...     return DocumentVun().fold(pa.RecordBatch.from_pydict({"json": list(texts)}))
    >>> value = DocumentVun().compare(side('{"a": 1, "b": 2}', '{"b": 2.0, "a": 1}', "[1]", "{"), side("[1.0]"))
    >>> value.value, value.parts["valid"].value, round(value.parts["unique"].value, 3), value.parts["novel"].value
    (0.25, 0.75, 0.667, 0.5)

    Source: You et al. 2018 (GraphRNN) and Vignac et al. 2023 (DiGress), for graphs; RFC 8785.
    """

    size: Annotated[int, Field(ge=16, le=1 << 20)] = 1 << 16

    dimension: ClassVar[Dimension] = Dimension.DIVERSITY
    reads: ClassVar[tuple[str, ...]] = ("json",)
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "Vignac et al. 2023 (DiGress), section 7; RFC 8785"

    def zero(self) -> Product:
        """No documents."""
        return Product({"valid": Ratio(), "forms": Distinct(self.size), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Hash what each valid document holds."""
        texts = strings(batch["json"])
        codes, _ = check(texts.offsets, texts.data, MAX_DEPTH)
        found, cut = json_paths.nodes(texts, texts.valid & (codes == 0))
        hashes = contents(found)[0][found.parent < 0]
        counts = {"no document": int(np.count_nonzero(~texts.valid)), "too many values": int(np.count_nonzero(cut))}
        judged = int(np.count_nonzero(texts.valid & ~cut))
        return Product(
            {
                "valid": Ratio(len(hashes), judged),
                "forms": Distinct.of(hashes, self.size),
                "skipped": Tally({reason: n for reason, n in counts.items() if n}),
            }
        )

    def compare(self, subject: Product, reference: Product) -> Value:
        """The share, and what it is made of."""
        valid: Ratio = subject["valid"]
        skipped = subject["skipped"].nonzero()
        if valid.n == 0:
            return Value.missing("no record has a document", skipped)
        if not len(reference["forms"].hashes):
            return Value.missing("the reference has no document that is valid", skipped)
        if valid.hits == 0:
            return valid.share().with_(reason="none of the documents is valid", skipped=skipped, parts={"valid": valid.share()})
        return _valued(valid, subject["forms"], reference["forms"]).with_(skipped=skipped)


def _valued(valid: Ratio, mine: Distinct, theirs: Distinct) -> Value:
    full = [int(side.hashes[-1]) for side in (mine, theirs) if len(side.hashes) == side.size]
    most = np.uint64(min(full, default=(1 << 64) - 1))
    kept, there = (side.hashes[side.hashes <= most] for side in (mine, theirs))
    novel = Ratio(len(kept) - len(np.intersect1d(kept, there, assume_unique=True)), len(kept)).share("too few were kept")
    different = min(float(valid.hits), mine.count().value or 0.0)
    estimator = "sample" if full else "exact"
    share = different * (novel.value or 0.0) / valid.n
    low, high = wilson(min(valid.n, round(share * valid.n)), valid.n)
    parts = {
        "valid": valid.share(),
        "unique": Value.exact(different / valid.hits, valid.hits).with_(
            estimator="sketch" if different < valid.hits and full else "exact"
        ),
        "novel": novel.with_(estimator=estimator),
    }
    bars = Bars(tuple(parts), tuple(part.value or 0.0 for part in parts.values()), "share")
    return Value(
        share, valid.n, min(low, share), max(high, share), estimator="sample" if full else "exact", parts=parts, plot=bars
    )
