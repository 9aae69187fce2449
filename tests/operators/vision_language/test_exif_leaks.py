"""Hand-made EXIF and XMP, and what may not count."""

import pytest
from PIL import Image

from operators.features.image_metadata import ImageMetadata
from operators.vision_language.exif_leaks import ExifLeaks
from tests.operators.vision_language.media_given import batch, encoded, folded, scene


def photo(kind="JPEG", gps=None, exif_ifd=None, xmp=None, **tags):
    exif = Image.Exif()
    for name, value in tags.items():
        exif[{"artist": 0x013B, "author": 0x9C9D, "copyright": 0x8298, "model": 0x0110}[name]] = value
    if gps:
        exif.get_ifd(0x8825).update(gps)
    if exif_ifd:
        exif.get_ifd(0x8769).update(exif_ifd)
    return encoded(scene(1, (40, 30)), kind, exif=exif, **({"xmp": xmp} if xmp else {}))


PLACE = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}
GIVEN = {
    "nothing": (photo(), set()),
    "a model and a copyright": (photo(model="X100", copyright="CC0"), set()),
    "a place": (photo(gps=PLACE), {"gps"}),
    "a height and a time alone": (photo(gps={5: b"\x00", 6: 34.0, 29: "2024:01:01"}), set()),
    "a latitude alone": (photo(gps={1: "N", 2: (52.0, 31.0, 12.0)}), set()),
    "a body": (photo(exif_ifd={0xA431: "1234567"}), {"serial"}),
    "a lens": (photo(exif_ifd={0xA435: "L-99"}), {"serial"}),
    "a serial number of blanks": (photo(exif_ifd={0xA431: "   "}), set()),
    "an owner": (photo(exif_ifd={0xA430: "Ann Lee"}), {"owner"}),
    "an artist": (photo(artist="Ann Lee"), {"owner"}),
    "all of it, in PNG": (photo("PNG", gps=PLACE, exif_ifd={0xA431: "1"}, artist="Ann Lee"), {"gps", "serial", "owner"}),
    "all of it, in WebP": (photo("WEBP", gps=PLACE, exif_ifd={0xA431: "1"}, artist="Ann Lee"), {"gps", "serial", "owner"}),
    "a place in XMP": (photo(xmp=b'<rdf:Description exif:GPSLatitude="52,31.2N" exif:GPSLongitude="13,24E"/>'), {"gps"}),
    "a serial number in XMP": (photo(xmp=b"<aux:SerialNumber>77</aux:SerialNumber>"), {"serial"}),
    "an empty one in XMP": (photo(xmp=b"<aux:SerialNumber></aux:SerialNumber>"), set()),
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_gives_a_person_away(name):
    data, expected = GIVEN[name]
    (found,) = ImageMetadata().open()(batch(image=[data]))["image_metadata"].to_pylist()
    assert set(found["leaks"]) == expected


def test_the_rate_and_that_no_value_is_shown():
    images = [data for data, _ in GIVEN.values()]
    made = batch(image=[*images, b"no image", None])
    value = folded(ExifLeaks(), made.append_column("image_metadata", ImageMetadata().open()(made)["image_metadata"]))
    leaking = sum(bool(expected) for _, expected in GIVEN.values())
    assert (value.value, value.n) == (leaking / len(images), len(images))
    assert value.skipped == {"no image with a readable header": 2}
    for kind in ("gps", "serial", "owner"):
        assert value.parts[kind].value == pytest.approx(sum(kind in e for _, e in GIVEN.values()) / len(images))
    assert all("Lee" not in entry.note and "52" not in entry.note for entry in value.evidence)


@pytest.mark.parametrize("damage", [b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"])
def test_damaged_blocks_give_nothing_away(damage):
    (found,) = (
        ImageMetadata().open()(batch(image=[encoded(scene(1, (20, 20)), "JPEG", exif=damage)]))["image_metadata"].to_pylist()
    )
    assert found == {"leaks": [], "source": None, "reserved": False}
