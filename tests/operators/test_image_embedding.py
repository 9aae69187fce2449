"""Image encoders beside transformers itself; hostile images; audits of images."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from engine.audit import audit, load
from engine.errors import PlanError
from engine.local import Local
from operators.features.image_embedding import ImageEmbedding
from operators.kernels.vectors import matrix
from operators.models.model_files import ModelError
from tests.operators.vision_model import write_clip, write_vit

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


def png(colour, size=(40, 30), kind="PNG", mode="RGB"):
    out = io.BytesIO()
    rng = np.random.default_rng(colour)
    pixels = (colour * 8 + rng.integers(0, 60, (size[1], size[0], 3))).clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).convert(mode).save(out, kind)
    return out.getvalue()


def embedded(feature, images):
    return feature.open()(pa.RecordBatch.from_pydict({"image": pa.array(images, pa.binary())}))["embedding"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "clip"
    return folder, write_clip(folder)


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "vit"
    return folder, write_vit(folder)


def of_transformers(folder, images):
    from transformers import AutoImageProcessor

    processor = AutoImageProcessor.from_pretrained(str(folder), backend="pil")
    return processor([Image.open(io.BytesIO(image)).convert("RGB") for image in images], return_tensors="pt")


IMAGES = [png(1), png(9, (100, 35), "JPEG"), png(17, (33, 90)), png(25, (40, 40), "PNG", "P"), png(5, (40, 40), "PNG", "RGBA")]


def test_clips_own_pooling_is_its_projection(clip):
    folder, model = clip
    with torch.inference_mode():
        expected = model.get_image_features(**of_transformers(folder, IMAGES)).pooler_output.numpy()
    found, valid = matrix(embedded(ImageEmbedding(model=str(folder), normalise=False, batch=2), IMAGES))
    assert valid.all()
    assert found.shape == (5, 8)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
    lengths = np.linalg.norm(matrix(embedded(ImageEmbedding(model=str(folder)), IMAGES))[0], axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-3)


@pytest.mark.parametrize("pooling", ["cls", "mean", "model"])
def test_a_vit_is_pooled_as_asked(vit, pooling):
    folder, model = vit
    with torch.inference_mode():
        out = model(**of_transformers(folder, IMAGES))
    expected = {"cls": out.last_hidden_state[:, 0], "mean": out.last_hidden_state.mean(1), "model": out.pooler_output}[pooling]
    found = matrix(embedded(ImageEmbedding(model=str(folder), pooling=pooling, normalise=False), IMAGES))[0]
    np.testing.assert_allclose(found, expected.numpy(), rtol=2e-3, atol=2e-3)


def test_hostile_images_have_no_vector(clip):
    folder, _ = clip
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    cut = IMAGES[1][: len(IMAGES[1]) // 2]
    images = [IMAGES[0], None, b"", b"no image", b"%!PS-Adobe-3.0 EPSF-3.0\n", cut, bomb.getvalue(), png(3, (60, 60))]
    feature = ImageEmbedding(model=str(folder), max_pixels=3000)
    assert embedded(feature, images).is_valid().to_pylist() == [True] + [False] * 7
    assert embedded(feature, [None, b"x"]).null_count == 2
    assert embedded(ImageEmbedding(model=str(folder)), images[-1:]).null_count == 0


def test_a_folder_without_a_processor_and_other_damage_are_one_sentence(tmp_path, clip):
    write_vit(tmp_path / "bare")
    (tmp_path / "bare" / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match="says nothing of how it takes images"):
        ImageEmbedding(model=str(tmp_path / "bare")).open()
    assert "there is no folder" in ImageEmbedding(model="./nowhere").obstacle()


def plan_of(folder, lines, name="plan"):
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines) + "\n")
    return load(path)


@pytest.fixture
def pictures(tmp_path):
    made = [png(at % 20, (40 + at % 7, 40)) for at in range(40)]
    for name, images in (("subject", [*made[:30], made[0], None, b"broken"]), ("reference", made[10:])):
        table = {"image": pa.array(images, pa.binary()), "text": pa.array([f"picture {at}" for at in range(len(images))])}
        pq.write_table(pa.table(table), tmp_path / f"{name}.parquet")
    sides = [f'[{side}]\npath = "{side}.parquet"\nmodality = "vision_language"' for side in ("subject", "reference")]
    return tmp_path, sides


def test_every_metric_on_embeddings_is_about_images(pictures, clip):
    folder, sides = pictures
    metrics = (
        "vendi_score",
        "frechet_distance",
        "cmmd",
        "precision",
        "coverage",
        "mauve",
        "knn_diversity",
        "semantic_duplicates",
    )
    lines = [*sides, f'[features.image_embedding]\nmodel = "{clip[0]}"', *(f'[metrics."corpus.{name}"]' for name in metrics)]
    report = audit(plan_of(folder, lines), Local(2), str(folder / "out"))
    found = {name: report.result(f"corpus.{name}").value for name in metrics}
    assert all(value.value is not None for value in found.values()), found
    assert found["vendi_score"].skipped == {"no embedding": 2}
    assert found["vendi_score"].n == 31
    assert found["semantic_duplicates"].value > 0
    assert report.models["image_embedding"]["model"] == str(clip[0])


def test_images_and_texts_are_not_embedded_at_once(pictures, clip):
    folder, sides = pictures
    lines = [*sides[:1], f'[features.image_embedding]\nmodel = "{clip[0]}"', "[features.text_embedding]"]
    with pytest.raises(PlanError, match="write the same column: name one of them"):
        audit(plan_of(folder, lines), Local(1), str(folder / "both"))


def test_a_plan_that_names_one_is_not_given_the_other(pictures, clip):
    folder, sides = pictures
    names = ("truncated_share", "vendi_score")
    lines = [*sides[:1], f'[features.image_embedding]\nmodel = "{clip[0]}"', *(f'[metrics."corpus.{n}"]' for n in names)]
    report = audit(plan_of(folder, lines), Local(1), str(folder / "one"))
    assert "needs [features.text_embedding]" in report.result("corpus.truncated_share").reason
