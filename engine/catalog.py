"""What can be measured. A metric's name is its module's path; listing the names imports no metric.

>>> "corpus.exact_duplicates" in metric_names()
True
"""

import inspect
from dataclasses import fields
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from engine.errors import PlanError, nearest
from engine.feature import Feature
from engine.metric import Fold
from engine.relation import Relation
from engine.schema import Modality

CORPUS = "corpus"
FAMILIES = (*(modality.value for modality in Modality), CORPUS)

T = TypeVar("T")


@cache
def metric_names() -> tuple[str, ...]:
    """Every metric's name, in order."""
    return tuple(sorted(f"{family}.{name}" for family in FAMILIES for name in _modules(family)))


@cache
def metric_class(name: str) -> type[Fold[Any]]:
    """The class behind a metric's name.

    Raises:
        PlanError: when there is no such metric, with the nearest names.
    """
    if name not in metric_names():
        raise PlanError(f"there is no metric '{name}'{nearest(name, metric_names())}; `auditor metrics` lists them all")
    return _only_class(f"operators.{name}", Fold)  # type: ignore[type-abstract]


def metric(name: str, parameters: dict[str, Any] | None = None) -> Fold[Any]:
    """A metric with its parameters checked.

    Raises:
        PlanError: for an unknown metric or parameter, or a parameter of the wrong type or size.

    >>> metric("text.distinct_n", {"siez": 3})
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: metric 'text.distinct_n' has no parameter 'siez'; did you mean 'size'?
    """
    return _built("metric", name, metric_class(name), parameters)


def relation(name: str, parameters: dict[str, Any] | None = None) -> Relation:
    """A relation with its parameters checked.

    Raises:
        PlanError: as `metric`.

    >>> relation("relations.near_groups", {"threshold": 2})
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: relation 'near_groups', parameter 'threshold': Input should be less than or equal to 1
    """
    short = [known.removeprefix("relations.") for known in relations()]
    if name not in relations():
        raise PlanError(
            f"there is no relation '{name.removeprefix('relations.')}'{nearest(name, short)}; there are {', '.join(short)}"
        )
    return _built("relation", name.removeprefix("relations."), relations()[name], parameters)


def feature(name: str, parameters: dict[str, Any] | None = None) -> Feature:
    """A feature with its parameters checked.

    Raises:
        PlanError: as `metric`.

    >>> feature("features.wrods")
    Traceback (most recent call last):
    ...
    engine.errors.PlanError: there is no feature 'wrods'; did you mean 'words'?
    """
    short = name.removeprefix("features.")
    if name not in features():
        raise PlanError(
            f"there is no feature '{short}'{nearest(short, [known.removeprefix('features.') for known in features()])}"
        )
    return _built("feature", short, features()[name], parameters)


def _built(kind: str, name: str, cls: type[T], parameters: dict[str, Any] | None) -> T:
    known = [field.name for field in fields(cls)]  # type: ignore[arg-type]
    for parameter in parameters or {}:
        if parameter not in known:
            hint = _elsewhere(cls, parameter) or nearest(parameter, known)
            hint = hint or (f"; it has {', '.join(known)}" if known else "; it has none")
            raise PlanError(f"{kind} '{name}' has no parameter '{parameter}'{hint}")
    if not parameters:
        return cls()
    try:
        built: T = _adapter(cls).validate_python(parameters)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PlanError(f"{kind} '{name}', parameter '{where}': {first['msg']}") from error
    return built


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _elsewhere(cls: type, parameter: str) -> str:
    """Where a parameter of what a metric or relation reads belongs."""
    for name, other in relations().items():
        if {*getattr(cls, "reads", ())} & {*other.writes} and parameter in [field.name for field in fields(other)]:  # type: ignore[arg-type]
            return f"; it is one of [relations.{name.removeprefix('relations.')}]"
    return ""


def name_of(operator: object) -> str:
    """The catalogue name of a metric, feature or relation, or of its class: never an import path."""
    cls = operator if inspect.isclass(operator) else type(operator)
    return cls.__module__.removeprefix("operators.")


@cache
def features() -> dict[str, type[Feature]]:
    """Feature classes by name."""
    return {f"features.{name}": _only_class(f"operators.features.{name}", Feature) for name in _modules("features")}  # type: ignore[type-abstract]


@cache
def relations() -> dict[str, type[Relation]]:
    """Relation classes by name."""
    return {f"relations.{name}": _only_class(f"operators.relations.{name}", Relation) for name in _modules("relations")}  # type: ignore[type-abstract]


def applies_to(name: str, modality: Modality) -> bool:
    """Whether a metric is for records of a modality."""
    return name.split(".")[0] in (modality.value, CORPUS)


def _modules(family: str) -> list[str]:
    spec = find_spec("operators")
    if spec is None or not spec.submodule_search_locations:
        raise PlanError("the package 'operators' is not importable; run from the checkout or install llm-data-auditor")
    folder = Path(next(iter(spec.submodule_search_locations))) / family
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def _only_class(module_name: str, base: type[T]) -> type[T]:
    module = import_module(module_name)
    found = [
        item
        for item in vars(module).values()
        if inspect.isclass(item) and item.__module__ == module_name and issubclass(item, base) and not inspect.isabstract(item)
    ]
    if len(found) != 1:
        raise PlanError(f"module {module_name} must define exactly one {base.__name__}, it defines {len(found)}")
    return found[0]
