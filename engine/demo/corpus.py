"""A small corpus of all six modalities with planted faults, made by rule and chance alone: same seed, same bytes."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

from engine.demo import agent, semistructured, symbolic, tabular, text, vision_language
from engine.schema import Modality

PLANTED = "planted.json"
WRITERS = {
    Modality.TEXT: text.write,
    Modality.SYMBOLIC: symbolic.write,
    Modality.TABULAR: tabular.write,
    Modality.SEMISTRUCTURED: semistructured.write,
    Modality.VISION_LANGUAGE: vision_language.write,
    Modality.AGENT: agent.write,
}


def write_corpus(folder: Path, seed: int = 0) -> dict[str, Any]:
    """Write data, a plan for each modality and ``planted.json`` into a folder; what was there is the same or replaced.

    Returns what was planted: by modality and fault, how many, which records, and which metric finds them.

    A corpus of the same seed that is there already is kept, so that an audit of it can be resumed.
    """
    marker = folder / PLANTED
    if marker.exists():
        held: dict[str, Any] = json.loads(marker.read_text(encoding="utf-8"))
        if held["seed"] == seed:
            return held
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    planted: dict[str, Any] = {"seed": seed}
    for modality, write in WRITERS.items():
        faults = write(folder, random.Random(f"{seed} {modality}"))
        planted[modality.value] = {name: fault.document() for name, fault in faults.items()}
    marker.write_text(json.dumps(planted, indent=1) + "\n", encoding="utf-8")
    return planted
