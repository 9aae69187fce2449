"""Pictures and clips made on the spot, and the shared data where it is there."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageDraw

from engine.audit import audit, load
from engine.local import Local

SHARED = Path(__file__).parents[4] / "shared/data/vision_language"


def scene(seed, size=(240, 160)):
    """A picture with large and small shapes, unlike that of any other seed."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(rng.integers(0, 255, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y, width, height = (rng.random(4) * [*size, size[0] / 2, size[1] / 2]).astype(int).tolist()
        shape = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((x, y, x + width, y + height), fill=tuple(rng.integers(0, 255, 3).tolist()))
    noise = rng.normal(0, 6, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def encoded(image, kind="PNG", **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def clip(frames, fps=10, kind="mp4", size=None):
    """The frames as an encoded clip, nearly without loss."""
    import av

    out = BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream("h264", rate=fps)
        stream.width, stream.height = size or frames[0].size
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "4", "preset": "ultrafast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())
    return out.getvalue()


def sliding(image, step, count, size=(128, 96)):
    """Frames of a window that slides over a larger picture, ``step`` pixels a frame to the right and downwards."""
    return [image.crop((at * step[0], at * step[1], at * step[0] + size[0], at * step[1] + size[1])) for at in range(count)]


def batch(**columns):
    """A record batch with ids."""
    n = len(next(iter(columns.values())))
    kinds = {"image": pa.binary(), "video": pa.binary(), "stills": pa.list_(pa.binary())}
    arrays = {name: pa.array(values, kinds.get(name)) for name, values in columns.items()}
    return pa.RecordBatch.from_pydict({"_id": pa.array(range(n), pa.int64()), "_fault": pa.nulls(n, pa.string()), **arrays})


def folded(metric, made):
    return metric.value(metric.fold(made))


def audited(folder, metrics, lines=(), reference=None, **columns):
    """The report of an audit of a Parquet file with these columns."""
    kinds = {"image": pa.binary(), "video": pa.binary()}
    for name, side in (("subject", columns), ("reference", reference)):
        if side:
            pq.write_table(
                pa.table({key: pa.array(values, kinds.get(key)) for key, values in side.items()}), folder / f"{name}.parquet"
            )
    sides = [
        f'[{name}]\npath = "{name}.parquet"\nmodality = "vision_language"'
        for name, side in (("subject", columns), ("reference", reference))
        if side
    ]
    plan = folder / "plan.toml"
    plan.write_text("\n".join([*sides, *lines, *(f'[metrics."{name}"]' for name in metrics)]) + "\n")
    return audit(load(plan), Local(1), str(folder / "out"))
