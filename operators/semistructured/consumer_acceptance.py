"""Records that the program they are for takes."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Value
from operators.features.consumer_verdict import ACCEPTED
from operators.kernels.buffers import valid_mask

_SHOWN = 10


@dataclass(frozen=True)
class ConsumerAcceptance(Metric[Product]):
    """The share of documents, graphs or log lines that a consumer accepts: the program that shall read them.

    ``accepted / records``. The consumer is a function that the plan names ([features.consumer_verdict] consumer): a typed
    model's decoder, a graph's loader, a log's parser. It is called with each text as it stands, strict JSON or not, and accepts
    it unless it raises or returns False. Parts: the shares of records by what it raised. Skipped: null.

    0 to 1, higher is better, Wilson interval. Evidence: refused records, with what was raised. Cost: the consumer's.

    >>> columns = {"_id": range(4), "_fault": pa.nulls(4, pa.string())}
    >>> verdicts = ["accepted", "KeyError", "accepted", None]
    >>> batch = pa.RecordBatch.from_pydict({**columns, "consumer_verdict": verdicts})
    >>> value = ConsumerAcceptance().value(ConsumerAcceptance().fold(batch))
    >>> round(value.value, 3), [*value.parts], value.evidence[0].note
    (0.667, ['KeyError'], 'KeyError')

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured utility.
    """

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("consumer_verdict",)
    unit: ClassVar[str] = "share of records"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.UP
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured utility"

    def zero(self) -> Product:
        """No records."""
        return Product({"accepted": Ratio(), "causes": RatioBy(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Count the verdicts."""
        verdicts, known = batch["consumer_verdict"], valid_mask(batch["consumer_verdict"])
        accepted = pc.fill_null(pc.equal(verdicts, ACCEPTED), False).to_numpy(zero_copy_only=False)
        refused = np.flatnonzero(known & ~accepted)
        causes = verdicts.take(pa.array(refused, pa.int64()))
        missing = int(np.count_nonzero(~known))
        return Product(
            {
                "accepted": Ratio(int(np.count_nonzero(accepted)), len(batch) - missing),
                "causes": RatioBy.of(causes, np.ones(len(refused), bool)),
                "skipped": Tally({"no text": missing} if missing else {}),
                "worst": TopBy.of(np.ones(len(refused)), batch[ID].to_numpy()[refused], lambda at: causes[at].as_py()),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of accepted records."""
        accepted: Ratio = state["accepted"]
        value: Value = accepted.share("no record has a text")
        ranked = sorted(state["causes"].ratios.items(), key=lambda entry: (-entry[1][0], entry[0]))[:_SHOWN]
        parts = {cause: Ratio(n, accepted.n).share() for cause, (n, _) in ranked}
        return value.with_(skipped=state["skipped"].nonzero(), parts=parts, evidence=state["worst"].evidence())
