"""The probability that something is wrong with a text, by a classifier of transformers or a function of the user's own."""

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import PlanError
from operators import plugged
from operators.models import classifier, model_files
from operators.models.model_files import ModelError

HARMFUL = (
    "toxic",
    "toxicity",
    "unsafe",
    "harmful",
    "jailbreak",
    "injection",
    "hate",
    "hateful",
    "hate_speech",
    "offensive",
    "abusive",
)
"""Names under which classifiers publish what is looked for here."""
HARMLESS = (
    "neutral",
    "neither",
    "safe",
    "benign",
    "clean",
    "normal",
    "non_toxic",
    "not_toxic",
    "nothate",
    "non_hate",
    "not_offensive",
)
"""Names of its opposite."""


class Scores(NamedTuple):
    """What a classifier says of ``n`` texts.

    Args:
        harm: (n,) from 0 to 1; NaN where it cannot say.
        labels: (n,) by name of its labels, as plain names ("severe_toxic"); none for a function.
    """

    harm: NDArray[np.float32]
    labels: Mapping[str, NDArray[np.float32]]


Scorer = Callable[[Sequence[str], int], Scores]


def is_function(model: str) -> bool:
    """Whether a model is a function of the user's own.

    >>> is_function("my_package.judge:score"), is_function("s3://models/judge"), is_function("unitary/toxic-bert")
    (True, False, False)
    """
    return ":" in model and "://" not in model and not Path(model).is_dir()


def obstacle(model: str) -> str | None:
    """Why a model or function cannot be had here, in one sentence; None where it can, or where only the network will tell."""
    if is_function(model):
        return plugged.obstacle(model)
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            return f"needs the package {package}: pip install llm-data-auditor[models]"
    return model_files.obstacle(model)


def identity(model: str) -> Mapping[str, Any]:
    """What identifies it: the hash of its weights, or of its source."""
    return plugged.identity(model) if is_function(model) else model_files.identity(model)


def opened(model: str, label: str, max_tokens: int | None, dtype: str, batch_tokens: int | None) -> Scorer:
    """The model or function, ready.

    Args:
        model: a name on the hub, a folder, a URL, or ``package.module:function``.
        label: whose probability is the harm; "": as `harm_of` finds it.
        max_tokens, dtype, batch_tokens: of a model of transformers (`operators.models.classifier.load`).

    Raises:
        ModelError: when the model cannot be loaded, or which of its labels is harm cannot be told.
        PlanError: when there is no such function.
    """
    if is_function(model):
        function = plugged.plugged(model)
        return lambda texts, _: Scores(_checked(function(list(texts)), len(texts), model), {})
    loaded = classifier.load(model_files.fetched(model), max_tokens, dtype, batch_tokens)
    names = [plain(name) for name in loaded.labels]
    harm_of(np.zeros((0, len(names)), np.float32), names, loaded.alone, label)  # a wrong label is said before any text is read

    def scored(texts: Sequence[str], smaller: int) -> Scores:
        shares = loaded(texts, smaller)
        by_label = {name: shares[:, at] for at, name in enumerate(names)}
        return Scores(harm_of(shares, names, loaded.alone, label), by_label)

    return scored


def harm_of(shares: NDArray[np.float32], names: Sequence[str], alone: bool, label: str) -> NDArray[np.float32]:
    """The probability of harm: that of ``label``; else what a harmless label leaves; else that of the harmful one.

    Args:
        shares: (n, labels) probabilities.
        names: plain names of the labels.
        alone: each label has a probability of its own, so that one does not leave the others' sum.
        label: the one to take, "" for any.

    Raises:
        ModelError: when no label is known as one or the other.

    >>> harm_of(np.float32([[0.2, 0.3, 0.5]]), ["hate_speech", "offensive", "neither"], False, "").tolist()
    [0.5]
    """
    wanted = plain(label)
    if wanted and wanted in names:
        return shares[:, names.index(wanted)]
    harmless = next((at for at, name in enumerate(names) if name in HARMLESS), None)
    harmful = next((names.index(name) for name in HARMFUL if name in names), 0 if len(names) == 1 else None)
    if wanted or (harmful is None and (harmless is None or alone)):
        said = f"no label '{label}'" if wanted else "no label known to mean harm"
        raise ModelError(f"the classifier has {said}: set label to one of {', '.join(names)}")
    if harmless is not None and not alone:
        return np.float32(1) - shares[:, harmless]
    return shares[:, harmful]


def plain(label: str) -> str:
    """A label in lower case, words joined by underscores, as the Jigsaw challenge has them.

    >>> plain("Severe Toxicity"), plain("identity_attack"), plain("not-hate")
    ('severe_toxic', 'identity_hate', 'not_hate')
    """
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return _SAME.get(name, name)


_SAME = {"severe_toxicity": "severe_toxic", "identity_attack": "identity_hate"}
"""Names that the second Jigsaw challenge gave to labels of the first."""


def _checked(given: Any, n: int, name: str) -> NDArray[np.float32]:
    try:
        scores = np.asarray(given, np.float32)
    except (TypeError, ValueError) as error:
        raise PlanError(f"'{name}' gave no list of numbers: {str(error)[:200]}") from error
    if scores.shape != (n,) or not ((scores >= 0) & (scores <= 1)).all():
        raise PlanError(f"'{name}' must give one number from 0 to 1 for each of the {n} texts, in a list")
    return scores
