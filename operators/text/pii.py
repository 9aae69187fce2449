"""Personal data in texts."""

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask
from operators.pii.spans import COUNTED, Type, personal_spans

_SHOWN = 3
_LONGEST = 60


@dataclass(frozen=True)
class Pii(Metric[Product]):
    """The share of texts with personal data in them: what reaches, identifies or pays for one person.

    ``texts with a span of one of the types / texts``. Parts are the share of texts with each type and how many spans of it
    1,000 texts have. Spans do not overlap: the surer one stays, then the longer one.

    A number counts where its arithmetic and its surroundings say so. Payment cards: an issuer's prefix and length, and Luhn's
    digit (any length from 12 to 19 beside a word such as card). IBANs: the country's length, modulo 97. Bitcoin and Ethereum
    addresses: their hashes. US social security numbers: the agency's ranges, in hyphens or beside the word. NHS, SIN, TFN,
    Steuer-ID and Aadhaar numbers and CPFs without points: check digits and a word beside them, for one number in ten has the
    digit; French NIRs, Spanish NIFs, Italian codici fiscali: check digits alone; UK NINOs: the shape. Telephones: a plus and a
    country's code, the North American form, or seven digits and more beside a word such as phone. IP addresses that the
    Internet routes, and addresses of devices. Dates of birth, driving licences and passports after the words for them, streets
    with a house number. What is made up for examples does not count (example.com, 078-05-1120, 555-0100, 123-456-7890).

    ``types`` chooses others: ``postal_code`` after the words for it, ``person_name`` (only after Mr, Dr and the like, or "my
    name is": others are not found without a model of the language, so this is a floor), and ``url`` count where they are
    asked for. Places, organisations, ages and names without a title are not measured. Public people's dates of birth and
    shops' telephones count like anybody's. Skipped: null.

    0 to 1, lower is better, Wilson interval. Evidence names the types and shows no letter or digit of what was found. Cost: one
    pass over the bytes and one search for words; regular expressions in linear time on the few stretches that are left.

    >>> texts = ["Card 4111 1111 1111 1111", "Card 4111 1111 1111 1112", "write to ann@mail.org", "2001-2002"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "text": texts})
    >>> value = Pii().value(Pii().fold(batch))
    >>> value.value, value.parts["credit_card"].value, value.parts["credit_card per 1,000 texts"].value, value.evidence[0].note
    (0.5, 0.25, 250.0, 'credit card •••• •••• •••• ••••')

    Source: The LLM Data Auditor (arXiv 2601.17717), text safety; Presidio, recognisers with checksums; Subramani et al. 2023
    (Detecting Personal Information in Training Corpora), section 3.
    """

    types: tuple[Type, ...] = COUNTED

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "share of texts"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, text safety"

    def zero(self) -> Product:
        """No texts."""
        return Product({"leaking": Ratio(), "texts": Tally(), "spans": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the personal data of each text."""
        texts = batch["text"]
        found = personal_spans(texts, self.types)
        n = int(np.count_nonzero(valid_mask(texts)))
        leaking = found.group_by("row", maintain_order=True).agg("type", "start", "stop")
        rows = leaking["row"].to_numpy()
        return Product(
            {
                "leaking": Ratio(len(rows), n),
                "texts": Tally(dict(found.unique(["row", "type"])["type"].value_counts().rows())),
                "spans": Tally(dict(found["type"].value_counts().rows())),
                "skipped": Tally({"no text": batch.num_rows - n} if n < batch.num_rows else {}),
                "worst": TopBy.of(
                    leaking["type"].list.len().to_numpy().astype(np.float64),
                    batch[ID].to_numpy()[rows],
                    lambda at: _note(texts[int(rows[at])].as_py(), leaking[at]),
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of texts with personal data."""
        leaking: Ratio = state["leaking"]
        skipped = state["skipped"].nonzero()
        value: Value = leaking.share("no record has a text")
        if value.value is None:
            return value.with_(skipped=skipped)
        n, counts = leaking.n, state["texts"].nonzero()
        parts = {kind: Ratio(count, n).share() for kind, count in counts.items()}
        parts |= {
            f"{kind} per 1,000 texts": Value.exact(1000 * count / n, n) for kind, count in state["spans"].nonzero().items()
        }
        plot = Bars(tuple(counts), tuple(count / n for count in counts.values()), "share of texts") if counts else None
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


def _note(text: str, spans: pl.DataFrame) -> str:
    """The types of a text and the first span of each, blotted out."""
    first: dict[str, tuple[int, int]] = {}
    for kind, start, stop in zip(*(spans[name][0] for name in ("type", "start", "stop")), strict=True):
        first.setdefault(kind, (start, stop))
    shown = [f"{kind.replace('_', ' ')} {blotted(text[slice(*place)])[:_LONGEST]}" for kind, place in first.items()]
    more = f", {len(shown) - _SHOWN} more types" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + more


def blotted(text: str) -> str:
    """A text of which only spaces and punctuation are left.

    >>> blotted("ann@mail.org")
    '•••@••••.•••'
    """
    return re.sub(r"\w", "•", " ".join(text.split()))
