"""Attacks by anonymeter, as JSON: ``python anonymeter_attacks.py TRAIN SYNTHETIC CONTROL ATTACKS SETTINGS.json``.

Runs in an environment of its own (anonymeter pins numpy below 1.27). Settings: ``one`` and ``other`` of linkability,
and ``secrets``.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator


def measured(evaluator: Any, **given: Any) -> dict[str, float]:
    """Risk, interval and CPU seconds of an attack; singling out may find too few queries."""
    started = time.process_time()
    try:
        evaluator.evaluate(**given)
        risk = evaluator.risk()
    except RuntimeError as error:
        return {"error": str(error)[:200], "cpu_s": time.process_time() - started}
    low, high = risk.ci
    return {"risk": float(risk.value), "low": float(low), "high": float(high), "cpu_s": time.process_time() - started}


def main() -> None:
    """Attack, and print what was found."""
    warnings.simplefilter("ignore")
    np.random.seed(0)
    train, synthetic, control = (pd.read_csv(path) for path in sys.argv[1:4])
    n, settings = int(sys.argv[4]), json.loads(Path(sys.argv[5]).read_text())
    sides = {"ori": train, "syn": synthetic, "control": control, "n_attacks": n}
    found = {"singling_out": measured(SinglingOutEvaluator(**sides), mode="multivariate")}
    columns = (settings["one"], settings["other"])
    found["linkability"] = measured(LinkabilityEvaluator(**sides, aux_cols=columns, n_neighbors=1), n_jobs=1)
    for secret in settings["secrets"]:
        known = [name for name in train.columns if name != secret]
        found[f"inference of {secret}"] = measured(InferenceEvaluator(**sides, aux_cols=known, secret=secret), n_jobs=1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
