"""tau-bench's recorded episodes of gpt-4o in the airline domain, where the shared data is here."""

import json
from functools import cache
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "agent"
FILE = SHARED / "tau_bench" / "historical_trajectories" / "gpt-4o-airline.json"
needs_data = pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here")


@cache
def airline():
    return json.loads(FILE.read_text())
