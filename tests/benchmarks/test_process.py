import sys
from pathlib import Path

import pytest

from benchmarks.process import measured

BUSY_CHILD = """
import subprocess, sys
child = "import time; kept = bytearray(b'x') * 150_000_000; start = time.process_time()\\nwhile time.process_time() < 0.5: pass"
subprocess.run([sys.executable, "-c", child], check=True)
"""


def test_the_child_of_a_child_counts(tmp_path: Path) -> None:
    cost = measured([sys.executable, "-c", BUSY_CHILD], tmp_path / "log")
    assert cost.cpu_seconds >= 0.5
    assert 150 <= cost.peak_mb < 400


def test_a_failure_says_what_was_printed(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"exit 3(.|\n)*no such corpus"):
        measured([sys.executable, "-c", "print('no such corpus'); raise SystemExit(3)"], tmp_path / "log")
