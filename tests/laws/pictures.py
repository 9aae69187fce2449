"""Made-up columns of what models and relations say of images and clips, for the laws."""

import json

import numpy as np
import pyarrow as pa

from engine import catalog
from operators.features.unsafe_judge import DIMENSIONS
from operators.kernels import vectors

OF_IMAGES = ("nsfw", "nsfw_labels", "faces", "picture_text", "hash_match", "unsafe", "unsafe_error")
OF_CLIPS = ("frame_cosines", "frame_steps", "frame_starts", "frame_spread")
OF_CAPTIONS = ("caption_tokens", "caption_window", "caption_toxicity", "caption_toxicity_labels")
OF_PAIRS = ("picture_vector", "caption_vector", "caption_cosines")
GROUPS = {
    column: prefix
    for prefix, relation in (("image", "relations.image_groups"), ("video", "relations.clip_groups"))
    for column in catalog.relations()[relation].writes
}
PARENTS = tuple(catalog.relations()["relations.parents"].writes)
MADE = {*OF_IMAGES, *OF_CLIPS, *OF_CAPTIONS, *OF_PAIRS, *GROUPS, *PARENTS}


def picture_column(column, batch):
    """A column over records 0..n-1, null where the record has not what it is made of."""
    ids = batch["_id"].to_numpy()
    there = {name: np.array(batch[name].is_valid(), bool) for name in ("image", "video", "caption", "parent_id")}
    if column in PARENTS:
        made = {"parent_state": np.array(["whole", "unknown", "cyclic"], object)[ids % 3], "parent_depth": ids % 5}
        kind = catalog.relations()["relations.parents"].writes[column]
        return pa.array(made.get(column, ids).tolist(), kind, mask=~there["parent_id"])
    if column in GROUPS:
        return _group_column(column.partition("_")[2], ids, ~there[GROUPS[column]])
    of = there["image"] & there["caption"] if column in OF_PAIRS else there["video"] if column in OF_CLIPS else None
    of = (there["caption"] if column in OF_CAPTIONS else there["image"]) if of is None else of
    if column in ("picture_vector", "caption_vector"):
        angles = ids % 7 + (column == "caption_vector") * 0.1 * (ids % 3)
        return vectors.column(np.stack([np.cos(angles), np.sin(angles), ids % 2], 1)[of], of)
    kind = next(cls.writes[column] for cls in catalog.features().values() if column in cls.writes)
    made = [_made(column, at) if one else None for at, one in zip(ids.tolist(), of.tolist(), strict=True)]
    return pa.array(made, kind)


def _group_column(part, ids, nulls):
    twin = (ids % 3 < 2) & ~nulls
    if part in ("distance", "near_id"):
        values = {"distance": ids % 4 + 0.5, "near_id": ids + 1 - 2 * (ids % 3)}[part]
        return pa.array(values, mask=~twin)
    return pa.array(np.where(twin, ids - ids % 3, ids) if part == "group_id" else 1 + twin, mask=nulls)


def _made(column, at):
    said = json.dumps({"card": "4111 1111 1111 1111"}) if at % 3 else "EXIT"
    values = {
        "nsfw": at % 11 / 10,
        "nsfw_labels": [{"label": f"label {at % 2}", "score": at % 5 / 4}][: at % 3],
        "faces": [0.9, 0.6, 0.4][: at % 4],
        "picture_text": said,
        "hash_match": {"md5": (None, True, False)[at % 3], "distance": (None, 5, 60, 31)[at % 4]},
        "unsafe": {name: (None, True, False)[(at + k) % 3] for k, name in enumerate(DIMENSIONS[: at % 4])},
        "unsafe_error": (None, "TimeoutError: ")[at % 4 == 0],
        "frame_spread": 1 + at % 5 / 2,
        "caption_tokens": [5 + at, 70 + at % 20][: 1 + at % 2],
        "caption_window": 77,
        "caption_toxicity": at % 10 / 10,
        "caption_toxicity_labels": {"insult": at % 4 / 4},
        "caption_cosines": [at % 7 / 7 - 0.2, 0.1][: 1 + at % 2],
    }
    return values[column] if column in values else [at % 5 / 5 - 0.1, 0.4][: 1 + at % 2]
