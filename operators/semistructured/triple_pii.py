"""Personal data and secrets in triples, and of which relations."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value
from operators.pii.spans import COUNTED, Type, personal_spans
from operators.semistructured.relation_jsd import PARTS, whole_triples
from operators.text.secrets import secrets

_SHOWN, _CHARACTERS = 20, 80


@dataclass(frozen=True)
class TriplePii(Metric[Product]):
    """The share of triples with personal data or a secret in them.

    ``triples with a finding / triples``. What counts is what `text.pii` and `text.secrets` count, in head and tail, names of
    things and their URIs alike; the tail is looked at with its relation before it (``phone: 555-0100``, its underscores as
    spaces), so that words that a number needs beside it may stand there. That somebody is named is no finding.

    Parts: the shares of triples with each type (``secret`` is any key, token or password), and in each relation
    (``email_address in has mailbox``; the 20 most frequent). What was found is blotted out in them. Skipped: triples with a
    part that is null or empty.

    0 to 1, lower is better, Wilson interval. Evidence: triples with the most types, which are named. Cost: about
    800,000 triples a second.

    >>> parts = ["ann", "ann", "x"], ["mbox", "likes", "password"], ["mailto:ann@mail.org", "tea", "correct-h0rse-Battery"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(3), "_fault": pa.nulls(3, pa.string()), **dict(zip(PARTS, parts))})
    >>> value = TriplePii().value(TriplePii().fold(batch))
    >>> round(value.value, 3), sorted(value.parts)
    (0.667, ['email_address', 'email_address in mbox', 'secret', 'secret in password'])

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy; `text.pii`, `text.secrets`.
    """

    types: tuple[Type, ...] = COUNTED

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = PARTS
    unit: ClassVar[str] = "share of triples"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured privacy"

    def zero(self) -> Product:
        """No triples."""
        return Product({"leaking": Ratio(), "kinds": Tally(), "relations": RatioBy(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at both ends of every triple."""
        kept, skipped = whole_triples(batch)
        found = _findings(kept, self.types)
        leaking = found.group_by("row", maintain_order=True).agg("type")
        relations = kept["relation"].take(pa.array(found["row"].to_numpy(), pa.int64())).to_pylist()
        named = [f"{kind} in {masked(name)[:_CHARACTERS]}" for kind, name in zip(found["type"], relations, strict=True)]
        return Product(
            {
                "leaking": Ratio(len(leaking), len(kept)),
                "kinds": Tally(dict(found["type"].value_counts().rows())),
                "relations": RatioBy.of(pa.array(named, pa.string()), np.ones(len(named), bool)),
                "skipped": skipped,
                "worst": TopBy.of(
                    leaking["type"].list.len().to_numpy().astype(np.float64),
                    kept[ID].to_numpy()[leaking["row"].to_numpy()],
                    lambda at: ", ".join(leaking["type"][at]),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of triples with a finding."""
        leaking: Ratio = state["leaking"]
        kinds: dict[str, int] = state["kinds"].nonzero()
        value: Value = leaking.share("no record has a triple").with_(skipped=state["skipped"].nonzero())
        if not kinds:
            return value
        ranked = sorted(state["relations"].ratios.items(), key=lambda entry: (-entry[1][0], entry[0]))[:_SHOWN]
        counts = kinds | {relation: hits for relation, (hits, _) in ranked}
        parts = {name: Ratio(n, leaking.n).share() for name, n in counts.items()}
        plot = Bars(tuple(kinds), tuple(n / leaking.n for n in kinds.values()), "share of triples")
        return value.with_(parts=parts, plot=plot, evidence=state["worst"].evidence())


def _findings(triples: pa.RecordBatch, types: tuple[Type, ...]) -> pl.DataFrame:
    """Each type that a triple has: ``row`` and ``type``, in order."""
    spoken = pc.binary_join_element_wise(pc.replace_substring(triples["relation"], "_", " "), triples["tail"], ": ")
    quoted_tail = pc.binary_join_element_wise("", triples["tail"], "", '"')
    assigned = pc.binary_join_element_wise(triples["relation"], quoted_tail, ": ")
    found = []
    for texts, quoted in ((triples["head"], triples["head"]), (spoken, assigned)):
        found.append(personal_spans(texts, types).select("row", "type"))
        found.append(secrets(quoted).select(pl.col("row").cast(pl.Int64), pl.lit("secret").alias("type")))
    return pl.concat(found).unique().sort("row", "type")
