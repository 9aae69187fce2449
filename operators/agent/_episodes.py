"""Episodes with a reward, without those that something outside the agent broke."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from operators.kernels.buffers import valid_mask

NO_REWARD, BROKEN = "no reward", "broke outside the agent"
TOLERANCE = 1e-6
_MOST = 1e150


@dataclass(frozen=True)
class Episodes:
    """Which episodes of a batch say something of the agent.

    Args:
        rows: (n,) their rows.
        rewards: (n,) float64, finite.
        skipped: the others, by reason.
    """

    rows: NDArray[np.int64]
    rewards: NDArray[np.float64]
    skipped: dict[str, int]

    def successes(self, least: float) -> NDArray[np.bool_]:
        """Which of them reach a reward, but for rounding."""
        return self.rewards >= least - TOLERANCE


def episodes(batch: pa.RecordBatch) -> Episodes:
    """The episodes with a reward and no ``error``; a reward beyond 1e150 is none.

    >>> batch = pa.RecordBatch.from_pydict({"reward": [1.0, 0.0, None], "error": [None, "HTTP 503", ""]})
    >>> episodes(batch).rewards.tolist(), episodes(batch).skipped
    ([1.0], {'broke outside the agent': 1, 'no reward': 1})
    """
    broken = broken_outside(batch)
    rewards = batch["reward"].to_numpy(zero_copy_only=False).astype(np.float64)
    there = valid_mask(batch["reward"]) & (np.abs(np.nan_to_num(rewards, nan=np.inf)) < _MOST)
    rows = np.flatnonzero(there & ~broken)
    counts = {BROKEN: int(np.count_nonzero(broken)), NO_REWARD: int(np.count_nonzero(~there & ~broken))}
    return Episodes(rows, rewards[rows], {reason: n for reason, n in counts.items() if n})


def broken_outside(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    """Whether the record names an error outside the agent; nowhere where the dataset has no such column."""
    if "error" not in batch.schema.names:
        return np.zeros(len(batch), bool)
    said = pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(batch["error"]), ""), False)
    return np.asarray(said.to_numpy(zero_copy_only=False), bool)
