"""Neighbours by embedding in whole audits, beside scikit-learn on the same vectors."""

import json
import shutil
import tempfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.audit import audit, load
from engine.local import Local
from engine.schema import split_id
from operators.kernels.kmeans import centroids
from operators.kernels.nearest import Base
from operators.kernels.vectors import matrix, unit
from operators.neighbors.rows import Vectors
from operators.neighbors.shards import searcher
from tests.engine.static_model import write_static_model

pytest.importorskip("torch")
pytest.importorskip("transformers")

WORDS = [f"w{at}" for at in range(300)]
METRICS = ("semantic_duplicates", "knn_diversity", "novelty", "dcr_share", "nndr", "membership_inference", "vendi_score")


def texts(n, seed, copied=()):
    rng = np.random.default_rng(seed)
    made = [" ".join(rng.choice(WORDS, int(rng.integers(3, 12)))) for _ in range(n)]
    return [*copied, *made][:n]


def write(folder, rows, shards=3):
    folder.mkdir(parents=True)
    for at, piece in enumerate(np.array_split(np.array(rows, dtype=object), shards)):
        pq.write_table(pa.table({"text": pa.array(piece.tolist(), pa.string())}), folder / f"{at}.parquet")


def run(tmp_path, name, relation="", workers=2, metrics=METRICS, extra=""):
    plan = tmp_path / f"{name}.toml"
    sides = "".join(f'[{side}]\npath = "{side}"\n' for side in ("reference", "holdout"))
    asked = "".join(f'[metrics."corpus.{metric}"]\n' for metric in metrics)
    plan.write_text(
        f'{extra}[subject]\npath = "subject"\nmodality = "text"\n{sides}[features.text_embedding]\nmodel = "{tmp_path}/model"\n'
        f"[relations.neighbors]\n{relation}\n{asked}"
    )
    report = audit(load(plan), Local(workers), str(tmp_path / name))
    folder = tmp_path / name / "columns/relations.neighbors"
    files = sorted(folder.glob("*.arrow"))
    columns = pa.concat_tables([pa.ipc.open_file(pa.OSFile(str(path))).read_all() for path in files])
    return report, columns


@pytest.fixture
def data(tmp_path):
    write_static_model(tmp_path / "model", WORDS)
    reference, holdout = texts(200, 1), texts(200, 2)
    subject = texts(300, 3, copied=reference[:60])
    subject[100], subject[101], subject[102] = None, "", "unknown words only"
    for side, rows in (("subject", subject), ("reference", reference), ("holdout", holdout)):
        write(tmp_path / side, rows)
    return {"subject": subject, "reference": reference, "holdout": holdout}


def embedded(tmp_path, rows):
    from engine.feature import attempt
    from operators.features.text_embedding import TextEmbedding

    assert attempt() == 0
    batch = pa.RecordBatch.from_pydict({"content_text": pa.array(rows, pa.large_string())})
    return matrix(TextEmbedding(model=str(tmp_path / "model")).open()(batch)["embedding"])


def test_flat_search_is_that_of_scikit_learn(tmp_path, data):
    neighbors = pytest.importorskip("sklearn.neighbors")
    report, columns = run(tmp_path, "flat")
    vectors, valid = embedded(tmp_path, data["subject"])
    assert valid.tolist() == [text is not None and text != "" for text in data["subject"]]
    assert columns["nearest_similarity"].is_valid().to_pylist() == valid.tolist()
    at = np.flatnonzero(valid)
    vectors = unit(vectors)
    far, who = neighbors.NearestNeighbors(n_neighbors=11, metric="cosine").fit(vectors).kneighbors(vectors)
    own = who == np.arange(len(at))[:, None]
    own[~own.any(1), -1] = True
    others = np.sort(far[~own].reshape(len(at), 10), axis=1)
    mine = columns.filter(columns["nearest_similarity"].is_valid())
    assert np.allclose(1 - others[:, 0], mine["nearest_similarity"].to_numpy(), atol=2e-6)
    assert np.allclose(others.mean(1), mine["nearest_mean_distance"].to_numpy(), atol=2e-6)
    reference = unit(embedded(tmp_path, data["reference"])[0])
    far, _ = neighbors.NearestNeighbors(n_neighbors=2, metric="cosine").fit(reference).kneighbors(vectors)
    assert np.allclose(1 - far[:, 0], mine["reference_nearest_similarity"].to_numpy(), atol=2e-6)
    assert np.allclose(1 - far[:, 1], mine["reference_second_similarity"].to_numpy(), atol=2e-6)
    for row in (0, 30, 59):
        assert mine["reference_nearest_similarity"][row].as_py() == 1.0
    assert report.result("corpus.dcr_share").value.low > 0.5  # a fifth of the records are copies
    assert report.result("corpus.novelty").value.value < 0.85
    assert report.result("corpus.nndr").value.value == 0.0
    attack = report.result("corpus.membership_inference").value
    assert attack.value > 0.55
    assert attack.parts["true positives at 1 % false positives"].value >= 0.29  # 60 of 200 were copied


