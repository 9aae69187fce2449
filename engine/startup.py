"""A quick start: pyarrow and numba each import a large package only to know whether it is there, and no audit uses either."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

import pyarrow as pa


def spare() -> None:
    """Let pyarrow and numba look for pandas and SciPy's BLAS where there are none, which takes a fifth of a start (by
    `python -X importtime`).

    Whoever wants them later has them: pyarrow learns of pandas when that is imported, and a compiled ``np.dot`` imports SciPy.
    """
    if "pandas" not in sys.modules:
        with _absent("pandas"):
            pa.array([0])  # the first list that it converts might hold what is pandas'
        sys.meta_path.insert(0, _Announced("pandas"))
    with _absent("scipy.linalg"):
        from numba.np import arraymath
    arraymath._HAVE_BLAS = find_spec("scipy") is not None


class _Absent(MetaPathFinder):
    """A package that nobody can import, unless somebody has."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """Raise for the package; leave others to others."""
        if fullname == self._name:
            raise ModuleNotFoundError(f"No module named {fullname!r} for now", name=fullname)
        return None


@contextmanager
def _absent(name: str) -> Iterator[None]:
    finder = _Absent(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Announced(MetaPathFinder, Loader):
    """pandas, of whose import pyarrow learns: it would take a Series for any sequence otherwise, and NaN for a number."""

    def __init__(self, name: str) -> None:
        self._name, self._asking = name, False
        self._loader: Loader | None = None

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The package as it would be found without this, to be loaded by this. Who only asks whether it is there may."""
        if fullname != self._name or self._asking:
            return None
        self._asking = True
        try:
            spec = find_spec(fullname)
        finally:
            self._asking = False
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As its own loader does."""
        return None if self._loader is None else self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As its own loader does, and under its name; then tell pyarrow."""
        if self._loader is None or module.__spec__ is None:
            return
        sys.meta_path.remove(self)
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        pa.lib._pandas_api.pd  # noqa: B018 - looks for pandas again
