"""Personal data and secrets in log lines, and in which templates."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.pii.spans import COUNTED, Type, personal_spans
from operators.semistructured._log import shapes_of
from operators.text.secrets import secrets

_SHOWN, _CHARACTERS = 10, 80


@dataclass(frozen=True)
class LogPii(Metric[Product]):
    """The share of log lines with personal data or a secret in them.

    ``lines with a finding / lines``. What counts is what `text.pii` and `text.secrets` count, anywhere in the line. Logs are
    full of addresses of machines: ``ip_address`` and ``mac_address`` are personal data where they are a person's, which a line
    does not say; leave them out of ``types`` where they are not.

    Parts: the shares of lines with each type (``secret`` is any key, token or password), and in each shape of line (as
    `semistructured.template_jsd` masks them; ``email_address in user <*> left``; the 10 most frequent). What was found is
    blotted out in them. Skipped: null.

    0 to 1, lower is better, Wilson interval over lines. Evidence: lines with the most types, which are named. Cost: about
    15 MB/s a core.

    >>> lines = ["login of ann@mail.org", "login of bob@mail.org", "token=ghp_Ab3dEf6hIjAb3dEf6hIjAb3dEf6hIjAb3dEf", "closed"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "log": lines})
    >>> value = LogPii().value(LogPii().fold(batch))
    >>> value.value, [*value.parts][:3]
    (0.75, ['email_address', 'secret', 'email_address in login of •••@••••.•••'])

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy; `text.pii`, `text.secrets`.
    """

    types: tuple[Type, ...] = COUNTED

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("log",)
    unit: ClassVar[str] = "share of lines"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured privacy"

    def zero(self) -> Product:
        """No lines."""
        return Product({"leaking": Ratio(), "kinds": Tally(), "shapes": RatioBy(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at every line."""
        found = _findings(batch["log"], self.types)
        leaking = found.group_by("row", maintain_order=True).agg("type")
        missing = int(np.count_nonzero(~valid_mask(batch["log"])))
        said = shapes_of(batch["log"].take(pa.array(found["row"].to_numpy(), pa.int64()))).to_list()
        named = [f"{kind} in {masked(shape)[:_CHARACTERS]}" for kind, shape in zip(found["type"], said, strict=True)]
        return Product(
            {
                "leaking": Ratio(len(leaking), len(batch) - missing),
                "kinds": Tally(dict(found["type"].value_counts().rows())),
                "shapes": RatioBy.of(pa.array(named, pa.string()), np.ones(len(named), bool)),
                "skipped": Tally({"no line": missing} if missing else {}),
                "worst": TopBy.of(
                    leaking["type"].list.len().to_numpy().astype(np.float64),
                    batch[ID].to_numpy()[leaking["row"].to_numpy()],
                    lambda at: ", ".join(leaking["type"][at]),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of lines with a finding."""
        leaking: Ratio = state["leaking"]
        kinds: dict[str, int] = state["kinds"].nonzero()
        value: Value = leaking.share("no record has a log line").with_(skipped=state["skipped"].nonzero())
        if not kinds:
            return value
        ranked = sorted(state["shapes"].ratios.items(), key=lambda entry: (-entry[1][0], entry[0]))[:_SHOWN]
        counts = kinds | {shape: hits for shape, (hits, _) in ranked}
        parts = {name: Ratio(n, leaking.n).share() for name, n in counts.items()}
        plot = Bars(tuple(kinds), tuple(n / leaking.n for n in kinds.values()), "share of lines")
        return value.with_(parts=parts, plot=plot, evidence=state["worst"].evidence())


def _findings(lines: pa.Array, types: tuple[Type, ...]) -> pl.DataFrame:
    """Each type that a line has: ``row`` and ``type``, in order."""
    personal = personal_spans(lines, types).select("row", "type")
    kept = secrets(lines).select(pl.col("row").cast(pl.Int64), pl.lit("secret").alias("type"))
    return pl.concat([personal, kept]).unique().sort("row", "type")
