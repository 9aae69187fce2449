"""Functions of the user's own, named in a plan as ``package.module:function``.

A plan that names one runs its code, with the rights of whoever runs the audit: a plan is trusted as a program is, data never.
On a cluster the module must be importable where the workers are (``ray job submit --working-dir``).
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from engine.errors import PlanError


def obstacle(name: str) -> str | None:
    """Why a function cannot be had, in one sentence; None where its module is there. Runs nothing of the module.

    >>> obstacle("textwrap:shorten") is None
    True
    >>> obstacle("no_such_module:f")
    "the module 'no_such_module' is not importable here: install it, or run from the folder that holds it"
    >>> obstacle("shorten")
    "'shorten' names no function: write package.module:function"
    """
    module, colon, function = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), function)):
        return f"'{name}' names no function: write package.module:function"
    return (
        None
        if _spec(module)
        else f"the module '{module}' is not importable here: install it, or run from the folder that holds it"
    )


def plugged(name: str) -> Callable[..., Any]:
    """The function of a name.

    Raises:
        PlanError: when there is none.

    >>> plugged("textwrap:shorten")("one two three", 10)
    'one [...]'
    """
    if reason := obstacle(name):
        raise PlanError(reason)
    module, _, function = name.partition(":")
    found = getattr(import_module(module), function, None)
    if not callable(found):
        raise PlanError(f"the module '{module}' has no function '{function}'")
    called: Callable[..., Any] = found
    return called


def identity(name: str) -> Mapping[str, Any]:
    """What identifies a function: its name, and a hash of the file that it is written in."""
    spec = _spec(name.partition(":")[0])
    path = Path(spec.origin) if spec is not None and spec.origin else None
    source = path.read_bytes() if path is not None and path.is_file() else b""
    return {"function": name, "source": hashlib.sha256(source).hexdigest()[:16]}


def _spec(module: str) -> Any:
    try:
        return find_spec(module)
    except (ImportError, ValueError):  # a parent that is not there, or is no package
        return None
