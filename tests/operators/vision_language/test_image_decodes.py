import numpy as np
import pyarrow as pa
from PIL import Image

from operators.features.image_probe import ImageProbe
from operators.vision_language.image_decodes import ImageDecodes


def batch_of(rows, faults=None):
    fault, width, height, kind = zip(*rows, strict=True) if rows else ([], [], [], [])
    columns = {
        "_id": pa.array(range(len(rows)), pa.int64()),
        "_fault": pa.array(faults or [None] * len(rows), pa.string()),
        "image_fault": pa.array(fault, pa.string()),
        "image_width": pa.array(width, pa.int32()),
        "image_height": pa.array(height, pa.int32()),
        "image_format": pa.array(kind, pa.string()),
    }
    return pa.RecordBatch.from_pydict(columns)


ROWS = [
    (None, 1000, 1000, "JPEG"),
    (None, 4000, 3000, "PNG"),
    (None, 1000, 1000, "JPEG"),
    ("truncated", 10, 10, "JPEG"),
    ("unknown_format", None, None, None),
    (None, None, None, None),
    (None, None, None, None),
]


def test_by_hand():
    metric = ImageDecodes()
    value = metric.value(metric.fold(batch_of(ROWS, [None] * 6 + ["too large"])))
    assert (value.value, value.n, value.skipped) == (0.6, 5, {"null": 1, "unreadable": 1})
    parts = {name: part.value for name, part in value.parts.items()}
    assert parts == {"truncated": 0.2, "unknown_format": 0.2, "format JPEG": 2 / 3, "format PNG": 1 / 3}
    assert {e.record: e.note for e in value.evidence} == {3: "truncated", 4: "unknown format"}
    # One megapixel lies in [2**-1 .. 2**0) or [2**0 ..): 1.0 opens its bin; twelve lie in [8, 16).
    counts = dict(zip(value.plot.edges, value.plot.counts, strict=False))
    assert (counts[1.0], counts[8.0], sum(value.plot.counts)) == (2, 1, 3)


def test_agrees_with_decoding_one_by_one(tmp_path):
    images = []
    for n in range(8):
        path = tmp_path / f"{n}.jpg"
        Image.fromarray(np.random.default_rng(n).integers(0, 255, (40, 40, 3), np.uint8)).save(path)
        images.append(path.read_bytes()[: -200 if n % 3 == 0 else None])
    columns = ImageProbe().open()(pa.RecordBatch.from_pydict({"image": images}))
    batch = pa.RecordBatch.from_pydict({"_id": list(range(8)), "_fault": pa.nulls(8, pa.string()), **columns})
    expected = 0
    for data in images:
        (tmp_path / "one.jpg").write_bytes(data)
        try:
            np.asarray(Image.open(tmp_path / "one.jpg"))
            expected += 1
        except OSError:
            pass
    assert 0 < expected < 8
    assert ImageDecodes().fold(batch)["valid"].hits == expected


def test_nothing_to_decode():
    metric = ImageDecodes()
    value = metric.value(metric.fold(batch_of(ROWS[5:])))
    assert (value.value, value.skipped, value.reason) == (None, {"null": 2}, "no record has an image")
    assert metric.value(metric.fold(batch_of([]))).value is None


def test_cuts_do_not_matter():
    batch, metric = batch_of(ROWS), ImageDecodes()
    assert metric.fold(batch[:2]) + metric.fold(batch[2:]) == metric.fold(batch) == metric.fold(batch) + metric.zero()
