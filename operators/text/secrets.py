"""Keys, tokens and passwords in texts."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa

from engine.masking import PLACEHOLDER, SECRETS, masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels.buffers import valid_mask

_LEAST_ENTROPY = 3.0
_SHOWN = 12


@dataclass(frozen=True)
class Secrets(Metric[Product]):
    """The share of texts with a secret in them: a key, a token, a password.

    ``texts with a secret / texts``. A secret is what has the shape that a provider documents for its keys (`engine.masking`:
    cloud keys, tokens of code hosts and model providers, private keys, JSON web tokens, passwords in URLs), or a quoted value
    of a name such as ``password`` or ``api_key`` whose characters have at least 3 bits of entropy. What documentation makes
    up (``EXAMPLE``, ``your_``, ``xxx``, ``<``) does not count, except in private keys and JSON web tokens. Parts are the
    shares of texts with each kind. Whether a key still opens anything is not known. Skipped: null.

    0 to 1, lower is better, Wilson interval. Evidence shows four characters of a secret, and no report shows more. Cost:
    a search in linear time for each kind, together about 200 MB/s a core.

    >>> texts = ["key = AKIAQWERTYUIOPASDFGH", "AKIAIOSFODNN7EXAMPLE", "no key", 'password = "correct-h0rse-Battery"']
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "text": texts})
    >>> value = Secrets().value(Secrets().fold(batch))
    >>> value.value, sorted(value.parts), value.evidence[0].note
    (0.5, ['assigned', 'aws_access_key'], 'aws access key AKIA••••••••')

    Source: The LLM Data Auditor (arXiv 2601.17717), text safety; Meli et al. 2019 (How Bad Can It Git?), section III.
    """

    dimension: ClassVar[Dimension] = Dimension.SAFETY
    reads: ClassVar[tuple[str, ...]] = ("text",)
    unit: ClassVar[str] = "share of texts"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, text safety"

    def zero(self) -> Product:
        """No texts."""
        return Product({"leaking": Ratio(), "kinds": Tally(), "skipped": Tally(), "worst": TopBy()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Find the secrets of each text."""
        found = secrets(batch["text"])
        n = int(np.count_nonzero(valid_mask(batch["text"])))
        leaking = found.group_by("row", maintain_order=True).agg("kind", "secret")
        rows, kinds, texts = (leaking[name].to_list() for name in ("row", "kind", "secret"))
        counts = found.unique(["row", "kind"])["kind"].value_counts().rows()
        return Product(
            {
                "leaking": Ratio(len(rows), n),
                "kinds": Tally(dict(counts)),
                "skipped": Tally({"no text": batch.num_rows - n} if n < batch.num_rows else {}),
                "worst": TopBy.of(
                    np.array([len(of) for of in kinds], np.float64),
                    batch[ID].to_numpy()[rows],
                    lambda at: f"{kinds[at][0].replace('_', ' ')} {masked(texts[at][0])[:_SHOWN]}",
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of texts with a secret."""
        leaking: Ratio = state["leaking"]
        skipped = state["skipped"].nonzero()
        value: Value = leaking.share("no record has a text")
        if value.value is None:
            return value.with_(skipped=skipped)
        counts: dict[str, int] = state["kinds"].nonzero()
        parts = {kind: Ratio(count, leaking.n).share() for kind, count in counts.items()}
        plot = Bars(tuple(counts), tuple(count / leaking.n for count in counts.values()), "share of texts") if counts else None
        return value.with_(skipped=skipped, parts=parts, plot=plot, evidence=state["worst"].evidence())


_HINTS = {"private_key": "PRIVATE KEY"}
_NONE = pl.DataFrame(schema={"row": pl.get_index_type(), "kind": pl.String, "secret": pl.List(pl.String)})
_GENUINE = ("private_key", "json_web_token")


def secrets(texts: pa.Array) -> pl.DataFrame:
    """The secrets of some texts: ``row``, ``kind`` and ``secret``, in order of row and kind.

    >>> secrets(pa.array(["a AKIAQWERTYUIOPASDFGH b", None])).rows()
    [(0, 'aws_access_key', 'AKIAQWERTYUIOPASDFGH')]
    """
    frame = pl.DataFrame({"text": pl.Series(texts, dtype=pl.String)}).with_row_index("row")
    pieces = [_of_kind(frame, kind, pattern) for kind, pattern in SECRETS.items()]
    found = pl.concat(pieces).filter(pl.col("kind").is_in(_GENUINE) | ~pl.col("secret").str.contains(PLACEHOLDER))
    values = found["secret"].str.extract(r"[\"']([^\"']+)[\"']$")
    random = values.replace_strict(
        {value: entropy(value) >= _LEAST_ENTROPY for value in values.unique().drop_nulls()}, default=True
    )
    return found.filter((pl.col("kind") != "assigned") | random).sort("row", maintain_order=True)


def _of_kind(frame: pl.DataFrame, kind: str, pattern: str) -> pl.DataFrame:
    """What looks like a secret of one kind.

    Each kind is told by fixed letters, which a search for it alone skips to: two hundred times as fast as one search for all
    at once. The pattern of private keys alone takes longer to compile than a batch to search.
    """
    hint, text = _HINTS.get(kind), pl.col("text")
    suspects = frame.filter(text.str.contains(hint, literal=True)) if hint else frame.filter(text.str.contains(pattern))
    found = suspects.select("row", kind=pl.lit(kind), secret=text.str.extract_all(pattern)) if len(suspects) else _NONE
    return found.explode("secret").drop_nulls()


def entropy(text: str) -> float:
    """Bits a character, by how often each stands in the text.

    >>> entropy("aabb"), entropy("abcdefgh")
    (1.0, 3.0)
    """
    shares = [count / len(text) for count in Counter(text).values()]
    return math.fsum(-share * math.log2(share) for share in shares)
