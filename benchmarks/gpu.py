"""The GPU's parts beside what bare torch does on the same GPU: embedding, exact search, MinHash signatures.

- Matrix rate: bfloat16 products of square matrices, the most this chip does here.
- Embedding: texts a second of the feature (texts in, float16 column out) over those of the model's loop with tokens ready, and
  over those of sentence-transformers where that is installed; the loop's share of the matrix rate, by the operations of the
  model's linear layers.
- Search: queries against many vectors, shard by shard, over a loop of torch's float32 product and top-k.
- Signatures: texts a second of the torch kernel, and of the CPU's.

``python -m benchmarks.gpu [--vectors 100000000] [--small]``. On a machine without a GPU it runs ``--small`` and saves nothing.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from benchmarks.machine import save
from benchmarks.neighbors import vectors
from operators.embedding import transformer
from operators.features.text_embedding import TextEmbedding
from operators.kernels.buffers import strings
from operators.kernels.minhash import permutations, sketch
from operators.kernels.minhash_device import device_signatures
from operators.kernels.nearest import Base
from operators.kernels.shingles import Shingling
from operators.models import model_files
from operators.models.batching import in_batches

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"
D, K, SHARD = 384, 10, 1 << 22


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the second run, and what it gave."""
    work()
    if CUDA:
        torch.cuda.synchronize()
    start = time.perf_counter()
    given = work()
    if CUDA:
        torch.cuda.synchronize()
    return time.perf_counter() - start, given


def matrix_rate(side: int) -> float:
    """Teraflops of bfloat16 products."""
    a = torch.randn(side, side, device=DEVICE, dtype=torch.bfloat16)
    seconds, _ = timed(lambda: [a @ a for _ in range(10)])
    return 10 * 2 * side**3 / seconds / 1e12


def texts_of(n: int) -> list[str]:
    """Texts of 5 to 250 words."""
    rng = np.random.default_rng(0)
    words = [f"{a}{b}" for a in ("river", "stone", "money", "train", "winter") for b in ("", "s", "ing", "ed", "less")]
    return [" ".join(rng.choice(words, int(size))) for size in rng.integers(5, 250, n)]


def embedding(n: int, rate: float) -> dict[str, float | None]:
    """The feature over the bare loop."""
    texts, feature = texts_of(n), TextEmbedding(dtype="bfloat16")
    encoder = transformer.load(model_files.fetched(feature.model), "model", None, "bfloat16", None)
    ids, _ = encoder._tokenised(texts)
    bare, _ = timed(lambda: in_batches(encoder._forward, ids, encoder.tokens, encoder.lock))
    step, batch = feature.open(), pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
    whole, _ = timed(lambda: step(batch))
    peer = sentence_transformers(texts, feature.model)
    linear = sum(p.numel() for name, p in encoder.model.named_parameters() if p.dim() == 2 and "embeddings" not in name)
    teraflops = 2 * linear * sum(map(len, ids)) / bare / 1e12
    return {
        "texts": n,
        "bare_texts_a_second": round(n / bare),
        "texts_a_second": round(n / whole),
        "of_bare": round(bare / whole, 3),
        "sentence_transformers_texts_a_second": peer and round(n / peer),
        "share_of_matrix_rate": round(teraflops / rate, 3),
    }


def sentence_transformers(texts: list[str], model: str) -> float | None:
    """Seconds of sentence-transformers with the same model and dtype, batches of 1,024; None where it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return None
    encoder = SentenceTransformer(str(model_files.fetched(model)), device=DEVICE, model_kwargs={"dtype": torch.bfloat16})
    seconds, _ = timed(lambda: encoder.encode(texts, batch_size=1024, show_progress_bar=False, normalize_embeddings=True))
    return seconds


def shards(n: int) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.float32]]]]:
    """Vectors, a shard at a time, each with its first number; every shard is the same but turned."""
    one = vectors(min(n, SHARD))
    for start in range(0, n, len(one)):
        yield start, np.roll(one, start // len(one), axis=1)[: n - start]


def search(n: int, queries: int) -> dict[str, float]:
    """Seconds of our exact search and of torch's, over the same shards; what ours finds of the other's."""
    asked = vectors(queries, seed=1)
    ours, theirs = 0.0, 0.0
    best = [np.full((queries, K), -np.inf, np.float32) for _ in range(2)]
    ids = [np.full((queries, K), -1, np.int64) for _ in range(2)]
    given = torch.from_numpy(asked).to(DEVICE)
    for start, data in shards(n):
        base = Base(data, np.arange(start, start + len(data)))
        seconds, found = timed(lambda base=base: base.nearest(asked, K))
        ours += seconds
        _merge(best[0], ids[0], found.similarity, found.ids)
        whole = base.whole

        def naive(whole: Any = whole, n: int = len(data)) -> Any:
            blocks = [torch.topk(given[at : at + 1024] @ whole[:n].T, K, dim=1) for at in range(0, queries, 1024)]
            return torch.cat([one.values for one in blocks]), torch.cat([one.indices for one in blocks])

        seconds, (products, rows) = timed(naive)
        theirs += seconds
        _merge(best[1], ids[1], products.cpu().numpy(), rows.cpu().numpy() + start)
        del base, whole
    recall = np.mean([len({*a} & {*b}) / K for a, b in zip(ids[0].tolist(), ids[1].tolist(), strict=True)])
    return {
        "vectors": n,
        "queries": queries,
        "queries_a_second": round(queries / ours, 1),
        "torch_queries_a_second": round(queries / theirs, 1),
        "ratio": round(theirs / ours, 2),
        "recall": round(float(recall), 5),
    }


def _merge(best: Any, ids: Any, similarity: Any, found: Any) -> None:
    both, every = np.concatenate([best, similarity], 1), np.concatenate([ids, found], 1)
    order = np.argsort(-both, axis=1, kind="stable")[:, :K]
    best[:], ids[:] = np.take_along_axis(both, order, 1), np.take_along_axis(every, order, 1)


def signatures(n: int) -> dict[str, float]:
    """Texts a second of the kernel on the device, and of the CPU's."""
    given, factors = strings(pa.array(texts_of(n))), permutations(112, 1)
    device, found = timed(lambda: device_signatures(given, Shingling(), *factors, device=DEVICE))
    cpu, made = timed(lambda: sketch(given, Shingling(), *factors))
    return {"texts": n, "device": round(n / device), "cpu": round(n / cpu), "equal": bool((found == made.signatures).all())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vectors", type=int, default=100_000_000)
    parser.add_argument("--small", action="store_true")
    given = parser.parse_args()
    small = given.small or not CUDA
    rate = matrix_rate(512 if small else 8192)
    figures = {
        "device": torch.cuda.get_device_name() if CUDA else "CPU",
        "bfloat16_teraflops": round(rate, 2),
        "embedding": embedding(64 if small else 100_000, rate),
        "search": search(50_000 if small else given.vectors, 200 if small else 10_000),
        "signatures": signatures(500 if small else 200_000),
    }
    print(figures, file=sys.stderr)
    if CUDA:
        save("gpu", figures)


if __name__ == "__main__":
    main()
