"""VBench's formula by hand, over vectors whose cosines are known."""

import numpy as np
import pytest

from operators.vision_language.temporal_consistency import TemporalConsistency
from tests.operators.vision_language.media_given import batch, folded


def by_hand(frames):
    unit = frames / np.linalg.norm(frames, axis=1, keepdims=True)
    pairs = [(max(0, unit[at] @ unit[at - 1]) + max(0, unit[at] @ unit[0])) / 2 for at in range(1, len(unit))]
    return float(np.mean(pairs))


def columns(*clips):
    steps, starts = [], []
    for frames in clips:
        unit = frames / np.linalg.norm(frames, axis=1, keepdims=True)
        steps.append((unit[1:] * unit[:-1]).sum(1).tolist())
        starts.append((unit[1:] @ unit[0]).tolist())
    return batch(frame_steps=[*steps, None], frame_starts=[*starts, None])


def test_it_is_vbenchs_formula():
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(n, 4)) for n in (2, 5, 9)]
    value = folded(TemporalConsistency(), columns(*clips))
    assert value.value == pytest.approx(np.mean([by_hand(one) for one in clips]))
    assert (value.n, value.skipped) == (3, {"no clip of two frames": 1})


def test_neighbours_alone_stand_beside_it_as_they_are():
    turning = np.array([[1, 0], [-1, 0], [1, 0]], float)
    value = folded(TemporalConsistency(), columns(turning))
    assert value.value == pytest.approx(0.25)
    assert value.parts["mean cosine of neighbouring frames"].value == -1.0
