"""A plan: what to audit, beside what, and with which metrics. TOML in, canonical JSON and a fingerprint out."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine import __version__, catalog
from engine.errors import PlanError, nearest
from engine.feature import Feature
from engine.relation import Relation
from engine.schema import Side
from engine.source.dataset import Dataset
from engine.storage.names import redacted


class Plan(BaseModel):
    """Everything that decides the report's bytes; nothing about where or how fast it runs.

    Args:
        name: shown in the report.
        use: judge fitness for this use (see ``operators/uses.toml``).
        subject: the data under audit.
        reference: real data of the same kind; takes modality, limits, types and those of the subject's columns that it has too
            from the subject, where it states none.
        holdout: real data that the generator never saw.
        metrics: parameters by metric name; None asks for every metric that the data allows.
        relations: parameters of what needs the whole corpus, by name ("near_groups").
        known: OUT folders of finished audits: the subject is compared with what they kept, and their data is not read again.
        features: parameters of what is computed of each record by itself, by name ("text_embedding").
        cache: a folder, on any fsspec filesystem, where features that cost much are kept for all audits; default: OUT.
        unit_bytes: the size of the runs of records that are processed and committed together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "audit"
    use: str | None = None
    subject: Dataset
    reference: Dataset | None = None
    holdout: Dataset | None = None
    metrics: Mapping[str, Mapping[str, Any]] | None = None
    relations: Mapping[str, Mapping[str, Any]] = {}
    known: tuple[str, ...] = ()
    features: Mapping[str, Mapping[str, Any]] = {}
    cache: str | None = None
    unit_bytes: Annotated[int, Field(ge=1)] = 128 * 1024 * 1024

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, document: Any) -> Any:
        subject = document.get("subject")
        if not isinstance(subject, dict):
            return document
        inherited = {key: subject[key] for key in ("modality", "limits", "types") if key in subject}
        sides = {s: {**inherited, **document[s]} for s in ("reference", "holdout") if isinstance(document.get(s), dict)}
        return {**document, **sides}

    @model_validator(mode="after")
    def _known_metrics(self) -> "Plan":
        for name, parameters in (self.metrics or {}).items():
            catalog.metric(name, dict(parameters))
            if not catalog.applies_to(name, self.subject.modality):
                raise PlanError(f"metric '{name}' is not for {self.subject.modality} data; leave it out of [metrics]")
        for name in self.relations:
            self.relation(f"relations.{name}")
        for name in self.features:
            self.feature(f"features.{name}")
        return self

    def relation(self, name: str) -> Relation:
        """A relation with its parameters, by its catalogue name."""
        return catalog.relation(name, dict(self.relations.get(name.removeprefix("relations."), {})))

    def feature(self, name: str) -> Feature:
        """A feature with its parameters, by its catalogue name."""
        return catalog.feature(name, dict(self.features.get(name.removeprefix("features."), {})))

    def dataset(self, side: Side) -> Dataset | None:
        """The dataset of a side."""
        dataset: Dataset | None = getattr(self, side.value)
        return dataset

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that the plan has, the subject first."""
        return tuple(side for side in Side if self.dataset(side) is not None)

    def document(self) -> dict[str, Any]:
        """The plan as plain JSON values, without ``cache``: where columns are kept decides nothing; no URL tells a secret."""
        document: dict[str, Any] = redacted(self.model_dump(mode="json", exclude={"cache"}))
        return document


def load(path: str | Path) -> Plan:
    """The plan in a TOML file. Relative data paths are relative to the file.

    Raises:
        PlanError: for a file that cannot be read, is not TOML, or is not a plan; names the key and what is nearest.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PlanError(f"there is no plan at {path}; `auditor init DATA` writes one") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path} cannot be read as TOML: {error}") from error
    return parse(document, folder=path.resolve().parent, where=str(path))


def parse(document: Mapping[str, Any], folder: Path | None = None, where: str = "the plan") -> Plan:
    """The plan in a plain document.

    Raises:
        PlanError: names the first key that is wrong.
    """
    document = dict(document)
    if folder is not None:
        for side in Side:
            if isinstance(document.get(side.value), dict):
                document[side.value] = _anchored(document[side.value], folder)
        if isinstance(document.get("known"), list):
            document["known"] = [_anchor(item, folder) if isinstance(item, str) else item for item in document["known"]]
        if isinstance(document.get("cache"), str):
            document["cache"] = _anchor(document["cache"], folder)
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        raise PlanError(f"{where}: {_first_error(error)}") from error


def canonical(document: Any) -> str:
    """JSON with sorted keys and no spaces: equal documents, equal text."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def fingerprint(plan: Plan, versions: Mapping[str, int], identities: Mapping[str, Any]) -> str:
    """16 hex digits that name the plan together with the versions of all that computes it, and the models behind that."""
    identity = {"plan": plan.document(), "versions": dict(versions), "models": dict(identities), "auditor": __version__}
    return hashlib.sha256(canonical(identity).encode()).hexdigest()[:16]


def differences(old: Any, new: Any, where: str = "") -> list[str]:
    """Where two plain documents differ, a line each.

    >>> differences({"a": {"b": 1}, "c": 2}, {"a": {"b": 3}, "c": 2})
    ['a.b: 1 -> 3']
    """
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted({*old, *new})
        return [line for key in keys for line in differences(old.get(key), new.get(key), f"{where}.{key}".lstrip("."))]
    return [] if old == new else [f"{where}: {json.dumps(old)} -> {json.dumps(new)}"]


def _anchored(dataset: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    path = dataset.get("path")
    if isinstance(path, str):
        return {**dataset, "path": _anchor(path, folder)}
    if isinstance(path, list):
        return {**dataset, "path": [_anchor(item, folder) if isinstance(item, str) else item for item in path]}
    return dict(dataset)


def _anchor(path: str, folder: Path) -> str:
    return path if "://" in path or "::" in path or Path(path).is_absolute() else str(folder / path)


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the document"
    if first["type"] == "extra_forbidden":
        key = str(first["loc"][-1])
        known = [*Plan.model_fields] if len(first["loc"]) == 1 else [*Dataset.model_fields]
        return f"'{where}' is not a setting{nearest(key, known)}"
    return f"'{where}': {first['msg']}"
