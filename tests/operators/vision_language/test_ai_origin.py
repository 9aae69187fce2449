"""Declarations of AI origin in credentials that hold, that do not, and in XMP."""

import pytest

from operators.features.c2pa_manifest import C2paManifest
from operators.features.image_metadata import ImageMetadata
from operators.vision_language.ai_origin import AiOrigin
from tests.operators.vision_language.credentials_given import SOURCE, signed, tampered
from tests.operators.vision_language.media_given import SHARED, batch, encoded, folded, scene

pytest.importorskip("c2pa")


def read(*images):
    made = batch(image=list(images))
    for feature in (C2paManifest(), ImageMetadata()):
        for name, column in feature.open()(made).items():
            made = made.append_column(name, column)
    return made


def labelled(source):
    packet = f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}{source}</Iptc4xmpExt:DigitalSourceType>"
    return encoded(scene(1), "JPEG", xmp=packet.encode())


def test_every_way_to_say_it():
    kinds = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "digitalCapture")
    generated, edited, taken = (signed(source=one) for one in kinds)
    label = labelled("trainedAlgorithmicMedia")
    images = [generated, edited, taken, tampered(generated), label, labelled("digitalCapture"), encoded(scene(2), "JPEG"), None]
    value = folded(AiOrigin(), read(*images))
    assert (value.value, value.n, value.skipped) == (2 / 7, 7, {"no image or clip": 1})
    parts = {name: round(part.value * 7) for name, part in value.parts.items()}
    assert parts == {
        "in credentials that hold": 2,
        "in credentials that do not": 1,
        "in XMP alone": 1,
        "says that a camera made it": 1,
    }
    assert [entry.record for entry in value.evidence] == [3]
    assert folded(AiOrigin(), read(None)).value is None


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_a_file_that_adobe_signed_says_so():
    path = SHARED / "c2pa_python/files-for-reading-tests/pdf-file.pdf"
    assert folded(AiOrigin(), read(path.read_bytes())).value == 1.0
