"""How fast is the signature kernel beside the same loop in C?

The same texts (English-like, and with one word in ten not ASCII) through `operators.kernels.minhash.sketch` and through
`signature.c`, compiled with ``cc -O3 -march=native`` into a temporary folder: one core, taking turns in one process, the
best of seven each in CPU seconds. The two answers must be equal. Bound: at least half the bytes per second of C.
"""

import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.machine import save
from operators.kernels.buffers import Strings, strings
from operators.kernels.minhash import NO_SHINGLE, Sketches, permutations, sketch
from operators.kernels.shingles import KINDS, Shingling

LANES, SIZE, TEXT_BYTES, TURNS = 112, 5, 64_000_000, 7
SOURCE = Path(__file__).with_name("signature.c")


def vocabulary(rng: Any, accented: float) -> Any:
    """Words as long as those of English, frequent ones short; a share of them ends in a letter that is not ASCII."""
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxz"))
    lengths = np.clip(rng.poisson(np.linspace(3.6, 7, 50_000)), 0, None) + 1
    words = ["".join(letters[np.minimum(rng.geometric(0.12, length) - 1, 25)]) for length in lengths.tolist()]
    return np.array([word + "é" * (rng.random() < accented) for word in words])


def texts(seed: int, accented: float) -> Strings:
    """Documents of about 400 words of a Zipf vocabulary."""
    rng = np.random.default_rng(seed)
    words, documents, size = vocabulary(rng, accented), [], 0
    while size < TEXT_BYTES:
        documents.append(" ".join(words[np.minimum(rng.zipf(1.25, int(rng.lognormal(6, 0.5))) - 1, len(words) - 1)].tolist()))
        size += len(documents[-1])
    return strings(pa.array(documents))


def compiled(folder: str) -> Any:
    """`signature.c` as a library."""
    library = f"{folder}/signature.so"
    subprocess.run(["cc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, str(SOURCE)], check=True)
    return ctypes.CDLL(library).sketch


def sketch_in_c(function: Any, given: Strings, a: Any, b: Any) -> Sketches:
    """`sketch` through the library."""
    rows = len(given.valid)
    found = Sketches(np.full((rows, LANES), NO_SHINGLE), np.empty((rows, 2), np.uint64), np.empty(rows, np.int64))
    size = ctypes.c_int64

    def at(array: Any) -> ctypes.c_void_p:
        return ctypes.c_void_p(array.ctypes.data)

    head = at(given.offsets), size(rows), at(given.data), size(len(given.data)), at(KINDS), size(SIZE)
    function(*head, at(a), at(b), size(LANES), *map(at, found))
    return found


def compare(function: Any, given: Strings) -> dict[str, float]:
    """Megabytes per CPU second of both, and how many times as long ours takes."""
    a, b = permutations(LANES, 1)
    sides: dict[str, Callable[[], Sketches]] = {
        "numba": lambda: sketch(given, Shingling(size=SIZE), a, b),
        "c": lambda: sketch_in_c(function, given, a, b),
    }
    answers = {name: side() for name, side in sides.items()}
    assert all(np.array_equal(*pair) for pair in zip(*answers.values(), strict=True))
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(TURNS):
        for name, side in sides.items():
            start = time.process_time()
            side()
            seconds[name].append(time.process_time() - start)
    size, best = int(given.offsets[-1]), {name: min(found) for name, found in seconds.items()}
    shingles = int(answers["numba"].shingles.sum())
    speeds = {f"{name}_mb_per_s": round(size / 1e6 / found) for name, found in best.items()}
    return {
        **speeds,
        "numba_ns_per_shingle": round(best["numba"] / shingles * 1e9, 2),
        "bytes_per_shingle": round(size / shingles, 2),
        "share_of_c": round(best["c"] / best["numba"], 3),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        function = compiled(folder)
        figures = {name: compare(function, texts(1, share)) for name, share in (("ascii", 0.0), ("accented", 0.1))}
    assert all(found["share_of_c"] >= 0.5 for found in figures.values()), figures
    save("signature_kernel", {"lanes": LANES, "words": SIZE, "text_mb": TEXT_BYTES // 10**6, **figures})


if __name__ == "__main__":
    main()
