"""A comparison that looks at a holdout, through the engine: with one, without one, and where it must have one."""

import csv

import numpy as np
import pytest

from engine.audit import audit, load
from engine.local import Local
from tests.operators.tabular.census import FOLDER
from tests.operators.tabular.tables import batch


def write(path, table):
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(table)
        rows.writerows(zip(*table.values(), strict=True))


def people(n, seed):
    draw = np.random.default_rng(seed)
    return {
        "age": draw.integers(18, 90, n).tolist(),
        "pay": draw.normal(9, 2, n).tolist(),
        "sex": list(draw.choice(["f", "m"], n)),
    }


def run(folder, name, sides, metrics):
    plan = folder / f"{name}.toml"
    lines = [f'[{side}]\npath = "{path}"\nmodality = "tabular"\n' for side, path in sides.items()]
    plan.write_text("".join(lines + [f'[metrics."{metric}"]\n{said}' for metric, said in metrics.items()]))
    return audit(load(plan), Local(1), str(folder / name))


def test_the_holdout_is_folded_where_there_is_one(tmp_path):
    reference, holdout = people(300, 1), people(300, 2)
    for name, table in (("copied", reference), ("trained", reference), ("held", holdout)):
        write(tmp_path / f"{name}.csv", table)
    metrics = {
        "tabular.dcr": "",
        "tabular.nndr": "",
        "tabular.linkability": "",
        "tabular.k_anonymity": 'quasi_identifiers = ["sex"]\n',
    }
    sides = {"subject": "copied.csv", "reference": "trained.csv", "holdout": "held.csv"}
    report = run(tmp_path, "whole", sides, metrics)
    from operators.tabular.dcr import Dcr

    metric = Dcr()
    direct = metric.compare(*(metric.fold(batch(side)) for side in (reference, reference, holdout)))
    assert report.result("tabular.dcr").value.value == direct.value == 1.0
    assert report.result("tabular.nndr").value.parts.keys() >= {"the same of the holdout"}
    assert report.result("tabular.linkability").value.low > 0.2
    assert report.result("tabular.k_anonymity").value.value == min(reference["sex"].count(sex) for sex in "fm")
    without = run(tmp_path, "without", {k: v for k, v in sides.items() if k != "holdout"}, metrics)
    assert without.result("tabular.dcr").value is None
    assert "holdout" in without.result("tabular.dcr").reason
    assert without.result("tabular.nndr").value.parts == {}


@pytest.mark.skipif(not (FOLDER / "mostlyai_adult_flip").is_dir(), reason="Adult is not beside the checkout")
@pytest.mark.parametrize(
    ("name", "trained", "held"), [("flip10", 0.407, 0.0006), ("flip50", 0.0042, 0.0), ("flip90", 0.0, 0.0)]
)
def test_identical_rows_of_adult(tmp_path, name, trained, held):
    paths = {
        side: FOLDER / f"mostlyai_adult_flip/adult_{at}.csv.gz"
        for side, at in (("subject", name), ("reference", "trn"), ("holdout", "val"))
    }
    value = run(tmp_path, name, paths, {"corpus.exact_overlap": ""}).result("corpus.exact_overlap").value
    assert value.value == pytest.approx(trained, abs=0.0005)
    assert value.parts["also in the holdout"].value == pytest.approx(held, abs=0.0001)
