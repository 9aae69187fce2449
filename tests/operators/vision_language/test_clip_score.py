"""CLIPScore beside transformers; an encoder that knows nothing gives no number."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from operators.kernels.matching import SURE, matching
from operators.kernels.vectors import matrix
from operators.models.loading import tokenizer_in
from operators.vision_language.clip_score import ClipScore
from tests.operators.tiny_clip import WINDOW
from tests.operators.vision_language.media_given import SHARED, audited, encoded, folded, scene
from tests.operators.vision_language.shapes_given import seen, shapes


def test_vectors_and_cosines_are_those_of_transformers(taught):
    torch = pytest.importorskip("torch")
    from transformers import AutoImageProcessor, AutoModel

    pictures, captions = shapes(12)
    made = seen(taught, image=pictures, caption=captions)
    model = AutoModel.from_pretrained(taught).eval()
    processor = AutoImageProcessor.from_pretrained(taught, backend="pil")
    shown = processor([Image.open(io.BytesIO(one)).convert("RGB") for one in pictures], return_tensors="pt")
    tokenizer = tokenizer_in(Path(taught))
    ids = torch.tensor([tokenizer.encode(text).ids for text in captions])
    with torch.inference_mode():
        out = model(input_ids=ids, attention_mask=torch.ones_like(ids), **shown)
    cosines = (out.image_embeds * out.text_embeds).sum(1).numpy()
    found = np.array([one[0] for one in made["caption_cosines"].to_pylist()])
    np.testing.assert_allclose(found, cosines, atol=1e-5)
    np.testing.assert_allclose(matrix(made["caption_vector"])[0], out.text_embeds.numpy(), atol=1e-3)
    score = folded(ClipScore(), made)
    assert score.value == pytest.approx(np.clip(2.5 * cosines, 0, 2.5).mean(), abs=1e-5)
    assert score.parts["mean cosine"].value == pytest.approx(cosines.mean(), abs=1e-5)


def test_right_captions_are_above_shuffled_ones(taught):
    right = folded(ClipScore(), seen(taught, **dict(zip(("image", "caption"), shapes(72), strict=True))))
    assert right.parts["right captions above shuffled ones"].value > 0.9
    assert right.parts["standard errors above chance"].value > SURE
    assert right.parts["mean cosine"].value > right.parts["mean cosine of shuffled pairs"].value + 0.3
    wrong = folded(ClipScore(), seen(taught, **dict(zip(("image", "caption"), shapes(72, shift=7), strict=True))))
    assert wrong.value is None, "captions that are all wrong look like an encoder that knows nothing"
    half, captions = shapes(72)
    captions[::2] = shapes(72, shift=7)[1][::2]
    mixed = folded(ClipScore(), seen(taught, image=half, caption=captions))
    assert 0.3 * right.value < mixed.value < 0.8 * right.value


@pytest.mark.parametrize("metric", ["clip_score", "retrieval"])
def test_with_random_weights_the_grid_says_not_measurable(tmp_path, untrained, metric):
    pictures, captions = shapes(72)
    name = f"vision_language.{metric}"
    lines = [f'[features.image_text]\nmodel = "{untrained}"']
    report = audited(tmp_path, [name], lines, image=pictures, caption=captions)
    found = report.result(name).value
    assert found.value is None
    assert "does not tell right captions from shuffled ones" in found.reason
    assert "untrained weights" in found.reason


def test_chance_is_seldom_sure():
    rng = np.random.default_rng(0)
    found = [matching(rng.normal(size=(40, 40))).z for _ in range(400)]
    assert np.std(found) < 1.05
    assert np.mean(np.abs(found) > 3) < 0.01
    assert max(found) < SURE
    flat = matching(np.ones((30, 30)))
    assert (flat.above, flat.z) == (0.5, 0.0)


def test_several_captions_cut_ones_and_what_is_missing(taught):
    pictures, captions = shapes(10)
    long = f"{captions[0]} and {' '.join(['the'] * 40)}"
    rows = {
        "image": [*pictures, pictures[0], pictures[1], b"no image", None],
        "caption": [*captions, None, "  ", captions[0], captions[0]],
        "captions": [None] * 9 + [[long, captions[9], None, ""], None, None, None, None],
    }
    made = seen(taught, **rows)
    lengths = [one and len(one) for one in made["caption_cosines"].to_pylist()]
    assert lengths == [1] * 9 + [2] + [None] * 4
    tokens = made["caption_tokens"].to_pylist()
    assert tokens[0] == [len(captions[0].split()) + 2]
    assert tokens[9][1] == len(long.split()) + 2 > WINDOW
    value = folded(ClipScore(pairs=8), made)
    assert (value.n if value.value else sum(value.skipped.values())) in (10, 4)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_an_encoder_that_knows_only_shapes_is_not_believed_on_photographs(tmp_path, taught):
    import csv

    with (SHARED / "flickr8k/captions.csv").open() as file:
        rows = list(csv.DictReader(file))[::5][:60]
    images = [(SHARED / "flickr8k/images" / row["image"]).read_bytes() for row in rows]
    lines = [f'[features.image_text]\nmodel = "{taught}"']
    report = audited(tmp_path, ["vision_language.clip_score"], lines, image=images, caption=[row["caption"] for row in rows])
    assert "another domain" in report.result("vision_language.clip_score").value.reason


def test_few_pairs_are_no_judge(taught):
    value = folded(ClipScore(), seen(taught, image=[encoded(scene(1)), None], caption=["a red disc", "a red disc"]))
    assert "fewer than 8 distinct pairs" in value.reason
