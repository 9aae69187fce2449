"""Signals against scipy and closed forms; planted faults are named."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from operators.features.image_signals import ImageSignals
from operators.kernels.signals import blockiness, sharpness, signals
from operators.vision_language.image_quality import ImageQuality
from tests.operators.vision_language.media_given import SHARED, batch, encoded, folded, scene


def measured(*images):
    made = batch(image=list(images))
    return folded(ImageQuality(), made.append_column("image_signals", ImageSignals().open()(made)["image_signals"]))


def test_sharpness_is_the_variance_of_scipys_laplacian():
    ndimage = pytest.importorskip("scipy.ndimage")
    grey = np.random.default_rng(0).integers(0, 256, (37, 52)).astype(np.uint8)
    expected = ndimage.laplace(grey.astype(float), mode="nearest").var()
    assert sharpness(grey) == pytest.approx(expected, rel=1e-12)


def test_signals_of_pictures_that_are_known():
    half = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 64, 0).repeat(32, 1)).convert("RGB")
    found = signals(half)
    assert (found.entropy, found.contrast, found.dark_end, found.light_end) == (1.0, 0.5, 0.0, 1.0)
    assert found.aspect == 1.0
    ramp = Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (8, 1))).convert("RGB")
    assert signals(ramp).entropy == pytest.approx(8.0)
    assert signals(ramp).contrast == pytest.approx(np.arange(256).std() / 255)
    assert signals(ramp).aspect == pytest.approx(8 / 256)


def test_blocks_of_jpeg_are_seen():
    photo = scene(5).filter(ImageFilter.GaussianBlur(2))
    clean, blocky = (np.asarray(Image.open(_file(photo, quality)).convert("L")) for quality in (95, 3))
    assert blockiness(clean) < 1.5 < 4 < blockiness(blocky)


def _file(image, quality):
    from io import BytesIO

    return BytesIO(encoded(image, "JPEG", quality=quality))


PLANTED = {
    "solid_colour": Image.new("RGB", (100, 80), (90, 120, 30)),
    "dark": Image.fromarray((np.asarray(scene(1)) * 0.2).astype(np.uint8)),
    "bright": Image.fromarray((244 + np.asarray(scene(1)) * 0.045).astype(np.uint8)),
    "low_contrast": Image.fromarray((120 + np.asarray(scene(1)) * 0.08).astype(np.uint8)),
    "low_entropy": Image.fromarray(np.kron(np.array([[0, 120], [200, 60]], np.uint8), np.ones((40, 40), np.uint8))).convert(
        "RGB"
    ),
    "blurry": scene(1).filter(ImageFilter.GaussianBlur(5)),
    "odd_aspect": scene(1, (400, 40)),
}


def test_every_planted_fault_is_named_and_a_good_picture_passes():
    value = measured(*(encoded(image) for image in PLANTED.values()), encoded(scene(1)), encoded(scene(2)), b"no image", None)
    assert {name: part.n for name, part in value.parts.items() if name in PLANTED} == dict.fromkeys(PLANTED, 9)
    assert {name for name, part in value.parts.items() if name in PLANTED and part.value == 1 / 9} == {*PLANTED}
    assert (value.value, value.n, value.skipped) == (2 / 9, 9, {"no image that decodes": 2})


def test_other_encodings_of_one_picture_have_its_signals():
    picture = scene(7)
    rotated = encoded(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=97, exif=_turned(6))
    kinds = [
        encoded(picture, "PNG"),
        rotated,
        encoded(picture.convert("RGBA")),
        encoded(picture.convert("CMYK"), "JPEG", quality=97),
    ]
    made = ImageSignals().open()(batch(image=kinds))["image_signals"].to_pylist()
    for one in made:
        assert one["aspect"] == made[0]["aspect"]
        assert one["contrast"] == pytest.approx(made[0]["contrast"], rel=0.05)
    wide = Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257)
    deep = ImageSignals().open()(batch(image=[encoded(wide)]))["image_signals"].to_pylist()[0]
    assert deep["contrast"] == pytest.approx(made[0]["contrast"], rel=0.02), "16 bits are scaled, not clipped"


def _turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_photographs_pass_and_a_blurred_one_does_not():
    photos = [path.read_bytes() for path in sorted((SHARED / "flickr8k/images").glob("*.jpg"))[:100]]
    assert measured(*photos).value > 0.95
    mods = SHARED / "pdq_bridge/bridge-mods"
    value = measured((mods / "aaa-orig.jpg").read_bytes(), (mods / "blur-a-lot.jpg").read_bytes())
    assert (value.value, value.parts["blurry"].value) == (0.5, 0.5)
