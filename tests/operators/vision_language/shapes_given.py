"""Records of coloured shapes and what a model says of them."""

import pyarrow as pa

from operators.features.image_text import ImageText
from operators.features.stills import Stills
from tests.operators.tiny_clip import KINDS, caption_of, picture_of
from tests.operators.vision_language.media_given import encoded


def shapes(n, seed=5000, shift=0):
    """Pictures and captions; with a shift the captions are those of other pictures."""
    kinds = [KINDS[at % len(KINDS)] for at in range(n)]
    pictures = [encoded(picture_of(kind, seed + at)) for at, kind in enumerate(kinds)]
    return pictures, [caption_of(KINDS[(at + shift) % len(KINDS)]) for at in range(n)]


def seen(model, **columns):
    """A batch with what the model says of it."""
    n = len(next(iter(columns.values())))
    kinds = {"image": pa.binary(), "video": pa.binary(), "caption": pa.string(), "captions": pa.list_(pa.string())}
    arrays = {name: pa.array(values, kinds[name]) for name, values in columns.items()}
    made = pa.RecordBatch.from_pydict({"_id": pa.array(range(n), pa.int64()), **arrays})
    for feature in (Stills(frames=6), ImageText(model=model, batch=16)):
        for name, column in feature.open()(made).items():
            made = made.append_column(name, column)
    return made