def test_no_leak_is_seen_where_there_is_none(tmp_path, data):
    write(tmp_path / "clean/subject", texts(300, 9))
    (tmp_path / "clean/reference").symlink_to(tmp_path / "reference")
    (tmp_path / "clean/holdout").symlink_to(tmp_path / "holdout")
    (tmp_path / "clean/model").symlink_to(tmp_path / "model")
    report, _ = run(tmp_path / "clean", "out")
    for metric in ("dcr_share", "membership_inference"):
        value = report.result(f"corpus.{metric}").value
        assert value.low <= 0.5 <= value.high


def test_search_by_cells_finds_what_exact_search_finds_and_says_how_much(tmp_path, data):
    _, flat = run(tmp_path, "flat")
    report, cells = run(tmp_path, "cells", 'index = "ivf"\ncells = 16\nprobes = 8')
    known = report.result("corpus.semantic_duplicates").value.parts["recall of the search"]
    assert known.value > 0.8
    same = np.mean(np.isclose(flat["nearest_similarity"].fill_null(9), cells["nearest_similarity"].fill_null(9), atol=1e-6))
    assert same > 0.85
    for metric, name, column in (("dcr_share", "in the reference", "reference"), ("nndr", "in the holdout", "holdout")):
        said = report.result(f"corpus.{metric}").value.parts[f"recall of the search {name}"]
        names = [f"{column}_{rank}_similarity" for rank in ("nearest", "second")]
        missed = [~np.isclose(flat[one].fill_null(9), cells[one].fill_null(9), atol=1e-6) for one in names]
        assert said.value == pytest.approx(1 - np.mean(missed), abs=0.1)
        assert said.value < 1
    assert report.result("corpus.novelty").value.parts.keys() == {"recall of the search in the reference"}
    attack = report.result("corpus.membership_inference").value.parts
    assert 0.5 < attack["recall of the search from the reference"].value <= 1
    _, all_cells = run(tmp_path, "all", 'index = "ivf"\ncells = 16\nprobes = 16')
    for name in flat.column_names:
        left, right = (t[name].cast(pa.float64()).fill_null(-9).to_numpy() for t in (flat, all_cells))
        assert np.allclose(left, right, atol=1e-6) or name.endswith("_id")


def test_one_and_four_workers_give_the_same_bytes(tmp_path, data):
    run(tmp_path, "one", 'index = "ivf"\ncells = 8\nprobes = 4', workers=1)
    run(tmp_path, "four", 'index = "ivf"\ncells = 8\nprobes = 4', workers=4)
    assert (tmp_path / "one/report.json").read_bytes() == (tmp_path / "four/report.json").read_bytes()


def test_embeddings_are_computed_once_for_all_audits_that_share_a_cache(tmp_path, data):
    run(tmp_path, "first", extra='cache = "kept"\n')
    kept = sorted((tmp_path / "kept").rglob("*.arrow"))
    assert len(kept) == 9
    times = [path.stat().st_mtime_ns for path in kept]
    run(tmp_path, "second", extra='cache = "kept"\n')
    assert [path.stat().st_mtime_ns for path in kept] == times
    assert (tmp_path / "first/report.json").read_bytes() == (tmp_path / "second/report.json").read_bytes()
    assert not (tmp_path / "first/features").exists()


