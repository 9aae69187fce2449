"""Every verdict that is passed on a text without being asked for: what the robustness metrics hold against one another.

The verdicts are those of the metrics themselves at their defaults, from their own code.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.schema import ID
from operators.features.language import Language
from operators.features.words import Words
from operators.kernels.buffers import strings
from operators.kernels.character_faults import character_faults
from operators.text._rules import SHARES, Verdicts
from operators.text.c4_rules import C4Rules
from operators.text.fineweb_rules import FinewebRules
from operators.text.gopher_quality import GopherQuality
from operators.text.gopher_repetition import GopherRepetition
from operators.text.secrets import secrets

VERDICTS = ("well_formed", "gopher_quality", "gopher_repetition", "c4_rules", "fineweb_rules", "language_id", "secrets")
SCORES = ("gopher_quality", "gopher_repetition", "fineweb_rules", "language_confidence")


class Judged(NamedTuple):
    """What ``n`` texts came to.

    Args:
        verdicts: (n,) by name of `VERDICTS`: whether the text passes, the language it is in, or whether it has a secret.
        scores: (n, signals) by name of `SCORES`, each from 0 to 1: the shares that the rules set limits to, cut at 1, or the
            detector's confidence.
    """

    verdicts: dict[str, NDArray[Any]]
    scores: dict[str, NDArray[np.float64]]

    def between(self, first: int, stop: int) -> "Judged":
        """Those of some of the texts."""
        verdicts, scores = ({name: found[first:stop] for name, found in part.items()} for part in self)
        return Judged(verdicts, scores)


def judged(texts: pa.Array) -> Judged:
    """The verdicts on texts, of which none is null.

    >>> found = judged(pa.array(["It is a line that is long enough to stand alone.", "a\\x00b"]))
    >>> found.verdicts["well_formed"].tolist(), found.verdicts["fineweb_rules"].tolist()
    ([True, False], [True, False])
    """
    batch = pa.RecordBatch.from_pydict({"text": texts, ID: np.arange(len(texts))})
    batch = batch.append_column("words", _words()(batch)["words"])
    rules = rules_asked(batch)
    found = _language()(batch)
    leaking = np.isin(np.arange(len(texts)), secrets(texts)["row"].to_numpy())
    verdicts = {
        "well_formed": character_faults(strings(texts))[0] == 0,
        **{name: of.rejected_by < 0 for name, of in rules.items()},
        "language_id": np.array(found["language_detected"].to_pylist(), object),
        "secrets": leaking,
    }
    confidence = found["language_confidence"].fill_null(0.0).to_numpy(zero_copy_only=False).astype(np.float64)
    scores = {name: _shares(rules[name]) for name in SCORES if name in rules}
    return Judged(verdicts, {**scores, "language_confidence": np.minimum(confidence, 1.0)[:, None]})


def rules_asked(batch: pa.RecordBatch) -> dict[str, Verdicts]:
    """What the sets of rules say of a batch with ``text`` and ``words``; meaningless where the text is null."""
    return {
        "gopher_quality": GopherQuality().signals(batch),
        "gopher_repetition": GopherRepetition().signals(batch),
        "c4_rules": C4Rules().signals(batch),
        "fineweb_rules": FinewebRules().signals(batch),
    }


def flips(one: Judged, other: Judged) -> NDArray[np.bool_]:
    """(n, verdicts) where the verdicts differ."""
    return np.stack([one.verdicts[name] != other.verdicts[name] for name in VERDICTS], 1)


def changes(one: Judged, other: Judged) -> NDArray[np.float64]:
    """(n, scores) by how much each score differs, the mean over its signals."""
    return np.stack([np.abs(one.scores[name] - other.scores[name]).mean(1) for name in SCORES], 1)


def _shares(verdicts: Verdicts) -> NDArray[np.float64]:
    return np.stack([np.clip(rule.signal, 0, 1) for rule in verdicts.rules if rule.edges is SHARES], 1)


@cache
def _words() -> Callable[[pa.RecordBatch], Any]:
    return Words().open()


@cache
def _language() -> Callable[[pa.RecordBatch], Any]:
    return Language().open()
