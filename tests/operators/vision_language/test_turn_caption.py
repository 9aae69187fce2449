"""Conversations about pictures, as visual instruction data has them: from the first plan to the grid."""

import json

from PIL import Image

from engine.audit import audit, load
from engine.guess import guess
from engine.local import Local


def test_visual_instructions_from_the_first_plan_to_the_grid(tmp_path):
    said = ["A red square.", "A blue square.", "A red square.", "A square that is green, and nothing else."]
    (tmp_path / "images").mkdir()
    rows = []
    for at, (colour, text) in enumerate(zip(("red", "blue", "red", "green"), said, strict=True)):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"images/{at}.png")
        talk = [{"from": "human", "value": "<image>\nWhat is it?"}, {"from": "gpt", "value": text}]
        rows.append({"id": str(at), "image": f"images/{at}.png", "conversations": talk})
    (tmp_path / "llava.json").write_text(json.dumps(rows))
    asked = '[metrics."vision_language.caption_reuse"]\n[metrics."vision_language.caption_distinct_n"]\n'
    (tmp_path / "audit.toml").write_text(guess(str(tmp_path / "llava.json"), str(tmp_path)) + asked)
    report = audit(load(tmp_path / "audit.toml"), Local(1), str(tmp_path / "out"))
    assert report.sides["subject"].records.kept == 4
    reuse, distinct = (report.result(f"vision_language.caption_{name}").value for name in ("reuse", "distinct_n"))
    assert (reuse.value, reuse.n) == (0.25, 4)
    assert 0 < distinct.value < 1
