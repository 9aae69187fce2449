"""A quick start: pyarrow and numba each import a large package only to know whether it is there, and no audit uses either."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.util import find_spec

import pyarrow as pa


def spare() -> None:
    """Let pyarrow and numba look for pandas and SciPy's BLAS where there are none, which takes a fifth of a start.

    Both look again when somebody wants it: `pyarrow.Table.to_pandas` imports pandas, and a compiled ``np.dot`` imports SciPy.
    """
    with _absent("pandas"):
        pa.array([0])  # the first list that it converts might hold what is pandas'
    with _absent("scipy.linalg"):
        from numba.np import arraymath
    arraymath._HAVE_BLAS = find_spec("scipy") is not None


class _Absent(MetaPathFinder):
    """A package that nobody can import, unless somebody has."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == self._name:
            raise ModuleNotFoundError(f"No module named {fullname!r} for now", name=fullname)


@contextmanager
def _absent(name: str) -> Iterator[None]:
    finder = _Absent(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
