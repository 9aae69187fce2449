"""What a command imports: neither pandas nor SciPy's BLAS, and both where somebody wants them after all."""

import subprocess
import sys

import pytest

from tests.engine.corpora import texts, write_parquet, write_plan

RUN = """
import sys
from engine.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end
{after}
"""


def python(text):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("command", ["audit", "dedup"])
def test_an_audit_imports_neither_pandas_nor_scipys_blas(tmp_path, command):
    data = write_parquet(tmp_path / "data", texts(60), shards=2)
    plan = write_plan(tmp_path / "a.toml", data, extra='[metrics."corpus.near_duplicates"]')
    arguments = [command, str(plan), "--out", str(tmp_path / "out"), "--on", "local", "--quiet"]
    after = "print('imported:', *({'pandas', 'scipy.linalg'} & {*sys.modules}))"
    assert python(RUN.format(arguments=arguments, after=after))[-1] == "imported:"


@pytest.mark.parametrize(
    "first",
    [
        "import pandas as pd",
        "pa.table({'a': [1]}).to_pandas(); import pandas as pd",
        "from importlib.util import find_spec; find_spec('pandas'); import pandas as pd",
    ],
)
def test_who_wants_them_later_has_them(first):
    spared = python(
        f"""
from engine import startup
startup.spare()
import numba, numpy as np, pyarrow as pa
{first}
print(pa.array(pd.Series([1.0, None])).null_count, len(pa.table({{"a": [1, None]}}).to_pandas()))
print(numba.njit(lambda a: np.dot(a, a))(np.full((2, 2), 3.0))[0, 0])
"""
    )
    assert spared == ["1", "2", "18.0"]
