"""How near-duplicate detection grows: 1, 5 and 20 million short documents on this machine, beside what the planner said.

One process, two threads, `corpus.near_duplicates` at its defaults with verification, from Parquet to the columns beside every
record. The linearity is the CPU seconds a document of the 20 million over those of the 1 million, fixed costs taken off by the
slope between sizes. The row for a thousand million documents is the planner's, from these slopes.

``python -m benchmarks.dedup_scale [--corpus FOLDER] [--millions 1 5 20]``
"""

import argparse
import json
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from benchmarks.process import measured

ARTICLE_BYTES = 2_300


def planned(plan_file: Path) -> tuple[dict[str, float], int]:
    """What `auditor plan` says of the relation, and the bytes that it says it of."""
    from engine.audit import load, survey
    from engine.forecast import forecasts
    from engine.source.freeze import freeze

    plan, graph, _ = survey(load(plan_file))
    manifests = {side: freeze(plan.dataset(side)) for side in plan.sides}
    (_, cost), *_ = forecasts(plan, graph, manifests)
    return vars(cost), sum(unit.size_bytes for manifest in manifests.values() for unit in manifest.units)


def run(corpus: Path, work: Path) -> dict[str, Any]:
    """One size: the forecast, then the run."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    plan = work / "audit.toml"
    plan.write_text(f'[subject]\npath = "{corpus}"\nmodality = "text"\n[metrics."corpus.near_duplicates"]\n')
    said, size = planned(plan)
    out = work / "out"
    command = [
        sys.executable,
        "-m",
        "engine",
        "audit",
        str(plan),
        "--out",
        str(out),
        "--on",
        "local",
        "--workers",
        "2",
        "--quiet",
    ]
    cost = measured(command, work / "log")
    provenance = json.loads((out / "provenance.json").read_text())
    report = json.loads((out / "report.json").read_text())
    shutil.rmtree(out)
    wrote = provenance["exchanged"]["relations.near_groups"]
    return {
        "documents": report["sides"]["subject"]["records"]["read"],
        "bytes": size,
        "seconds": cost.seconds,
        "cpu_seconds": cost.cpu_seconds,
        "peak_mb": cost.peak_mb,
        "exchanged_mb": wrote["bytes"] // 10**6,
        "kept_mb": wrote["kept_bytes"] // 10**6,
        "files": wrote["files"],
        "planned": {
            "cpu_seconds": round(said["cpu_seconds"], 1),
            "exchanged_mb": int(said["exchanged_bytes"]) // 10**6,
            "kept_mb": int(said["kept_bytes"]) // 10**6,
            "files": said["files"],
        },
    }


def at_a_billion() -> dict[str, Any]:
    """The planner's figures for 10**9 documents of the length of web pages."""
    from engine.exchange import ROWS_A_RANGE
    from engine.relation import Scale
    from engine.routing import ROWS_A_GROUP_PARTITION, partitions_for
    from operators.relations.near_groups import NearGroups

    records = 10**9
    size = records * ARTICLE_BYTES
    parts = partitions_for(records), partitions_for(records, ROWS_A_GROUP_PARTITION)
    cost = NearGroups().forecast(Scale(records, size, size >> 27, records // ROWS_A_RANGE, *parts))
    return {
        "documents": records,
        "text_gb": size // 10**9,
        "cpu_hours": round(cost.cpu_seconds / 3600, 1),
        "exchanged_gb": cost.exchanged_bytes // 10**9,
        "kept_gb": cost.kept_bytes // 10**9,
        "task_mb": cost.task_bytes // 10**6,
        "files": cost.files,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--corpus", type=Path, default=Path("/tmp/near"))
    parser.add_argument("--millions", type=int, nargs="+", default=[1, 5, 20])
    asked = parser.parse_args()
    rows = []
    for millions in asked.millions:
        documents = millions * 10**6
        corpus = asked.corpus / f"short{documents}"
        if not corpus.exists():
            make = [sys.executable, "-m", "benchmarks.near_corpus", str(corpus), "--documents", str(documents), "--short"]
            measured(make, asked.corpus / "generate.log")
        rows.append(run(corpus, asked.corpus / "scale"))
        print(json.dumps(rows[-1]))
    slopes = [(b["cpu_seconds"] - a["cpu_seconds"]) / (b["documents"] - a["documents"]) for a, b in pairwise(rows)]
    linearity = round(slopes[-1] / slopes[0], 3) if len(slopes) > 1 else None
    save("dedup_scale", {"rows": rows, "linearity": linearity, "billion": at_a_billion()})


if __name__ == "__main__":
    main()
