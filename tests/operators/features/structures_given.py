"""Audits of what metrics on embeddings say where embeddings are structures."""

import json

from engine.audit import audit, load
from engine.local import Local

METRICS = ("dcr_share", "nndr", "membership_inference", "vendi_score", "semantic_duplicates", "precision", "frechet_distance")


def audited(folder, column, sides, feature, metrics=METRICS):
    """The values of metrics on embeddings over sides of texts."""
    plan = folder / "plan.toml"
    for side, texts in sides.items():
        (folder / f"{side}.jsonl").write_text("".join(json.dumps({column: text}) + "\n" for text in texts))
    described = "".join(f'[{side}]\npath = "{side}.jsonl"\nmodality = "semistructured"\n' for side in sides)
    plan.write_text(described + feature + "".join(f'[metrics."corpus.{metric}"]\n' for metric in metrics))
    report = audit(load(plan), Local(1), str(folder / "out"))
    return {metric: report.result(f"corpus.{metric}").value for metric in metrics}
