"""Exact nearest neighbours by inner product: blocked matrix products, narrow ones first where the processor has them.

Products in bfloat16 are faster than in float32 and wrong in the third digit. So they only choose some more
candidates than are asked for, and these are looked at again in float32. The largest products of a query are found by the
largest of every `GROUP` first, since to sort all of them would take longer than to compute them.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

GROUP = 32
"""Vectors of the base of which the largest product stands for all at first."""
SPARE = 16
"""Candidates looked at again beyond the k asked for, because narrow products may choose wrong."""
QUERIES, BASE = {"cpu": 128, "cuda": 4096}, 1 << 16
"""Queries and vectors of the base at a time: about 100 MB on a CPU, 1 GB on a GPU."""
NONE = -1
"""The id in the place of a neighbour that there is not."""


class Nearest(NamedTuple):
    """The k nearest of some queries, the nearest first, of equally near ones the one that comes first in the base.

    Args:
        ids: (q, k) int64, `NONE` where the base has fewer.
        similarity: (q, k) float32 inner products, -inf where the base has fewer.
    """

    ids: NDArray[np.int64]
    similarity: NDArray[np.float32]


@cache
def narrow() -> bool:
    """Whether products in bfloat16 pay here: on a GPU, or a processor with instructions for them."""
    import torch

    if torch.cuda.is_available():
        return True
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            flags = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


class Base:
    """Vectors to search in, ready for products."""

    def __init__(self, vectors: NDArray[np.float32], ids: NDArray[np.int64], wide: bool | None = None) -> None:
        """``wide``: products in float32; default: where narrow ones do not pay."""
        import torch

        self.ids = ids
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.dtype = torch.float32 if (not narrow() if wide is None else wide) else torch.bfloat16
        padding = -len(vectors) % GROUP
        padded = np.concatenate([vectors, np.zeros((padding, vectors.shape[1]), np.float32)]) if padding else vectors
        self.whole = torch.from_numpy(np.ascontiguousarray(padded)).to(self.device)
        self.padding = padding
        self.chosen = self.whole if self.dtype is torch.float32 else self.whole.to(self.dtype)

    def nearest(self, queries: NDArray[np.float32], k: int, own: NDArray[np.int64] | None = None) -> Nearest:
        """The k nearest of each query.

        Args:
            queries: (q, d), as the base's vectors.
            k: how many.
            own: (q,) ids that are not neighbours of their query: its own.

        >>> base = Base(np.float32([[1, 0], [0, 1], [1, 0]]), np.array([7, 8, 9]))
        >>> found = base.nearest(np.float32([[1, 0]]), 2, own=np.array([7]))
        >>> found.ids.tolist(), found.similarity.tolist()
        ([[9, 8]], [[1.0, 0.0]])
        """
        ids = np.full((len(queries), k), NONE, np.int64)
        similarity = np.full((len(queries), k), -np.inf, np.float32)
        block = QUERIES[self.device]
        for start in range(0, len(queries) if len(self.ids) else 0, block):
            stop = start + block
            part = self._block(queries[start:stop], k, None if own is None else own[start:stop])
            ids[start:stop, : part.ids.shape[1]], similarity[start:stop, : part.ids.shape[1]] = part
        return Nearest(ids, similarity)

    def _block(self, queries: NDArray[np.float32], k: int, own: NDArray[np.int64] | None) -> Nearest:
        import torch

        with torch.inference_mode():
            asked = torch.from_numpy(np.ascontiguousarray(queries)).to(self.device)
            rows = self._candidates(asked, k + (own is not None) + SPARE)
            found = torch.einsum("qd,qcd->qc", asked, self.whole[rows])
            rows_np, found_np = rows.cpu().numpy(), found.cpu().numpy()
        there = rows_np < len(self.ids)
        ids = np.where(there, self.ids[np.minimum(rows_np, len(self.ids) - 1)], NONE)
        out = ~there if own is None else ~there | (ids == own[:, None])
        found_np[out], ids[out] = -np.inf, NONE
        order = np.argsort(-found_np, axis=1, kind="stable")[:, :k]
        return Nearest(np.take_along_axis(ids, order, 1), np.take_along_axis(found_np, order, 1))

    def _candidates(self, asked: Any, most: int) -> Any:
        """(q, c) rows of the base with the largest products, ascending, so that a stable sort prefers what comes first."""
        import torch

        queries = asked.to(self.dtype)
        best = rows = None
        for start in range(0, len(self.chosen), BASE):
            products = (queries @ self.chosen[start : start + BASE].T).view(len(queries), -1, GROUP)
            if self.padding and start + BASE >= len(self.chosen):
                products[:, -1, -self.padding :] = -torch.inf
            groups = products.amax(-1).topk(min(most, products.shape[1]), dim=1).indices
            inside = products.gather(1, groups[:, :, None].expand(-1, -1, GROUP)).flatten(1)
            here = (groups[:, :, None] * GROUP + torch.arange(GROUP, device=self.device)).flatten(1) + start
            if best is not None:
                inside, here = torch.cat([best, inside], 1), torch.cat([rows, here], 1)
            best, at = inside.topk(min(most, inside.shape[1]), dim=1)
            rows = here.gather(1, at)
        return rows.sort(dim=1).values if rows is not None else None
