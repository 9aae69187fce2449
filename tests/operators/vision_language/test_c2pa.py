"""Content credentials: signed on the spot, tampered with, trusted; and the public set as the reference reader tells it."""

from io import BytesIO

import pytest

from operators.features.c2pa_manifest import C2paManifest
from operators.kernels.manifests import manifest_of
from operators.vision_language.c2pa import C2pa
from tests.operators.vision_language.credentials_given import authority, signed, tampered
from tests.operators.vision_language.media_given import SHARED, audited, batch, encoded, folded, scene

c2pa = pytest.importorskip("c2pa")
SET = SHARED / "c2pa_python"
TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "pdf": "application/pdf",
    "wav": "audio/wav",
}


def read(*images, anchors=""):
    made = batch(image=list(images))
    return made.append_column("c2pa", C2paManifest(trust_anchors=anchors).open()(made)["c2pa"])


def test_the_four_states_are_told_apart(tmp_path):
    whole, plain = signed(), encoded(scene(0), "JPEG")
    images = [plain, tampered(whole), whole, b"", b"no image", None]
    said = read(*images)["c2pa"].to_pylist()
    assert [one and one["state"] for one in said] == ["absent", "invalid", "valid", "absent", "absent", None]
    assert "assertion.dataHash.mismatch" in said[1]["failures"]
    assert (said[2]["generator"].startswith("maker"), said[2]["sources"]) == (True, ["trainedAlgorithmicMedia"])
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority()[0])
    assert read(whole, tampered(whole), anchors=str(anchors))["c2pa"].to_pylist()[0]["state"] == "trusted"
    assert "there is no file" in C2paManifest(trust_anchors="nowhere.pem").obstacle()


def test_the_metric_counts_every_state(tmp_path):
    whole = signed()
    made = read(whole, whole, tampered(whole), encoded(scene(0), "JPEG"), None)
    value = folded(C2pa(), made)
    assert (value.value, value.n, value.skipped) == (0.5, 4, {"no image or clip": 1})
    parts = {name: part.value for name, part in value.parts.items()}
    assert (parts["valid"], parts["trusted"], parts["invalid"], parts["absent"], parts["present"]) == (0.5, 0, 0.25, 0.25, 0.75)
    assert parts["failure assertion.dataHash.mismatch"] == pytest.approx(1 / 3)
    assert parts["names its generator"] == parts["lineage is whole"] == 1.0
    assert parts["generators"] == 1
    assert [(entry.record, entry.note) for entry in value.evidence] == [(2, "invalid, assertion.dataHash.mismatch")]


def test_ingredients_are_counted_and_missing_ones_seen():
    inner = signed(1)
    said = read(signed(2, ingredient=inner))["c2pa"].to_pylist()[0]
    assert (said["state"], said["ingredients"], said["missing"]) == ("valid", 1, 0)
    made_from = [{"active_manifest": "gone"}, {}, {"active_manifest": "a"}]
    store = {"active_manifest": "a", "manifests": {"a": {"ingredients": made_from}}}
    assert manifest_of(store)[2:4] == (3, 1)


@pytest.mark.parametrize(
    "store", [{}, {"manifests": []}, {"manifests": {"a": 1}, "active_manifest": "a"}, {"validation_results": [1]}]
)
def test_a_store_of_any_shape_is_read(store):
    assert manifest_of(store) == (None, (), 0, 0, (), ())


def test_the_plan_names_the_trust_list(tmp_path):
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority()[0])
    lines = [f'[features.c2pa_manifest]\ntrust_anchors = "{anchors}"']
    report = audited(tmp_path, ["vision_language.c2pa"], lines, image=[signed(), None])
    assert report.result("vision_language.c2pa").value.parts["trusted"].value == 1.0


@pytest.mark.skipif(not SET.exists(), reason="the shared data are not here")
def test_all_thirty_files_are_told_as_by_the_reference_reader(monkeypatch):
    import socket

    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "create_connection", refuse)
    paths = sorted(path for path in SET.rglob("*.*") if path.is_file())
    assert len(paths) == 30
    context = c2pa.Context(c2pa.Settings.from_dict({"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}))
    expected = []
    for path in paths:
        try:
            reader = c2pa.Reader.try_create(TYPES[path.suffix[1:]], BytesIO(path.read_bytes()), context=context)
            expected.append("absent" if reader is None else reader.get_validation_state().lower())
        except c2pa.C2paError as error:
            expected.append("remote" if "remote" in str(error) else "unreadable")
    made = read(*(path.read_bytes() for path in paths))
    found = [one["state"] for one in made["c2pa"].to_pylist()]
    assert found == expected
    named = {f"{path.parent.name}/{path.name}": state for path, state in zip(paths, found, strict=True)}
    tampered_with = ("E-sig-CA.jpg", "XCA.jpg", "CIE-sig-CA.jpg")
    assert all(named[f"files-for-reading-tests/{name}"] == "invalid" for name in tampered_with)
    assert {state: found.count(state) for state in sorted({*found})} == {
        "absent": 12,
        "invalid": 3,
        "remote": 3,
        "unreadable": 1,
        "valid": 11,
    }
    assert folded(C2pa(), made).value == pytest.approx(11 / 30)
