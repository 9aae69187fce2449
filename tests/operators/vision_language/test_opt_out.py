"""Opt-outs in credentials, whether or not these hold, and in XMP."""

import pytest

from operators.features.c2pa_manifest import C2paManifest
from operators.features.image_metadata import ImageMetadata
from operators.vision_language.opt_out import OptOut
from tests.operators.vision_language.credentials_given import signed, tampered
from tests.operators.vision_language.media_given import SHARED, batch, encoded, folded, scene

pytest.importorskip("c2pa")


def read(*images):
    made = batch(image=list(images))
    for feature in (C2paManifest(), ImageMetadata()):
        for name, column in feature.open()(made).items():
            made = made.append_column(name, column)
    return made


def reserved(value):
    packet = f'<rdf:Description xmlns:tdm="http://www.w3.org/ns/tdmrep/" tdm:reservation="{value}"/>'
    return encoded(scene(1), "JPEG", xmp=packet.encode())


def test_what_is_forbidden_counts_whoever_says_it():
    mined, inferred = signed(forbidden=("data_mining", "ai_generative_training")), signed(forbidden=("ai_inference",))
    images = [mined, tampered(mined), inferred, signed(), reserved(1), reserved(0), encoded(scene(1)), None]
    value = folded(OptOut(), read(*images))
    assert (value.value, value.n) == (4 / 7, 7)
    parts = {name: round(part.value * 7) for name, part in value.parts.items()}
    assert parts == {
        "forbids ai_generative_training": 2,
        "forbids ai_training": 0,
        "forbids data_mining": 2,
        "reserves its rights in XMP": 1,
    }
    notes = {entry.record: entry.note for entry in value.evidence}
    assert notes[0] == "forbids ai_generative_training, data_mining"
    assert notes[4] == "reserves its rights in XMP"
    assert folded(OptOut(), read(None)).value is None


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_files_of_the_public_set_that_forbid_training():
    names = ("C_with_CAWG_data.jpg", "C.jpg")
    value = folded(OptOut(), read(*((SHARED / "c2pa_python" / name).read_bytes() for name in names)))
    assert (value.value, [entry.record for entry in value.evidence]) == (0.5, [0])
