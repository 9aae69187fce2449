"""Pictures without faces, boxes by hand, and photographs whose captions tell of people."""

import csv
import re

import numpy as np
import pytest
from PIL import Image

from operators.features.faces import Faces as Feature
from operators.models import centerface
from operators.vision_language.faces import Faces
from tests.operators.vision_language.media_given import SHARED, batch, encoded, folded, scene

there = pytest.mark.skipif(centerface.obstacle() is not None, reason="the detector's weights are not here")
PEOPLE = re.compile(r"\b(?:man|woman|men|women|girl|boy|child|children|person|people|kid|baby|lady|guy)s?\b", re.IGNORECASE)


def detected(*images, side=256):
    pytest.importorskip("onnxruntime")
    made = batch(stills=[None if one is None else [one] for one in images])
    return made.append_column("faces", Feature(side=side).open()(made)["faces"])


def test_boxes_that_overlap_are_one_face():
    boxes = np.float32([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30], [0, 0, 10, 30]])
    assert centerface.apart(boxes, np.float32([0.5, 0.9, 0.6, 0.4])) == [1, 2, 3]
    assert centerface.apart(np.zeros((0, 4), np.float32), np.zeros(0, np.float32)) == []


@there
def test_pictures_without_faces_have_none():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8))
    plain = Image.new("RGB", (64, 300), "tan")
    made = detected(encoded(noise), encoded(plain), encoded(scene(4)), b"no image", None)
    assert made["faces"].to_pylist() == [[], [], [], None, None]
    value = folded(Faces(), made)
    assert (value.value, value.n, value.skipped) == (0.0, 3, {"no picture that decodes": 2})


@there
@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_photographs_of_people_show_faces_and_others_seldom_do():
    captions = {}
    with (SHARED / "flickr8k/captions.csv").open() as file:
        for row in csv.DictReader(file):
            captions.setdefault(row["image"], []).append(bool(PEOPLE.search(row["caption"])))
    groups = (
        [name for name, said in captions.items() if all(said)][:20],
        [n for n, said in captions.items() if not any(said)][:20],
    )
    rates = [
        folded(Faces(), detected(*((SHARED / "flickr8k/images" / name).read_bytes() for name in group), side=384)).value
        for group in groups
    ]
    assert rates[0] >= 0.35
    assert rates[1] <= 0.15
