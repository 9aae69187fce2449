"""What features share that ask a model of natural-language inference about pairs of texts."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from engine.feature import Feature, Resources, attempt
from operators.models import classifier, model_files
from operators.models.model_files import ModelError

Pairs = list[tuple[str, str]]
_AT_ONCE = 8192
"""Pairs that are held before the model is asked about them."""


@dataclass(frozen=True)
class Entailed(Feature):
    """A feature with a model of natural-language inference, kept beside each unit.

    Which of the model's labels are entailment and contradiction is read from their names in its config.json; a model whose
    labels have no such names needs them named.

    Args:
        model: a name on the hub, a folder, or a folder's URL: a classifier of pairs (premise, hypothesis) of transformers.
        entailment_label: the model's name for it; default: the label whose name begins with "entail".
        contradiction_label: the model's name for it; default: the label whose name begins with "contra".
        max_sentences: of a text, and of what it is held against; those beyond are left out, and the record is counted.
        max_tokens: the window of a pair; default: what the model says of itself. The premise is cut.
        dtype: of the model's weights and products.
        batch_tokens: the most tokens in a batch, padding included; default: 2,048, on a GPU 131,072.
    """

    model: str = ""
    entailment_label: str = ""
    contradiction_label: str = ""
    max_sentences: Annotated[int, Field(ge=1, le=1000)] = 100
    max_tokens: Annotated[int, Field(ge=8)] | None = None
    dtype: Literal["float32", "bfloat16"] = "float32"
    batch_tokens: Annotated[int, Field(ge=1)] | None = None

    requires: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    stores: ClassVar[bool] = True
    unasked: ClassVar[str] = "it asks a model of natural-language inference, which the plan must name"
    table: ClassVar[str]
    """What the plan calls it."""

    @property
    def resources(self) -> Resources:
        """A core and a model, a GPU where there is one."""
        return Resources(pool=True)

    def obstacle(self) -> str | None:
        """Whether a model is named and can be had, and which of its labels say what."""
        if not self.model:
            return f'needs [features.{self.table}] in the plan: model = "...", a model of natural-language inference'
        reason = model_files.obstacle(self.model)
        folder = None if reason else model_files.folder_of(self.model)
        if folder is None or not (folder / "config.json").exists():
            return reason
        named: dict[str, str] = json.loads((folder / "config.json").read_text()).get("id2label") or {}
        return self._unclear(tuple(named[at] for at in sorted(named, key=int)))

    def identity(self) -> Mapping[str, Any]:
        """The weights."""
        return model_files.identity(self.model)

    def judge(self) -> "Judge":
        """Load the model.

        Raises:
            ModelError: when it cannot be had, or its labels do not say which is which.
        """
        loaded = classifier.load(model_files.fetched(self.model), self.max_tokens, self.dtype, self.batch_tokens)
        if reason := self._unclear(loaded.labels):
            raise ModelError(reason)
        entailment, contradiction = self._named(loaded.labels)
        return Judge(loaded, entailment[0], contradiction[0])

    def _named(self, labels: Sequence[str]) -> tuple[list[int], list[int]]:
        """Where the labels for entailment and for contradiction may stand."""
        wanted = ((self.entailment_label, "entail"), (self.contradiction_label, "contra"))
        found = [
            [at for at, label in enumerate(labels) if (label == exact if exact else label.lower().startswith(stem))]
            for exact, stem in wanted
        ]
        return found[0], found[1]

    def _unclear(self, labels: Sequence[str]) -> str | None:
        entailment, contradiction = self._named(labels)
        if len(entailment) == len(contradiction) == 1 and entailment != contradiction:
            return None
        shown = ", ".join(map(repr, labels)) or "none"
        return (
            f"the model {self.model} does not say which of its labels ({shown}) are entailment and contradiction: "
            f"set entailment_label and contradiction_label under [features.{self.table}]"
        )


@dataclass(frozen=True)
class Judge:
    """A loaded model of natural-language inference.

    Args:
        classifier: of pairs (premise, hypothesis).
        entailment, contradiction: the columns of its answer that say so.
    """

    classifier: classifier.Classifier
    entailment: int
    contradiction: int

    def __call__(self, records: Iterable[Pairs]) -> Iterator[tuple[NDArray[np.float32], NDArray[np.bool_]]]:
        """For each record (pairs, 2) the probabilities of entailment and of contradiction, and which pairs were cut.

        A pair that comes again costs nothing.
        """
        for held in _runs(records):
            distinct = list(dict.fromkeys(pair for pairs in held for pair in pairs))
            known = {pair: at for at, pair in enumerate(distinct)}
            found, cut = self.classifier.judged(distinct, attempt())
            both = found[:, [self.entailment, self.contradiction]]
            for pairs in held:
                rows = [known[pair] for pair in pairs]
                yield both[rows], cut[rows]


def _runs(records: Iterable[Pairs]) -> Iterator[list[Pairs]]:
    """Records together, until they have pairs enough."""
    held: list[Pairs] = []
    count = 0
    for pairs in records:
        held.append(pairs)
        count += len(pairs)
        if count >= _AT_ONCE:
            yield held
            held, count = [], 0
    if held:
        yield held
