"""Attacks on a table beside anonymeter's: risks and CPU seconds for as many guesses, on its own example, CTGAN's Adult.

``python -m benchmarks.attacks --data FOLDER --peers-python PATH``: the folder with ``adults_train*.csv``,
``adults_syn_ctgan.csv`` and ``adults_control.csv``; the path of a Python that has anonymeter (which wants numpy below 1.27).
Ours counts the drawing of the rows each time, though all metrics of an audit share it; theirs does not count its reading.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc

from benchmarks.machine import save
from engine.metric import HoldoutComparison
from operators.tabular.inference import Inference
from operators.tabular.linkability import Linkability
from operators.tabular.singling_out import SinglingOut

ONE = ("type_employer", "education", "hr_per_week", "capital_loss", "capital_gain")
OTHER = ("race", "sex", "fnlwgt", "age", "country")
SECRETS = ("education", "marital", "capital_gain")
SIDES = ("adults_train*.csv", "adults_syn_ctgan.csv", "adults_control.csv")


def batch(path: Path) -> pa.RecordBatch:
    """A table as a fold gets it."""
    table = pc.read_csv(path).combine_chunks()
    rows = pa.StructArray.from_arrays([column.combine_chunks() for column in table.columns], table.schema.names)
    return pa.RecordBatch.from_arrays(
        [pa.array(range(len(rows))), pa.nulls(len(rows), pa.string()), rows], ["_id", "_fault", "row"]
    )


def ours(metric: HoldoutComparison[Any], sides: list[pa.RecordBatch]) -> dict[str, Any]:
    """Risk, interval, rates and CPU seconds."""
    started = time.process_time()
    reference, subject, holdout = (metric.fold(side) for side in sides)
    value = metric.compare(subject, reference, holdout)
    spent = time.process_time() - started
    rates = {
        name: value.parts[name].value for name in ("hits", "hits on the holdout", "hits by guessing") if name in value.parts
    }
    return {"risk": value.value, "low": value.low, "high": value.high, "cpu_s": spent, **rates}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--attacks", type=int, default=2000)
    parser.add_argument("--peers-python", default=sys.executable)
    given = parser.parse_args()
    paths = [next(given.data.glob(name)) for name in SIDES]
    sides, n = [batch(path) for path in paths], given.attacks
    metrics: dict[str, HoldoutComparison[Any]] = {
        "singling_out": SinglingOut(attacks=n),
        "linkability": Linkability(attacks=n, one=ONE, other=OTHER),
        **{f"inference of {secret}": Inference(attacks=n, secrets=(secret,)) for secret in SECRETS},
    }
    warm = [side.slice(0, 200) for side in sides]
    for metric in metrics.values():
        ours(metric, warm)
    figures: dict[str, Any] = {"attacks": n, "ours": {name: ours(metric, sides) for name, metric in metrics.items()}}
    with tempfile.TemporaryDirectory(prefix="attacks-") as folder:
        settings = Path(folder) / "settings.json"
        settings.write_text(json.dumps({"one": ONE, "other": OTHER, "secrets": SECRETS}))
        script = Path(__file__).parent / "peers" / "anonymeter_attacks.py"
        command = [given.peers_python, str(script), *map(str, paths), str(n), str(settings)]
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        told = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
        figures["anonymeter"] = json.loads(told.stdout.splitlines()[-1])
    for name, mine in figures["ours"].items():
        theirs = figures["anonymeter"][name]
        ratio = theirs["cpu_s"] / mine["cpu_s"]
        print(f"{name}: risk {mine['risk']:.4f}, theirs {theirs.get('risk')}; their CPU time over ours {ratio:.1f}")
    save("attacks", figures)


if __name__ == "__main__":
    main()
