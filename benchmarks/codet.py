"""Verdicts on all of CodeT's 16,400 samples for HumanEval: the metric's, through the sandbox, beside plain Python's.

``python -m benchmarks.codet FOLDER``: the folder with ``*_solution.jsonl`` and ``HumanEval_for_code_generation.jsonl``. Where
the two differ, both are asked again with sixty times the time, plain Python then by a ``python -c`` of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.machine import save
from operators.features.test_run import TestRun

CPU_SECONDS, PATIENT_SECONDS, MEMORY_MB = 1, 60, 4096
PEER = Path(__file__).parent / "peers" / "plain_programs.py"
CAUSES: dict[tuple[str, int], str] = {}
"""Why the verdicts on a sample differ, by task and number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    cases = read(parser.parse_args().folder)
    start = time.perf_counter()
    mine = ours(cases, CPU_SECONDS)
    between = time.perf_counter()
    theirs = plain(cases)
    end = time.perf_counter()
    differing = [at for at, (status, code) in enumerate(zip(mine, theirs, strict=True)) if (status == "passed") != (code == 0)]
    save(
        "codet",
        {
            "samples": len(cases),
            "distinct": len({(case["code"], case["tests"]) for case in cases}),
            "cpu_seconds": CPU_SECONDS,
            "memory_mb": MEMORY_MB,
            "passed": mine.count("passed"),
            "plain_passed": theirs.count(0),
            "ends": dict(sorted(Counter(mine).items())),
            "sandbox_seconds": between - start,
            "plain_seconds": end - between,
            "disagreements": [looked_at(cases[at], mine[at], theirs[at]) for at in differing],
        },
    )


def read(folder: Path) -> list[dict[str, Any]]:
    """One case a sample: its task and number, the program, the tests as the metric takes them, and the call that ends them."""
    problems = {p["prompt"]: p for p in lines(folder / "HumanEval_for_code_generation.jsonl")}
    return [
        {
            "task": problem["task_id"],
            "sample": number,
            "code": record["prompt"] + sample,
            "tests": f"{problem['test']}\n\n{problem['entry_point']}",
            "program": f"{record['prompt']}{sample}\n{problem['test']}\ncheck({problem['entry_point']})\n",
        }
        for record in lines(next(folder.glob("*_solution.jsonl")))
        for problem in [problems[record["prompt"]]]
        for number, sample in enumerate(record["samples"])
    ]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def ours(cases: list[dict[str, Any]], cpu_seconds: int) -> list[str]:
    """The metric's status of each; some samples import numpy, unasked."""
    batch = pa.RecordBatch.from_pydict({name: [case[name] for case in cases] for name in ("code", "tests")})
    run = TestRun(packages=True, memory_mb=MEMORY_MB, cpu_seconds=cpu_seconds).open()
    return run(batch)["test_status"].to_pylist()  # type: ignore[no-any-return]


def plain(cases: list[dict[str, Any]]) -> list[int | None]:
    """What plain Python ended with, each in a process of its own in an empty folder."""
    asked = "".join(json.dumps(case["program"]) + "\n" for case in cases)
    command = [sys.executable, str(PEER), str(CPU_SECONDS), str(MEMORY_MB)]
    with tempfile.TemporaryDirectory(prefix="plain-") as folder:
        told = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=folder)
    return [json.loads(line) for line in told.stdout.splitlines()]


def looked_at(case: dict[str, Any], status: str, code: int | None) -> dict[str, Any]:
    """A disagreement, and what both say when they are given time."""
    (again,) = ours([case], PATIENT_SECONDS)
    with tempfile.TemporaryDirectory(prefix="plain-") as folder:
        try:
            command = [sys.executable, "-c", case["program"]]
            given = {"stdin": subprocess.DEVNULL, "timeout": 2 * PATIENT_SECONDS, "cwd": folder}
            ran = subprocess.run(command, capture_output=True, text=True, **given)
            plainly: dict[str, Any] = {
                "plain_again": ran.returncode,
                "plain_said": ran.stderr.strip().rpartition("\n")[2][:200],
            }
        except subprocess.TimeoutExpired:
            plainly = {"plain_again": None, "plain_said": "it did not end"}
    return {
        "task": case["task"],
        "sample": case["sample"],
        "sandbox": status,
        "plain": code,
        "sandbox_again": again,
        **plainly,
        "cause": CAUSES.get((case["task"], case["sample"]), "not looked at"),
    }


if __name__ == "__main__":
    main()
