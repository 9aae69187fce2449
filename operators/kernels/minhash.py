"""MinHash signatures of texts, in numba over Arrow's buffers.

Lane j of a signature is the minimum over a text's shingles s (`operators.kernels.shingles`) of ``x * a[j] + b[j]`` modulo
2**32, x being the upper half of s and a odd: two texts agree in a lane with a probability of their Jaccard similarity.
Source: Broder, On the resemblance and containment of documents (1997), section 3.
"""

from typing import Any, NamedTuple

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings
from operators.kernels.hashing import C1, mix
from operators.kernels.shingles import BLOCK, KINDS, Shingling, buffers, fill

NO_SHINGLE = np.uint32(0xFFFFFFFF)
"""Every lane of a null text."""

_SWEEP = 8


class Sketches(NamedTuple):
    """What is kept of ``n`` texts to find their near-duplicates.

    Attributes:
        signatures: uint32 (n, k), lanes of `NO_SHINGLE` where the text is null.
        twins: uint64 (n, 2), equal where the multiset of shingles is.
        shingles: int64 (n,), how many shingles a text has, repeats included; 0 where it is null.
    """

    signatures: NDArray[np.uint32]
    twins: NDArray[np.uint64]
    shingles: NDArray[np.int64]


def permutations(count: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """``count`` multipliers, odd, and as many addends: the lower (lowest bit set) and upper halves of SplitMix64's outputs.

    The state starts at ``seed`` (modulo 2**64); fewer permutations of a seed are the first of more. The same everywhere.
    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators (OOPSLA 2014).

    >>> [lane.tolist() for lane in permutations(2, 0)]
    [[2065550767, 2713282037], [3793791033, 1853398634]]
    """
    if count < 1:
        raise ValueError(f"a signature has at least one lane, not {count}")
    steps = np.arange(1, count + 1, dtype=np.uint64)
    z = np.uint64(seed % 2**64) + steps * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z.astype(np.uint32) | np.uint32(1), (z >> np.uint64(32)).astype(np.uint32)


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _lower(lanes: Any, a: Any, b: Any, x: Any, count: Any) -> Any:
    """Lower the lanes to the minima over ``x[:count]``, eight values a sweep: lanes and factors are loaded once for all."""
    for i in range(count, -(-count // _SWEEP) * _SWEEP):
        x[i] = x[count - 1]
    for i in range(0, count, _SWEEP):
        x0, x1, x2, x3, x4, x5, x6, x7 = x[i], x[i + 1], x[i + 2], x[i + 3], x[i + 4], x[i + 5], x[i + 6], x[i + 7]
        for j in range(len(lanes)):
            c, d = a[j], b[j]
            low = min(min(np.uint32(x0 * c + d), np.uint32(x1 * c + d)), min(np.uint32(x2 * c + d), np.uint32(x3 * c + d)))
            high = min(min(np.uint32(x4 * c + d), np.uint32(x5 * c + d)), min(np.uint32(x6 * c + d), np.uint32(x7 * c + d)))
            lanes[j] = min(lanes[j], min(low, high))


@nb.njit(nogil=True, cache=True, error_model="numpy")
def _sketch(
    offsets: Any,
    data: Any,
    valid: Any,
    kinds: Any,
    of_characters: Any,
    n: Any,
    a: Any,
    b: Any,
    signatures: Any,
    twins: Any,
    shingles: Any,
) -> None:
    tokens, block = buffers(n)
    x = np.empty(BLOCK + _SWEEP, np.uint32)
    for i in range(len(valid)):
        at, stop, kept, total = offsets[i], offsets[i + 1], np.int64(0), np.int64(0)
        plain, mixed = np.uint64(0), np.uint64(0)
        while valid[i]:
            at, kept, made = fill(data, offsets[i], at, stop, kinds, of_characters, n, tokens, kept, block)
            for j in range(made):
                plain += block[j]
                mixed += mix(block[j] + C1)
                x[j] = np.uint32(block[j] >> np.uint64(32))
            _lower(signatures[i], a, b, x, made)
            total += made
            if at == stop:
                break
        twins[i, 0] = mix(plain + np.uint64(total))
        twins[i, 1] = mix(mixed + np.uint64(total))
        shingles[i] = total


def sketch(texts: Strings, shingling: Shingling, a: NDArray[np.uint32], b: NDArray[np.uint32]) -> Sketches:
    """The sketch of each text, in one pass over its bytes; memory beside the result is a few kB.

    Twin keys are the sums of s and of ``mix(s + C1)`` over all shingles, repeats included, each mixed with their number.

    Args:
        texts: what to sketch.
        shingling: what a shingle is.
        a: odd multipliers, one a lane.
        b: addends, as many.

    >>> from operators.kernels.buffers import strings
    >>> import pyarrow as pa
    >>> found = sketch(strings(pa.array(["a b c", "a  b c", "b c", None])), Shingling(size=2), *permutations(64, 1))
    >>> (found.signatures[0] == found.signatures).mean(axis=1).tolist()
    [1.0, 1.0, 0.515625, 0.0]
    >>> found.shingles.tolist(), bool((found.twins[0] == found.twins[1]).all()), bool((found.twins[0] == found.twins[2]).any())
    ([2, 2, 1, 0], True, False)
    """
    rows = len(texts.valid)
    found = Sketches(np.full((rows, len(a)), NO_SHINGLE), np.empty((rows, 2), np.uint64), np.empty(rows, np.int64))
    _sketch(*texts, KINDS, shingling.of_characters, shingling.size, np.ascontiguousarray(a), np.ascontiguousarray(b), *found)
    return found
