"""Fields by hand; hashes of bytes; what a record states badly it does not state."""

import hashlib
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from operators.kernels.provenance import is_generator, is_licence, is_time, is_uri
from operators.vision_language.lineage import Lineage
from tests.operators.vision_language.media_given import audited, encoded, scene

NAME = "vision_language.lineage"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (
            is_uri,
            [
                "https://example.org/a b".replace(" ", "%20"),
                "s3://bucket/key",
                "doi:10.1000/182",
                "10.1000/182",
                "data:image/png;base64,AAAA",
            ],
            ["", "example", "https://", "a b", "C:/x"],
        ),
        (
            is_licence,
            [
                "MIT",
                "CC-BY-NC-SA-4.0",
                "apache-2.0",
                "GPL-2.0-only WITH Classpath-exception-2.0",
                "(MIT OR CC0-1.0)",
                "LicenseRef-own",
            ],
            ["", "unknown", "free", "MIT OR", "MIT CC0-1.0", "(MIT", "all rights reserved", "OR"],
        ),
        (
            lambda text: is_time(text, NOW),
            ["2024-02-29", "2024-02-29T10:00:00+02:00", "1900-01-01T00:00:00Z"],
            ["", "2023-02-29", "yesterday", "2031-01-01", "1700-01-01", "1709200000"],
        ),
        (is_generator, ["SDXL 1.0", "gpt-image-1", "v2-model"], ["", "a model", "2024"]),
    ],
)
def test_what_each_field_takes(check, good, bad):
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


WHOLE = {
    "source_uri": "https://example.org/1.png",
    "licence": "CC-BY-4.0",
    "created": "2025-03-01T12:00:00Z",
    "generator": "SDXL 1.0",
    "prompt": "a red bus",
    "parent_id": None,
}


def columns(*rows):
    return {name: pa.array([row.get(name) for row in rows], pa.string()) for name in WHOLE}


def test_the_share_of_fields_and_each(tmp_path):
    rows = [WHOLE, {**WHOLE, "licence": "ask me", "parent_id": "0"}, {"prompt": " ", "created": "soon"}, {}]
    images = [encoded(scene(at, (40, 30))) for at in range(3)] + [None]
    hashes = [hashlib.sha256(images[0]).hexdigest().upper(), "0" * 64, None, "1" * 64]
    value = audited(tmp_path, [NAME], image=images, sha256=hashes, **columns(*rows)).result(NAME).value
    assert value.value == pytest.approx((1 + 0.8 + 0) / 3)
    assert (value.n, value.skipped) == (3, {"nothing in it": 1})
    parts = {name: part.value for name, part in value.parts.items()}
    assert parts["licence"] == pytest.approx(1 / 3)
    assert parts["generator"] == pytest.approx(2 / 3)
    assert parts["all five"] == parts["parent_id"] == pytest.approx(1 / 3)
    assert (parts["states a SHA-256"], parts["SHA-256 is that of its bytes"]) == (pytest.approx(2 / 3), 0.5)
    assert [(entry.record, entry.note) for entry in value.evidence] == [(1, "its bytes have another SHA-256")]


def test_a_dataset_without_the_columns_states_nothing(tmp_path):
    value = audited(tmp_path, [NAME], image=[encoded(scene(1, (40, 30)))], caption=["a bus"]).result(NAME).value
    assert value.value == 0.0
    assert value.parts["SHA-256 is that of its bytes"].value is None
    assert Lineage().value(Lineage().zero()).reason == "no record has an image, a clip or a lineage"
