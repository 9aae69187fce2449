"""SHA-1 in numba, of which the first 32 bits are wanted, for a great many short messages.

Source: FIPS 180-4, sections 5.1.1 and 6.1. No defence against anyone: a hash that other tools have made signatures with.
"""

from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from operators.kernels.buffers import Strings

_INITIAL = tuple(np.uint32(h) for h in (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0))
_SPACE = np.uint32(0x20)


@nb.njit(inline="always")
def _rotl(x: Any, r: Any) -> Any:
    return np.uint32(x << np.uint32(r)) | np.uint32(x >> np.uint32(32 - r))


@nb.njit(nogil=True, cache=True)
def _compress(state: Any, w: Any) -> Any:
    """The state after the block in ``w[:16]``; the rest of ``w`` is scratch."""
    for t in range(16, 80):
        w[t] = _rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1)
    a, b, c, d, e = state
    for t in range(80):
        if t < 20:
            f, k = (b & c) | (~b & d), np.uint32(0x5A827999)
        elif t < 40:
            f, k = b ^ c ^ d, np.uint32(0x6ED9EBA1)
        elif t < 60:
            f, k = (b & c) | (b & d) | (c & d), np.uint32(0x8F1BBCDC)
        else:
            f, k = b ^ c ^ d, np.uint32(0xCA62C1D6)
        a, b, c, d, e = np.uint32(_rotl(a, 5) + np.uint32(f) + e + k + w[t]), a, _rotl(b, 30), c, d
    return (
        np.uint32(state[0] + a),
        np.uint32(state[1] + b),
        np.uint32(state[2] + c),
        np.uint32(state[3] + d),
        np.uint32(state[4] + e),
    )


@nb.njit(nogil=True, cache=True)
def sha1_32(data: Any, starts: Any, ends: Any, first: Any, last: Any, w: Any) -> Any:
    """The first four bytes of the SHA-1 of the spans ``first`` to ``last`` of ``data`` joined by spaces, little-endian.

    Args:
        data: bytes.
        starts: where each span starts.
        ends: where it ends.
        first: the first span of the message.
        last: the one after its last.
        w: 80 uint32 of scratch.
    """
    state, filled, size = _INITIAL, 0, np.int64(0)
    for span in range(first, last):
        lead = np.int64(span > first)
        size += ends[span] - starts[span] + lead
        for at in range(starts[span] - lead, ends[span]):
            w[filled >> 2] = np.uint32(w[filled >> 2] << np.uint32(8)) | (np.uint32(data[at]) if at >= starts[span] else _SPACE)
            filled += 1
            if filled == 64:
                state, filled = _compress(state, w), 0
    padding = np.uint32(0x80)
    while filled != 56 or padding:
        w[filled >> 2] = np.uint32(w[filled >> 2] << np.uint32(8)) | padding
        filled, padding = filled + 1, np.uint32(0)
        if filled == 64:
            state, filled = _compress(state, w), 0
    w[14], w[15] = np.uint32(size >> 29), np.uint32(size << 3)
    h = _compress(state, w)[0]
    return _rotl(h, 8) & np.uint32(0x00FF00FF) | _rotl(h, 24) & np.uint32(0xFF00FF00)


@nb.njit(nogil=True, cache=True)
def _hash_strings(offsets: Any, data: Any) -> Any:
    out, w = np.empty(len(offsets) - 1, np.uint32), np.empty(80, np.uint32)
    for i in range(len(out)):
        out[i] = sha1_32(data, offsets[:-1], offsets[1:], i, i + 1, w)
    return out


def sha1_hash32(texts: Strings) -> NDArray[np.uint32]:
    """The first four bytes of each text's SHA-1 as a little-endian number. About 0.3 µs for up to 55 bytes, then each 64.

    >>> from operators.kernels.buffers import strings
    >>> import hashlib, pyarrow as pa
    >>> int(sha1_hash32(strings(pa.array(["auditor"])))[0]).to_bytes(4, "little") == hashlib.sha1(b"auditor").digest()[:4]
    True
    """
    hashes: NDArray[np.uint32] = _hash_strings(texts.offsets, texts.data)
    return hashes
