"""What a C2PA manifest store says, once the reference reader has read it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

AI_SOURCES = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicData")
"""IPTC's digital source types for what a trained model made, wholly or in part."""
UNTRUSTED = "signingCredential.untrusted"
_MOST = 1000


class Manifest(NamedTuple):
    """What the active manifest says.

    Args:
        generator: its claim generator, with the version where it is said.
        sources: digital source types of its actions, without IPTC's prefix, each once.
        ingredients: how many it was made from.
        missing: those of which it says neither where they came from nor that they had no manifest: with a manifest that the
            store does not hold.
        failures: codes of validation that failed, in the active manifest and its ingredients, each once.
        opted_out: uses that it does not allow: ``ai_generative_training``, ``data_mining``, ...
    """

    generator: str | None
    sources: tuple[str, ...]
    ingredients: int
    missing: int
    failures: tuple[str, ...]
    opted_out: tuple[str, ...]


def manifest_of(store: Mapping[str, Any]) -> Manifest:
    """The summary of a store as the reader's JSON has it; what has another shape than it should is left out.

    >>> action = {"digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}
    >>> assertion = {"label": "c2pa.actions.v2", "data": {"actions": [action]}}
    >>> manifest_of({"active_manifest": "a", "manifests": {"a": {"assertions": [assertion]}}}).sources
    ('trainedAlgorithmicMedia',)
    """
    manifests = _mapping(store.get("manifests"))
    active = _mapping(manifests.get(str(store.get("active_manifest"))))
    ingredients = _mappings(active.get("ingredients"))
    named = [str(one["active_manifest"]) for one in ingredients if one.get("active_manifest")]
    return Manifest(
        _generator(active),
        tuple(dict.fromkeys(_sources(active))),
        len(ingredients),
        sum(name not in manifests for name in named),
        tuple(dict.fromkeys(_failures(_mapping(store.get("validation_results"))))),
        tuple(sorted({use for one in manifests.values() for use in _opted_out(_mapping(one))})),
    )


def _generator(manifest: Mapping[str, Any]) -> str | None:
    claimed = manifest.get("claim_generator")
    if isinstance(claimed, str) and claimed:
        return claimed[:200]
    infos = _mappings(manifest.get("claim_generator_info"))
    said = [" ".join(str(info[key]) for key in ("name", "version") if info.get(key)) for info in infos[:1]]
    return said[0][:200] if said and said[0] else None


def _sources(manifest: Mapping[str, Any]) -> Iterator[str]:
    for assertion in _assertions(manifest, "c2pa.actions"):
        for action in _mappings(assertion.get("actions")):
            source = action.get("digitalSourceType")
            if isinstance(source, str):
                yield source.rpartition("/")[2][:100]


def _failures(results: Mapping[str, Any]) -> Iterator[str]:
    parts = [_mapping(results.get("activeManifest"))]
    parts += [_mapping(one.get("validationDeltas")) for one in _mappings(results.get("ingredientDeltas"))]
    for part in parts:
        yield from (str(one.get("code"))[:100] for one in _mappings(part.get("failure")))


def _opted_out(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The entries of assertions of training and mining (``c2pa.`` or ``cawg.``) that are not allowed."""
    for prefix in ("c2pa", "cawg"):
        for assertion in _assertions(manifest, f"{prefix}.training-mining"):
            for use, said in _mapping(assertion.get("entries")).items():
                if _mapping(said).get("use") in ("notAllowed", "constrained"):
                    yield str(use).partition(".")[2][:100] or str(use)[:100]


def _assertions(manifest: Mapping[str, Any], label: str) -> Iterator[Mapping[str, Any]]:
    for assertion in _mappings(manifest.get("assertions")):
        if str(assertion.get("label", "")).startswith(label):
            yield _mapping(assertion.get("data"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value[:_MOST] if isinstance(one, Mapping)] if isinstance(value, list) else []
