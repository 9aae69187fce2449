"""What a plan says about data: where it is, of which modality, and which of its columns play which part."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine.errors import PlanError, nearest
from engine.schema import RECORD_TEXT, ROW, SCHEMAS, Modality
from engine.storage.names import redact

Format = Literal[
    "parquet",
    "arrow",
    "hf",
    "jsonl",
    "json_array",
    "csv",
    "tsv",
    "text",
    "webdataset",
    "images",
    "edgelist",
    "npz",
    "tudataset",
    "triples",
    "xml",
    "telemetry",
]
Origin = str | tuple[str, ...]
"""The dataset's own column behind a logical one: a name, a dotted path, names to join, or ``$record``."""

Kind = Annotated[str, Field(pattern=r"^(number|datetime(:.+)?|category|boolean|text|id)$")]
"""What a column of a table holds. ``datetime:%d.%m.%Y`` says how its times are written, where that is not ISO 8601."""

_MIB = 1024 * 1024


class Limits(BaseModel):
    """What untrusted data may cost. Whatever is over a limit is refused and counted, never loaded.

    Args:
        record_bytes: the longest record; a longer line, row, element or archive member is a fault of that record.
        json_depth: the deepest nesting of JSON.
        image_pixels: the largest image, by its header.
        archive_members: the most members of an archive.
        archive_bytes: the most bytes that one compressed shard or archive may give.
        expansion: the greatest ratio of decompressed to compressed bytes, looked at after the first 64 MiB.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    record_bytes: Annotated[int, Field(ge=1)] = 16 * _MIB
    json_depth: Annotated[int, Field(ge=1, le=1000)] = 128
    image_pixels: Annotated[int, Field(ge=1)] = 178_956_970
    archive_members: Annotated[int, Field(ge=1)] = 10_000_000
    archive_bytes: Annotated[int, Field(ge=1)] = 64 * 1024 * _MIB
    expansion: Annotated[float, Field(ge=1)] = 1000


class Dataset(BaseModel):
    """Data to read: a file, a folder, a glob or any fsspec URL, or a list of them.

    Args:
        path: where it is.
        modality: which logical columns it has (`engine.schema.SCHEMAS`).
        columns: logical column -> the dataset's own: a name, a dotted path ("a.b"), a list of names (texts joined with a
            blank line) or ``$record``. A logical column that is not mapped is taken from the column of the same name.
        types: a table's own column -> what it holds: number, datetime, category, boolean, text or id. What is left out is
            found from its cells. They travel to the metrics as metadata of the row's fields.
        format: where neither extension nor magic bytes tell it.
        limits: what untrusted data may cost.

    >>> Dataset(path="a.jsonl", modality="text", columns={"text": "body"}).columns["text"]
    'body'
    >>> Dataset(path="a.jsonl", modality="text", columns={"txet": "body"})
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: text data has no logical column 'txet'; did you mean 'text' or 'context'?
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | tuple[str, ...]
    modality: Modality
    columns: Mapping[str, Origin] = {}
    types: Mapping[str, Kind] = {}
    format: Format | None = None
    limits: Limits = Limits()

    @model_validator(mode="after")
    def _known_columns(self) -> "Dataset":
        known = [column.name for column in SCHEMAS[self.modality]]
        for name in self.columns:
            if name not in known:
                hint = nearest(name, known) or f"; it has {', '.join(known)}"
                raise PlanError(f"{self.modality} data has no logical column '{name}'{hint}")
        if self.columns.get(ROW) == RECORD_TEXT:
            raise PlanError("a table's row is its columns: leave 'row' out of columns, or list the ones that count")
        if self.types and self.modality is not Modality.TABULAR:
            raise PlanError(f"{self.modality} data has no types: they are for the columns of tables")
        return self

    @model_validator(mode="after")
    def _told_apart(self) -> "Dataset":
        shown: dict[str, str] = {}
        for path in self.paths:
            if shown.setdefault(redact(path), path) != path:
                raise PlanError(
                    f"two paths of a dataset are {redact(path)} but for what no report tells, a user or a query: give one"
                )
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths, also where there is only one."""
        return (self.path,) if isinstance(self.path, str) else self.path
