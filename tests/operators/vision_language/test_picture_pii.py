"""Text that a reader finds in pictures: a reader in place of the real one."""

from shutil import which

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.errors import PlanError
from operators.features.picture_text import PictureText
from operators.vision_language.picture_pii import PicturePii
from tests.operators.vision_language.media_given import audited, batch, encoded, folded

NAME = "vision_language.picture_pii"
WRITTEN = {10: "EXIT", 20: "Card 4111 1111 1111 1111", 30: "call ann@mail.org"}


def reader(pictures):
    """What is written stands in the shade of grey."""
    return [WRITTEN[picture.getpixel((0, 0))[0]] for picture in pictures]


def shade(value):
    return encoded(Image.new("RGB", (8, 8), (value,) * 3))


def test_what_is_written_is_searched():
    made = batch(stills=[[shade(10)], [shade(10), shade(20)], [shade(30)], [b"no image"], None])
    made = made.append_column("picture_text", PictureText(reader=f"{__name__}:reader").open()(made)["picture_text"])
    assert made["picture_text"].to_pylist() == ["EXIT", "EXIT\nCard 4111 1111 1111 1111", "call ann@mail.org", None, None]
    value = folded(PicturePii(), made)
    assert (value.value, value.n) == (2 / 3, 3)
    assert all("4111" not in entry.note for entry in value.evidence)


def written(text):
    picture = Image.new("RGB", (800, 120), "white")
    ImageDraw.Draw(picture).text((20, 30), text, "black", font=ImageFont.load_default(40))
    return encoded(picture)


@pytest.mark.skipif(which("tesseract") is None, reason="Tesseract is not installed")
def test_tesseract_reads_what_is_written(tmp_path, monkeypatch):
    pictures = [written("Write to ann.doe@mail.org"), written("No entry"), written(""), shade(7)]
    report = audited(tmp_path, [NAME], ["[features.picture_text]"], image=pictures)
    assert report.result(NAME).value.value == 0.25
    made = PictureText().open()(batch(stills=[[picture] for picture in pictures]))
    assert made["picture_text"].to_pylist() == ["Write to ann.doe@mail.org", "No entry", "", ""]
    assert PictureText().identity()["reader"].startswith("tesseract ")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    with pytest.raises(PlanError, match="no data of English"):
        PictureText().open()


def test_without_a_reader_the_plan_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PlanError, match="needs a reader of text in pictures"):
        audited(tmp_path, [NAME], image=[shade(10)])
    lines = [f'[features.picture_text]\nreader = "{__name__}:reader"']
    assert audited(tmp_path, [NAME], lines, image=[shade(10), shade(20)]).result(NAME).value.value == 0.5
