"""Lists of hashes against brute force; edited copies of a listed picture are found, others are not."""

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from engine.errors import PlanError
from operators.features.hash_match import HashMatch, listed
from operators.kernels.perceptual import hamming, pdq
from tests.operators.vision_language.media_given import SHARED, audited, batch, encoded, scene

NAME = "vision_language.hash_list"


def write(path, hashes, comment="hash,source\n"):
    path.write_text(comment + "".join(f"{one},known\n" for one in hashes))
    return path


def test_edited_copies_of_listed_pictures_are_found(tmp_path):
    known = [scene(seed) for seed in range(5)]
    md5 = write(tmp_path / "md5.csv", [hashlib.md5(encoded(known[0])).hexdigest().upper()])
    listing = write(tmp_path / "pdq.txt", [pdq(one)[0].hex() for one in known[1:]])
    smaller = known[2].resize((180, 120))
    brighter = ImageEnhance.Brightness(known[3]).enhance(1.15)
    images = [
        encoded(known[0]),
        encoded(known[0], "JPEG"),
        encoded(smaller, "JPEG", quality=70),
        encoded(brighter),
        *(encoded(scene(seed)) for seed in range(50, 56)),
        encoded(Image.new("RGB", (64, 64))),
        b"no image",
        None,
    ]
    lines = [f'[features.hash_match]\nmd5 = "{md5}"\npdq = "{listing}"']
    value = audited(tmp_path, [NAME], lines, image=images).result(NAME).value
    assert {entry.record for entry in value.evidence} == {0, 2, 3}
    assert (value.value, value.n, value.skipped) == (3 / 12, 12, {"nothing to compare": 1})
    assert (value.parts["md5"].value, value.parts["pdq"].value) == (1 / 12, 2 / 12)


def test_distances_are_those_of_brute_force(tmp_path):
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (300, 32), dtype=np.uint8)
    listing = write(tmp_path / "pdq.txt", [one.tobytes().hex() for one in hashes], comment="")
    images = [encoded(scene(seed)) for seed in range(6)]
    made = batch(stills=[[one] for one in images], image=images)
    found = HashMatch(pdq=str(listing)).open()(made)["hash_match"].to_pylist()
    for seed, row in enumerate(found):
        own = np.frombuffer(pdq(scene(seed))[0], np.uint8)
        assert row == {"md5": None, "distance": int(hamming(hashes, own[None]).min())}


def test_a_plan_must_name_a_list_that_is_one(tmp_path):
    assert "needs a list of hashes" in HashMatch().obstacle()
    assert "there is no file" in HashMatch(md5="nowhere.txt").obstacle()
    empty = write(tmp_path / "empty.txt", ["not a hash"])
    with pytest.raises(PlanError, match="no line with a hash of 32 hex digits"):
        listed(str(empty), 32)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not here")
def test_the_bridge_is_found_in_every_edit(tmp_path):
    mods = sorted((SHARED / "pdq_bridge/bridge-mods").glob("*.jpg"))
    listing = write(tmp_path / "pdq.txt", [pdq(Image.open(mods[0]).convert("RGB"))[0].hex()])
    others = sorted((SHARED / "pdq_bridge/reg-test-input/labelme-subset").glob("*.jpg"))
    images = [path.read_bytes() for path in [*mods, *others]]
    value = audited(tmp_path, [NAME], [f'[features.hash_match]\npdq = "{listing}"'], image=images).result(NAME).value
    assert value.parts["pdq"].value * value.n == len(mods)
