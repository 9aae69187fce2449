"""Whether an agent that imitates the data acts on real tasks as one that imitates real episodes does."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.metric import HoldoutComparison
from engine.schema import Dimension, Direction
from engine.state import Product, Sample, Tally
from engine.value import Value
from operators.agent._actions import action_hashes, action_names
from operators.kernels.hashing import hash_array

_EPISODES, _STEPS, _LEAST = 2000, 100, 10
"""Distinct episodes a side, actions of each, at most; and test episodes at least."""
_RESAMPLES = 200
_START, _END = "(start)", "(end)"
_LONGEST, _MET = 3, 2
"""Calls that a policy looks back at, at most, and how often it must have met them."""

Episode = tuple[list[str], int]
"""The actions, and how many records have them."""
Flags = NDArray[np.bool_]
Context = tuple[str, ...]
Policy = dict[Context, str]


@dataclass(frozen=True)
class Tstr(HoldoutComparison[Product]):
    """How much less often a policy that is cloned from the data takes the real next action than one cloned from real episodes.

    ``accuracy(trained on real) - accuracy(trained on the data)``, both on real episodes that neither saw: the holdout's, or
    without one every other of the reference's (train on synthetic, test on real). A policy predicts which tool is called next,
    or that the episode ends: the action that most often followed the last three calls (or the start) in training, or the last
    two, the last one, or none, whichever is the longest run that was met at least twice. Both learn from as many episodes:
    of 2,000 distinct sequences a side those with the smallest hash, 100 calls of each. Parts: ``data`` and ``real``, the
    two accuracies, and ``commonest``, that of always taking the real training episodes' most frequent action. Skipped:
    null, no call.

    -1 to 1, lower is better; around 0 the data teaches what real episodes teach. Interval: 200 bootstrap samples of the test
    episodes, the same for both. Cost: two seconds beside reading the calls.

    >>> def side(*sequences):
    ...     calls = [[{"name": name} for name in sequence] for sequence in sequences]
    ...     columns = {"_id": range(len(calls)), "_fault": pa.nulls(len(calls), pa.string()), "tool_calls": calls}
    ...     return Tstr().fold(pa.RecordBatch.from_pydict(columns))
    >>> real = [["find", "open"] + ["read"] * n for n in range(1, 40)]
    >>> value = Tstr().compare(side(*real), side(*real), side(*real))
    >>> value.value, value.parts["real"].value > 0.9
    (0.0, True)

    Source: Esteban et al. 2017 (arXiv 1706.02633), section 4.2; Pomerleau 1989 (behaviour cloning); Katz 1987 (back-off).
    """

    dimension: ClassVar[Dimension] = Dimension.UTILITY
    reads: ClassVar[tuple[str, ...]] = ("tool_calls",)
    unit: ClassVar[str] = "accuracy lost"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    direction: ClassVar[Direction] = Direction.DOWN
    source: ClassVar[str] = "arXiv 1706.02633, section 4.2"

    def zero(self) -> Product:
        """No episodes."""
        return Product({"episodes": Sample(_EPISODES), "skipped": Tally()})

    def fold(self, batch: pa.RecordBatch) -> Product:
        """Draw episodes by the hash of their actions."""
        names, offsets = action_names(batch["tool_calls"])
        lengths = np.diff(offsets)
        rows = np.flatnonzero(lengths)
        codes = pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(action_hashes(names)))
        hashes = hash_array(codes.take(pa.array(rows)))[:, 0]
        silent = len(batch) - len(rows)
        return Product(
            {
                "episodes": Sample.of(hashes, _Texts(names, offsets, rows), _EPISODES),
                "skipped": Tally({"no call": silent} if silent else {}),
            }
        )

    def compare(self, subject: Product, reference: Product, holdout: Product | None = None) -> Value:
        """The gap."""
        skipped = subject["skipped"].nonzero()
        data, real = _episodes(subject), _episodes(reference)
        test = real[1::2] if holdout is None else _episodes(holdout)
        real = real[::2] if holdout is None else real
        n = min(len(data), len(real))
        if not n or len(test) < _LEAST:
            return Value.missing(f"no episode to learn from, or fewer than {_LEAST} distinct ones to test with", skipped)
        mine, theirs, always = (_right(policy, test) for policy in (_learnt(data[:n]), _learnt(real[:n]), _learnt(real[:n], 0)))
        drawn = _gaps(mine, theirs, test)
        gap = _accuracy(theirs, test) - _accuracy(mine, test)
        low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
        tested = sum(len(one) * count for one, (_, count) in zip(mine, test, strict=True))
        found = {"data": mine, "real": theirs, "commonest": always}
        parts = {name: Value.exact(_accuracy(right, test), tested) for name, right in found.items()}
        return Value(gap, tested, min(low, gap), max(high, gap), skipped=skipped, parts=parts, estimator="sample")


@dataclass(frozen=True)
class _Texts:
    """The actions of some rows as JSON, each made when it is drawn."""

    names: pa.Array
    offsets: NDArray[np.int64]
    rows: NDArray[np.int64]

    def __getitem__(self, at: int) -> str:
        start = int(self.offsets[self.rows[at]])
        stop = min(int(self.offsets[self.rows[at] + 1]), start + _STEPS)
        return json.dumps(self.names[start:stop].to_pylist())


def _episodes(state: Product) -> list[Episode]:
    return [(json.loads(text), count) for _, count, text in state["episodes"].entries]


def _actions(episode: Episode) -> list[str]:
    """The actions with the start and the end; without that where the episode was cut."""
    actions, _ = episode
    return [_START, *actions] if len(actions) == _STEPS else [_START, *actions, _END]


def _learnt(episodes: list[Episode], longest: int = _LONGEST) -> Policy:
    """After which calls which action follows most often; of equally frequent ones the first by name."""
    counts: dict[Context, Counter[str]] = {}
    for episode in episodes:
        actions = _actions(episode)
        for at in range(1, len(actions)):
            for length in range(min(at, longest) + 1):
                counts.setdefault(tuple(actions[at - length : at]), Counter())[actions[at]] += episode[1]
    return {
        context: min(after, key=lambda action: (-after[action], action))
        for context, after in counts.items()
        if not context or after.total() >= _MET
    }


def _right(policy: Policy, test: list[Episode]) -> list[Flags]:
    """Of each test episode which actions are predicted right."""
    found = []
    for episode in test:
        actions = _actions(episode)
        contexts = ([tuple(actions[max(0, at - n) : at]) for n in range(_LONGEST, -1, -1)] for at in range(1, len(actions)))
        said = [next(policy[context] for context in run if context in policy) for run in contexts]
        found.append(np.array([one == other for one, other in zip(said, actions[1:], strict=True)]))
    return found


def _accuracy(right: list[Flags], test: list[Episode], times: NDArray[np.int64] | None = None) -> float:
    counts = np.array([count for _, count in test]) * (1 if times is None else times)
    hits = np.array([int(one.sum()) for one in right])
    steps = np.array([len(one) for one in right])
    return float((hits * counts).sum() / (steps * counts).sum())


def _gaps(mine: list[Flags], theirs: list[Flags], test: list[Episode]) -> NDArray[np.float64]:
    """The gap over bootstrap samples of the test episodes."""
    draw = np.random.default_rng(0)
    times = [draw.multinomial(len(test), np.full(len(test), 1 / len(test))) for _ in range(_RESAMPLES)]
    return np.array([_accuracy(theirs, test, drawn) - _accuracy(mine, test, drawn) for drawn in times])
