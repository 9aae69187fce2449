"""Captions by hand, and those that people wrote for photographs."""

import csv

import pyarrow as pa
import pytest

from operators.vision_language.caption_validity import CaptionValidity
from tests.operators.vision_language.media_given import SHARED, audited, batch, folded

GOOD = [
    "Two dogs run along a beach.",
    "An image of a red bus on a wet street",
    "猫が窓辺で眠っている",
    "Photo 12 in a row of frames on a wall",
    "A <3 drawn in the sand",
    "dog",
]
BAD = {
    "blank": ["", "  \n", "...", "—"],
    "characters": ["a d\x00g", "a dog \ufffd"],
    "file_name": ["IMG_2041.jpg", "pictures/dog-1.PNG", "clip.mp4"],
    "address": ["buy at https://shop.example/1", "see www.example.org now"],
    "markup": ["a <b>red</b> bus", "a bus &amp; a car", "<br/>", "<image>"],
    "placeholder": ["image", "An image of", "Untitled", "n/a", "NULL", "photo 12", "caption.", "lorem ipsum dolor"],
    "too_long": ["word " * 1001],
}


@pytest.mark.parametrize("fault", BAD)
def test_every_fault_has_its_name(fault):
    value = folded(CaptionValidity(), batch(caption=[*BAD[fault], GOOD[0], None]))
    n = len(BAD[fault])
    assert (value.n, value.skipped) == (n + 1, {"no caption": 1})
    assert {name: part.value * value.n for name, part in value.parts.items()} == {fault: pytest.approx(n)}


def test_good_captions_pass():
    value = folded(CaptionValidity(), batch(caption=GOOD))
    assert (value.value, value.n) == (1.0, len(GOOD))
    assert folded(CaptionValidity(least_words=3), batch(caption=GOOD)).parts["too_short"].value == pytest.approx(2 / 6)


def test_of_several_captions_the_first_faulty_one_decides():
    captions = [["a dog", "a pup"], ["a dog", "IMG_1.jpg"], ["a dog", "a dog"], [], None, [None, "a dog"]]
    made = batch(caption=["a dog", "a dog", "a dog", "a dog", None, None])
    made = made.append_column("captions", pa.array(captions, pa.list_(pa.string())))
    value = folded(CaptionValidity(), made)
    assert (value.value, value.n, value.skipped) == (3 / 5, 5, {"no caption": 1})
    assert {entry.record: entry.note for entry in value.evidence} == {1: "file name", 2: "repeated"}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_peoples_captions_are_captions(tmp_path):
    captions = {}
    with (SHARED / "flickr8k/captions.csv").open() as file:
        for row in csv.DictReader(file):
            captions.setdefault(row["image"], []).append(row["caption"])
    assert {len(one) for one in captions.values()} == {5}
    name = "vision_language.caption_validity"
    value = audited(tmp_path, [name], captions=[*captions.values()]).result(name).value
    assert value.n == 500
    assert value.value > 0.97, "only captions that come twice are faults"
    assert {*value.parts} <= {"repeated"}
