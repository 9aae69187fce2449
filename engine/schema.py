"""Modalities, dimensions, and the logical columns of a record of each modality.

A metric names logical columns; the plan maps them to the dataset's own once. Two columns are in every batch:
``_id`` (int64, see `record_id`) and ``_fault`` (string, null where the record could be read). Metrics that want the whole
record read ``payload`` (a struct of the modality's payload columns that the dataset has); those that read a relation's columns
may read ``_shard`` (the path of the record's shard) beside them.
"""

from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa


class Modality(StrEnum):
    """The rows of the survey's grid (arXiv 2601.17717)."""

    TEXT = "text"
    SYMBOLIC = "symbolic"
    TABULAR = "tabular"
    SEMISTRUCTURED = "semistructured"
    VISION_LANGUAGE = "vision_language"
    AGENT = "agent"


class Dimension(StrEnum):
    """The columns of the survey's grid; each modality has some of them, see `GRID`."""

    VALIDITY = "validity"
    EXECUTABILITY = "executability"
    FIDELITY = "fidelity"
    DIVERSITY = "diversity"
    UTILITY = "utility"
    FAITHFULNESS = "faithfulness"
    SAFETY = "safety"
    ROBUSTNESS = "robustness"
    PRIVACY = "privacy"
    FAIRNESS = "fairness"
    PROVENANCE = "provenance"
    RULE_VIOLATION = "rule_violation"
    ROUTE_INCOMPLETENESS = "route_incompleteness"
    SPEED_COMPLIANCE = "speed_compliance"


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


class Side(StrEnum):
    """Whose records: the data under audit, real data of the same kind, or real data the generator never saw."""

    SUBJECT = "subject"
    REFERENCE = "reference"
    HOLDOUT = "holdout"


_V, _E, _F, _D, _U = (
    Dimension.VALIDITY,
    Dimension.EXECUTABILITY,
    Dimension.FIDELITY,
    Dimension.DIVERSITY,
    Dimension.UTILITY,
)

GRID: dict[Modality, tuple[Dimension, ...]] = {
    Modality.TEXT: (_V, _F, _D, Dimension.FAITHFULNESS, Dimension.SAFETY, Dimension.ROBUSTNESS),
    Modality.SYMBOLIC: (_V, _F, _D, Dimension.FAITHFULNESS, Dimension.ROBUSTNESS),
    Modality.TABULAR: (_V, _F, _D, _U, Dimension.PRIVACY, Dimension.FAIRNESS),
    Modality.SEMISTRUCTURED: (_V, _F, _D, _U, Dimension.PRIVACY, Dimension.ROBUSTNESS),
    Modality.VISION_LANGUAGE: (_V, _F, _D, _U, Dimension.SAFETY, Dimension.PROVENANCE),
    Modality.AGENT: (
        _E,
        _F,
        _D,
        _U,
        Dimension.SAFETY,
        Dimension.RULE_VIOLATION,
        Dimension.ROUTE_INCOMPLETENESS,
        Dimension.SPEED_COMPLIANCE,
    ),
}
"""The survey's cells. Diversity of symbolic data is our extension: the survey has no such cell."""


@dataclass(frozen=True)
class Column:
    """One logical column: what it holds and the Arrow type every metric may rely on.

    ``payload`` marks what makes two records the same record: identifiers, labels and provenance do not.
    """

    name: str
    type: pa.DataType
    meaning: str
    payload: bool = False


MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
MESSAGES = pa.list_(MESSAGE)
TEXTS = pa.list_(pa.string())
ROW = "row"
PAYLOAD = "payload"
ID, FAULT, SHARD = "_id", "_fault", "_shard"
KIND = b"kind"
"""In the metadata of a row's field: what the plan says that the column holds."""
RECORD_TEXT = "$record"
"""As a physical column: the record's own bytes, decoded (a JSON line as it stands in the file)."""

_IDENTITY = (
    Column("id", pa.string(), "the dataset's own identifier of the record"),
    Column("source", pa.string(), "where the record came from: a file, a generator, a subset"),
    Column("dedup_rank", pa.float64(), "how much the record is wanted kept among its duplicates; higher is better"),
)

