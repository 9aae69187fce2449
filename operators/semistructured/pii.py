"""Personal data and secrets in JSON documents, and at which paths."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from engine.masking import masked
from engine.metric import Metric
from engine.schema import ID, Dimension, Direction
from engine.state import Product, Ratio, RatioBy, Tally, TopBy
from engine.value import Bars, Value
from operators.kernels import json_paths
from operators.kernels.buffers import strings
from operators.kernels.json_paths import Nodes
from operators.kernels.json_syntax import check
from operators.pii.spans import COUNTED, Type, personal_spans
from operators.text.secrets import secrets

_MAX_DEPTH = 128
_SHOWN = 20


@dataclass(frozen=True)
class Pii(Metric[Product]):
    """The share of documents with personal data or a secret in a key or a value.

    ``documents with a finding / documents``. What counts is what `text.pii` and `text.secrets` count. Each value is looked at
    with its key before it (``ssn: 078-05-1121``, underscores as spaces), elements of an array with the array's key: so that
    words that a number needs beside it may stand in the key, as does ``password``. Strings are unescaped, and whole numbers are
    looked at as they are written. What is personal only together (a name in one field, its owner's town in the next) is not
    put together.

    Parts: the shares of documents with each type (``secret`` is any key, token or password), with a finding ``in keys`` and
    ``in values``, and with each type at each path (``email_address at $.users[].mail``; the 20 most frequent). A path is
    shown without what was found in it. Skipped: null, documents that are not strict JSON and those of more than 262,144
    values.

    0 to 1, lower is better, Wilson interval. Evidence names the types and paths, and shows nothing of what was found. Cost:
    about 15 MB/s a core.

    >>> texts = ['{"user": {"mail": "ann@mail.org"}}', '{"a": [{"password": "correct-h0rse-Battery"}]}', '{"n": 1}', "{}"]
    >>> batch = pa.RecordBatch.from_pydict({"_id": range(4), "_fault": pa.nulls(4, pa.string()), "json": texts})
    >>> value = Pii().value(Pii().fold(batch))
    >>> value.value, [name for name in value.parts if " at " in name]
    (0.5, ['email_address at $.user.mail', 'secret at $.a[].password'])

    Source: The LLM Data Auditor (arXiv 2601.17717), semi-structured privacy; `text.pii`, `text.secrets`.
    """

    types: tuple[Type, ...] = COUNTED

    dimension: ClassVar[Dimension] = Dimension.PRIVACY
    reads: ClassVar[tuple[str, ...]] = ("json",)
    unit: ClassVar[str] = "share of documents"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 2601.17717, semi-structured privacy"

    def zero(self) -> Product:
        """No documents."""
        return Product(
            {"leaking": Ratio(), "kinds": Tally(), "paths": RatioBy(), "skipped": Tally(), "worst": TopBy()},
        )

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Look at every key and value."""
        texts = strings(batch["json"])
        codes, _ = check(texts.offsets, texts.data, _MAX_DEPTH)
        found, cut = json_paths.nodes(texts, texts.valid & (codes == 0))
        skipped = {"no document": ~texts.valid, "not strict JSON": texts.valid & (codes != 0), "too many values": cut}
        counts = {reason: int(np.count_nonzero(rows)) for reason, rows in skipped.items()}
        findings = _findings(found, texts.data, self.types)
        leaking = findings.group_by("row", maintain_order=True).agg("type", "path")
        places = findings.unique(["row", "type", "path"], maintain_order=True)
        rows = leaking["row"].to_numpy()
        return Product(
            {
                "leaking": Ratio(len(leaking), len(batch) - sum(counts.values())),
                "kinds": Tally({**_documents(findings, "type"), **_documents(findings, "where")}),
                "paths": RatioBy.of((places["type"] + " at " + places["path"]).to_arrow(), np.ones(len(places), bool)),
                "skipped": Tally({reason: n for reason, n in counts.items() if n}),
                "worst": TopBy.of(
                    leaking["type"].list.len().to_numpy().astype(np.float64),
                    batch[ID].to_numpy()[rows],
                    lambda at: ", ".join(dict.fromkeys(f"{t} at {p}" for t, p in zip(*leaking.row(at)[1:], strict=True)))[:200],
                ),
            }
        )

    def value(self, state: Product) -> Value:
        """The share of documents with a finding."""
        leaking: Ratio = state["leaking"]
        skipped = state["skipped"].nonzero()
        value: Value = leaking.share("no record has a JSON document")
        if value.value is None:
            return value.with_(skipped=skipped)
        kinds: dict[str, int] = state["kinds"].nonzero()
        ranked = sorted(state["paths"].ratios.items(), key=lambda entry: (-entry[1][0], entry[0]))[:_SHOWN]
        parts = {kind: Ratio(n, leaking.n).share() for kind, n in kinds.items()}
        parts |= {place: Ratio(hits, leaking.n).share() for place, (hits, _) in ranked}
        plot = Bars(tuple(p for p, _ in ranked), tuple(n / leaking.n for _, (n, _) in ranked), "share of documents")
        return value.with_(skipped=skipped, parts=parts, plot=plot if ranked else None, evidence=state["worst"].evidence())


def _documents(findings: pl.DataFrame, column: str) -> dict[str, int]:
    """How many documents have each of a column's values."""
    return dict(findings.unique(["row", column])[column].value_counts().rows())


def _findings(found: Nodes, data: NDArray[np.uint8], types: tuple[Type, ...]) -> pl.DataFrame:
    """What was found: ``row`` of the document, ``type``, ``where`` and ``path``."""
    texts, nodes, begins = json_paths.labelled(found, data, False)
    personal = personal_spans(texts, types).select("row", "type", "stop")
    quoted, _, _ = json_paths.labelled(found, data, True)
    kept = secrets(quoted).select(pl.col("row").cast(pl.Int64), pl.lit("secret").alias("type"), pl.lit(1 << 40).alias("stop"))
    every = pl.concat([personal, kept])
    at = every["row"].to_numpy()
    in_key = every["stop"].to_numpy() < begins[at]
    own = found.key[nodes[at], 0] >= 0
    paths = {(node, hidden): _shown(found, data, node, hidden) for node, hidden in zip(nodes[at].tolist(), in_key, strict=True)}
    placed = every.with_columns(
        row=pl.Series(found.row[nodes[at]]),
        where=pl.Series(np.where(in_key, "in keys", "in values"), dtype=pl.String),
        path=pl.Series([paths[pair] for pair in zip(nodes[at].tolist(), in_key, strict=True)], dtype=pl.String),
    )
    # the key of an array is looked at with the array itself, not again with each element
    return placed.filter(pl.Series(~in_key | own)).sort("row", maintain_order=True)


def _shown(found: Nodes, data: NDArray[np.uint8], node: int, hidden: bool) -> str:
    path = json_paths.steps(found, data, node)
    return masked(json_paths.shown([*path[:-1], "•••"] if hidden else path))
