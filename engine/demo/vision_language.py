"""Pictures of simple shapes with captions: a folder of images with a captions file."""

import io
import json
import random
from pathlib import Path

from PIL import Image, ImageDraw

from engine.demo.planting import Planted, kind_of, plant

RECORDS = 120
SIZE = 96
COLOURS = {
    "red": (200, 40, 40),
    "green": (40, 150, 70),
    "blue": (50, 80, 190),
    "yellow": (220, 190, 40),
    "grey": (120, 120, 120),
}
SHAPES = ("circle", "square", "bar")
PLAN = """\
name = "demo: pictures with captions"
[subject]
path = "vision_language"
modality = "vision_language"
"""
FAULTS: dict[str, tuple[int, str | None]] = {
    "truncated image": (6, "vision_language.image_decodes"),
    "repeats an earlier picture and caption": (8, "corpus.exact_duplicates"),
}


def write(folder: Path, rng: random.Random) -> dict[str, Planted]:
    """Write the pictures, the captions and the plan; return what was planted."""
    planted = plant(rng, RECORDS, FAULTS, first=40)
    kinds = kind_of(planted)
    made: list[tuple[bytes, str]] = []
    for at in range(RECORDS):
        made.append(_record(rng, kinds.get(at), made))
    target = folder / "vision_language"
    target.mkdir()
    for at, (picture, _) in enumerate(made):
        (target / f"{at:04d}.png").write_bytes(picture)
    captions = (json.dumps({"file_name": f"{at:04d}.png", "caption": caption}) for at, (_, caption) in enumerate(made))
    (target / "metadata.jsonl").write_text("".join(f"{line}\n" for line in captions), encoding="utf-8")
    (folder / "vision_language.toml").write_text(PLAN, encoding="utf-8")
    return planted


def _record(rng: random.Random, kind: str | None, made: list[tuple[bytes, str]]) -> tuple[bytes, str]:
    if kind == "repeats an earlier picture and caption":
        return rng.choice(made[:40])
    shape, colour, ground = rng.choice(SHAPES), *rng.sample(sorted(COLOURS), 2)
    picture = _picture(rng, shape, COLOURS[colour], COLOURS[ground])
    if kind == "truncated image":
        picture = picture[: len(picture) * 2 // 3]
    return picture, f"A {colour} {shape} on a {ground} ground."


def _picture(rng: random.Random, shape: str, colour: tuple[int, int, int], ground: tuple[int, int, int]) -> bytes:
    image = Image.new("RGB", (SIZE, SIZE))
    draw = ImageDraw.Draw(image)
    for y in range(SIZE):  # a gradient with some grain, so that no two pictures are equal by chance
        shade = 0.6 + 0.4 * y / SIZE
        draw.line([(0, y), (SIZE, y)], fill=tuple(int(c * shade) for c in ground))
    for _ in range(60):
        draw.point((rng.randrange(SIZE), rng.randrange(SIZE)), fill=(rng.randrange(256),) * 3)
    x, y, size = rng.randint(5, 40), rng.randint(5, 40), rng.randint(20, 50)
    if shape == "circle":
        draw.ellipse((x, y, x + size, y + size), fill=colour)
    else:
        draw.rectangle((x, y, x + size, y + (size if shape == "square" else size // 4)), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
