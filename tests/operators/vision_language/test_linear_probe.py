"""The probe against scikit-learn, on data that teach, that mislead and that teach nothing."""

import numpy as np
import pytest

from operators.kernels.vectors import column
from operators.vision_language.linear_probe import LinearProbe
from tests.operators.vision_language.media_given import audited, batch, encoded, scene

linear_model = pytest.importorskip("sklearn.linear_model")


def side(n, seed, noise=0.5, wrong=0.0, labels=("cat", "dog", "bus")):
    """Vectors around one of three directions, with the direction's name, or another for some."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, len(labels), n)
    vectors = np.eye(8)[kinds] + noise * rng.normal(size=(n, 8))
    said = np.where(rng.random(n) < wrong, (kinds + 1) % len(labels), kinds)
    made = batch(label=[labels[at] for at in said])
    return made.append_column("embedding", column(vectors.astype(np.float16), np.ones(n, bool)))


def compared(subject, reference, holdout=None, **parameters):
    metric = LinearProbe(**parameters)
    states = [None if made is None else metric.fold(made) for made in (subject, reference, holdout)]
    return metric.compare(*states)


def unit(made):
    vectors = np.array(made["embedding"].to_pylist(), float)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.array(made["label"].to_pylist())


def test_the_accuracy_is_scikit_learns():
    data, real, test = side(300, 1), side(300, 2), side(200, 3)
    model = linear_model.LogisticRegression(max_iter=1000).fit(*unit(data))
    vectors, labels = unit(test)
    value = compared(data, real, test)
    assert value.value == pytest.approx((model.predict(vectors) == labels).mean(), abs=0.011)
    beside = linear_model.LogisticRegression(max_iter=1000).fit(*unit(real))
    assert value.parts["trained on the reference"].value == pytest.approx((beside.predict(vectors) == labels).mean(), abs=0.011)
    assert value.parts["gap"].value == pytest.approx(value.parts["trained on the reference"].value - value.value)
    assert value.n == 200


def test_wrong_labels_open_the_gap():
    real, test = side(400, 2), side(300, 3)
    gaps = [compared(side(400, 1, wrong=wrong), real, test).parts["gap"].value for wrong in (0.0, 0.6)]
    assert abs(gaps[0]) < 0.06
    assert gaps[1] > 0.3
    blind = compared(side(400, 1, labels=("x", "y", "z")), real, test)
    assert blind.value == 0.0, "labels that the data lack are errors"


def test_without_a_holdout_half_of_the_reference_is_the_test():
    value = compared(side(300, 1), side(300, 2))
    assert value.n == 150
    assert value.value > 0.6 > value.parts["the commonest label"].value


def test_what_cannot_be_learnt_from_has_a_reason():
    one = side(50, 1, labels=("cat",))
    assert "of one label" in compared(one, side(50, 2)).reason
    assert "fewer than 10" in compared(side(5, 1), side(50, 2)).reason


def test_through_an_audit(tmp_path):
    pytest.importorskip("transformers")
    from tests.operators.vision_model import write_clip

    write_clip(tmp_path / "clip")
    lines = [f'[features.image_embedding]\nmodel = "{tmp_path / "clip"}"']
    images = [encoded(scene(seed, (48, 48))) for seed in range(40)]
    labels = [("even", "odd")[seed % 2] for seed in range(40)]
    sides = {"image": images, "label": labels}
    report = audited(tmp_path, ["vision_language.linear_probe"], lines, reference=sides, **sides)
    assert 0 <= report.result("vision_language.linear_probe").value.value <= 1
