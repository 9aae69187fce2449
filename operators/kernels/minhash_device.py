"""The signatures of `operators.kernels.minhash` on a GPU, bit for bit: shingles are made on the CPU, permuted on the device."""

import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.minhash import NO_SHINGLE
from operators.kernels.shingles import Shingling, shingle_values

CELLS = 1 << 26
"""Permuted values that are on the device at once: 512 MB."""


def device_signatures(
    texts: Strings, shingling: Shingling, a: NDArray[np.uint32], b: NDArray[np.uint32], device: str = "cuda", cells: int = CELLS
) -> NDArray[np.uint32]:
    """The signatures of `sketch`, permuted and reduced to minima by torch.

    The device's integers are signed and have 64 bits: products wrap around modulo 2**64, their lower halves are the lanes.
    Memory on the device: 8 bytes a cell and a lane of every text; here: 4 bytes a shingle.

    Args:
        texts: what to sign.
        shingling: what a shingle is.
        a: odd multipliers, one a lane.
        b: addends, as many.
        device: torch's name of the device; "cpu" works too.
        cells: permuted values at once.

    >>> from operators.kernels.buffers import strings
    >>> from operators.kernels.minhash import permutations, sketch
    >>> import pyarrow as pa
    >>> texts, factors = strings(pa.array(["to be or not to be", None])), permutations(16, 1)
    >>> found = device_signatures(texts, Shingling(size=2), *factors, device="cpu")
    >>> bool((found == sketch(texts, Shingling(size=2), *factors).signatures).all())
    True
    """
    import torch

    bounds, values = shingle_values(texts, shingling)
    low = int(NO_SHINGLE)
    factors, addends, offsets = (torch.from_numpy(given.astype(np.int64)).to(device) for given in (a, b, bounds))
    lanes = torch.full((len(bounds) - 1, len(a)), low, dtype=torch.int64, device=device)
    step = max(cells // len(a), 1)
    for first in range(0, len(values), step):
        x = torch.from_numpy(values[first : first + step].view(np.int32)).to(device).long() & low
        places = torch.arange(first, first + len(x), device=device)
        rows = torch.searchsorted(offsets, places, right=True) - 1
        permuted = x[:, None] * factors
        permuted += addends
        permuted &= low
        lanes.scatter_reduce_(0, rows[:, None].expand_as(permuted), permuted, "amin")
    signatures: NDArray[np.uint32] = lanes.cpu().numpy().astype(np.uint32)
    return signatures