def test_an_encoder_that_is_not_there_is_a_sentence_and_an_empty_cell(tmp_path, data):
    for path in (tmp_path / "model").iterdir():
        path.unlink()
    (tmp_path / "model").rmdir()
    plan = tmp_path / "gone.toml"
    plan.write_text(
        f'[subject]\npath = "subject"\nmodality = "text"\n[features.text_embedding]\nmodel = "{tmp_path}/model"\n'
        '[metrics."corpus.vendi_score"]\n[metrics."corpus.exact_duplicates"]\n'
    )
    report = audit(load(plan), Local(1), str(tmp_path / "gone"))
    found = report.result("corpus.vendi_score")
    assert found.status == "not_measurable"
    assert "there is no folder" in found.reason
    assert json.loads((tmp_path / "gone/report.json").read_text())["models"] == {}


@pytest.mark.parametrize("kind", ["hnsw", "ivf_pq"])
def test_indexes_of_faiss_are_compared_exactly_in_the_end(kind):
    pytest.importorskip("faiss")
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(400, 32))
    vectors = unit((centres[rng.integers(0, 400, 12_000)] + 0.4 * rng.normal(size=(12_000, 32))).astype(np.float32))
    base = Vectors(vectors, np.arange(12_000) * 2)
    exact = Base(*base, wide=True).nearest(vectors[:200], 10, base.ids[:200])
    found = searcher(kind, base)(vectors[:200], 10, base.ids[:200])
    recall = np.mean([len({*a} & {*b}) / 10 for a, b in zip(exact.ids.tolist(), found.ids.tolist(), strict=True)])
    assert recall > 0.8
    assert np.allclose(found.similarity[:, 0], np.einsum("qd,qd->q", vectors[:200], vectors[found.ids[:, 0] // 2]), atol=1e-6)


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("n", [1, 31, 32, 33, 1000, 70_000])
def test_exact_search_is_a_full_sort(wide, n):
    rng = np.random.default_rng(n)
    vectors = unit(rng.normal(size=(n, 24)).astype(np.float32))
    vectors[n // 2 :: 7] = vectors[0]  # many copies
    ids = np.arange(n) * 3
    found = Base(vectors, ids, wide).nearest(vectors[:20], 5, ids[:20])
    products = vectors[:20].astype(np.float64) @ vectors.T.astype(np.float64)
    products[np.arange(min(20, n)), np.arange(min(20, n))] = -np.inf
    best = -np.sort(-products, axis=1)[:, :5]
    mine = np.where(found.ids < 0, -np.inf, found.similarity.astype(np.float64))[:, : best.shape[1]]
    assert np.allclose(np.maximum(mine, -2), np.maximum(best, -2), atol=1e-5)
    assert not (found.ids == ids[:20, None]).any()


def test_centroids_of_fewer_vectors_than_asked_for_are_these():
    vectors = unit(np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32))
    assert np.allclose(np.sort(centroids(vectors, 3), axis=0), np.sort(vectors, axis=0), atol=1e-6)


def test_evidence_names_records_of_the_reference(tmp_path, data):
    report, _ = run(tmp_path, "evidence", metrics=("dcr_share",))
    item = report.result("corpus.dcr_share").value.evidence[0]
    assert split_id(item.other)[0] >= 3  # behind the subject's three units
    assert report.records[str(item.record)].fields["text"] == report.records[str(item.other)].fields["text"]


def test_ray_gives_the_bytes_of_one_process_and_gives_searches_the_gpu(tmp_path, data):
    """Ray is told of one GPU, which tasks and the pool of the encoder share; what runs finds none and takes the CPU."""
    ray = pytest.importorskip("ray")
    from engine.cluster import Cluster

    here, _ = run(tmp_path, "here")
    out, folder = str(tmp_path / "ray"), tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short: it holds Unix sockets
    options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR", "_temp_dir": folder}
    ray.init(address="local", num_cpus=3, num_gpus=1, **options)
    try:
        with Cluster(out) as cluster:
            there = audit(load(tmp_path / "here.toml"), cluster, out)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
    assert there == here
    assert (tmp_path / "ray/report.json").read_bytes() == (tmp_path / "here/report.json").read_bytes()