SCHEMAS: dict[Modality, tuple[Column, ...]] = {
    Modality.TEXT: (
        *_IDENTITY,
        Column("text", pa.string(), "the text under audit: a document, or what the model wrote", payload=True),
        Column("prompt", pa.string(), "what the model was asked"),
        Column("response", pa.string(), "what the model answered, where `prompt` is mapped too"),
        Column("messages", MESSAGES, "a conversation: role and content of each turn"),
        Column("context", pa.string(), "the document that `text` must be true to: what was summarised or asked about"),
        Column("samples", TEXTS, "other answers of the same model to the same prompt"),
        Column("chosen", pa.string(), "the preferred answer of a preference pair"),
        Column("rejected", pa.string(), "the other answer of a preference pair"),
        Column("language", pa.string(), "the declared language, ISO 639-1"),
    ),
    Modality.SYMBOLIC: (
        *_IDENTITY,
        Column("problem", pa.string(), "the task in words", payload=True),
        Column("code", pa.string(), "a program", payload=True),
        Column("solution", pa.string(), "a derivation: steps in words or formulas", payload=True),
        Column("answer", pa.string(), "the final answer", payload=True),
        Column("gold", pa.string(), "the answer known to be right, or the derivation that ends with it"),
        Column("samples", TEXTS, "other derivations of the same model for the same problem"),
        Column("tests", pa.string(), "a program that raises where `code`, run before it, is wrong"),
        Column("premises", TEXTS, "what is given, each a formula of first-order logic"),
        Column("conclusion", pa.string(), "what is claimed to follow, as a formula"),
        Column("label", pa.string(), "whether it follows: true, false or uncertain"),
        Column("template", pa.string(), "what the problem was made from; records of one differ in names and numbers alone"),
        Column("language", pa.string(), "the programming language of `code`"),
    ),
    Modality.TABULAR: (
        *_IDENTITY,
        Column(ROW, pa.struct([]), "the whole row: a struct of the dataset's own columns", payload=True),
    ),
    Modality.SEMISTRUCTURED: (
        *_IDENTITY,
        Column("json", pa.string(), "one JSON document as text", payload=True),
        Column("schema", pa.string(), "the JSON Schema that the document should obey, as text"),
        Column("log", pa.string(), "one line of a log, as it stands or without its header", payload=True),
        Column("template", pa.string(), "the template known to be right for the line, parameters as <*>"),
        Column("parsed_template", pa.string(), "the template that a parser gave the line"),
        Column("graph", pa.string(), "one graph as text: node-link JSON, a list of pairs, or lines of two nodes", payload=True),
        Column("label", pa.string(), "the class of the graph or document; of a log line, whether it is an anomaly"),
        Column("triple", pa.string(), "one triple of a knowledge graph: its three parts with tabs between, or as a JSON list"),
        Column("head", pa.string(), "the subject of a triple", payload=True),
        Column("relation", pa.string(), "the predicate of a triple", payload=True),
        Column("tail", pa.string(), "the object of a triple", payload=True),
    ),
    Modality.VISION_LANGUAGE: (
        *_IDENTITY,
        Column("image", pa.binary(), "the encoded image", payload=True),
        Column("video", pa.binary(), "the encoded clip", payload=True),
        Column("caption", pa.string(), "the text that goes with it", payload=True),
        Column("captions", TEXTS, "several texts that go with it, of which `caption`, where it is not mapped, is the first"),
        Column(
            "messages",
            MESSAGES,
            "a conversation about it; `caption`, where it is not mapped, is what the assistant says",
        ),
        Column("label", pa.string(), "what class it is of"),
        Column("path", pa.string(), "the name of its file, whose extension says its format"),
        Column("source_uri", pa.string(), "where it was taken from"),
        Column("licence", pa.string(), "the licence that it is under, as an SPDX expression"),
        Column("created", pa.string(), "when it was made, as ISO 8601"),
        Column("generator", pa.string(), "what made it, with its version"),
        Column("prompt", pa.string(), "what the generator was asked for"),
        Column("parent_id", pa.string(), "the `id` of the record that it was made from"),
        Column("sha256", pa.string(), "the SHA-256 of its bytes, as the dataset states it"),
    ),
    Modality.AGENT: (
        *_IDENTITY,
        Column("trajectory", pa.string(), "the steps as a JSON list: messages, tool calls, results", payload=True),
        Column("query", pa.string(), "what the agent was asked, in words", payload=True),
        Column("calls", pa.string(), "the tool calls that answer, where there is no trajectory: JSON or Python", payload=True),
        Column("tools", pa.string(), "the tools on offer as a JSON list of definitions", payload=True),
        Column("gold", pa.string(), "the tool calls known to be right: as `calls`, or BFCL's possible answers"),
        Column("task", pa.string(), "which task the episode is a try at: records of one task are its trials"),
        Column("reward", pa.float64(), "what the environment gave for the episode"),
        Column("error", pa.string(), "what broke outside the agent: such an episode says nothing of it"),
        Column("state", pa.string(), "what the environment starts from, as JSON"),
        Column("final_state", pa.string(), "what the environment was left in, as JSON"),
        Column("goals", pa.string(), "the sub-goals of the task and which of them were reached, as JSON"),
        Column("page", pa.string(), "the page that a GUI step was taken on, as HTML"),
        Column("raw_page", pa.string(), "that page before it was cleaned"),
        Column("action", pa.string(), "the GUI step: its operation as JSON, or as a call"),
        Column("element", pa.string(), "the element that the step acts on: an id, or candidates as JSON"),
        Column("gold_action", pa.string(), "the GUI step known to be right"),
        Column("gold_element", pa.string(), "the elements that are right, as `element`"),
        Column(
            "drive",
            pa.string(),
            "what a simulator wrote of a drive: a route record of CARLA, KING or SafeBench, as JSON",
            payload=True,
        ),
        Column(
            "telemetry",
            pa.string(),
            "signals over time, as JSON: lists by name beside `t`, rows, or each with its own clock",
            payload=True,
        ),
        Column("expert", pa.string(), "the drive known to be right, as `telemetry`"),
        Column("actors", pa.string(), "the other road users as JSON: for each its class, size and states over time"),
        Column("route", pa.string(), "the path to follow: points [x, y] as JSON, or a route of CARLA's XML"),
        Column("scenario", pa.string(), "what is to be driven: a route of CARLA's XML, or OpenSCENARIO", payload=True),
    ),
}

_ROW_BITS = 36


def record_id(unit: int, row: int) -> int:
    """A record's id: the ordinal of its unit in the manifest and its row in the unit, in one int64.

    Ids sort in manifest order. 2**27 units of 2**36 rows fit.

    >>> split_id(record_id(3, 14))
    (3, 14)
    """
    return unit << _ROW_BITS | row


def split_id(record: int) -> tuple[int, int]:
    """The unit ordinal and the row of a record id."""
    return record >> _ROW_BITS, record & ((1 << _ROW_BITS) - 1)


def payload_columns(modality: Modality) -> tuple[str, ...]:
    """The logical columns that make two records the same record.

    >>> payload_columns(Modality.VISION_LANGUAGE)
    ('image', 'video', 'caption')
    """
    return tuple(column.name for column in SCHEMAS[modality] if column.payload)
