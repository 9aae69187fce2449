"""Nodes of a Ray cluster on this machine, each a process group of its own that can be killed at once."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

RAY = Path(sys.executable).with_name("ray")
WAIT_SECONDS = 60


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    """What commands of Ray are run with: this Python first, no token, nothing told to anyone."""
    env = {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}
    return {**env, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"}


class Node:
    """One `ray start --block` and all that it started."""

    def __init__(self, options: list[str], env: Mapping[str, str], log: Path) -> None:
        self._log = log
        with open(log, "ab") as written:
            command = [RAY, "start", "--block", *options]
            self._process = subprocess.Popen(command, env=env, stdout=written, stderr=written, start_new_session=True)

    def wait(self, answers: Callable[[], bool]) -> None:
        """Until it answers.

        Raises:
            AssertionError: with its log, when it ended or did not answer in time.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, f"the node did not answer: {self._log.read_text()}"
            time.sleep(0.2)

    def workers(self) -> list[int]:
        """The processes below it that run tasks or actors. Its agents are none: a node dies with its agent."""
        return [
            pid for pid in _descendants(self._process.pid) if (name := _name(pid)).startswith(b"ray::") and b"Agent" not in name
        ]

    def kill(self) -> None:
        """Kill all that belongs to it at once, as a machine dies that is taken away."""
        for pid in [self._process.pid, *_descendants(self._process.pid)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()

    def stop(self) -> None:
        """Ask it to end; kill what does not."""
        below = _descendants(self._process.pid)
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
        for pid in below:
            if _name(pid):
                os.kill(pid, signal.SIGKILL)


def _descendants(root: int) -> list[int]:
    parents = {int(path.parent.name): parent for path in Path("/proc").glob("[0-9]*/stat") if (parent := _parent(path))}
    found, new = [], [root]
    while new:
        new = [pid for pid, parent in parents.items() if parent in new]
        found += new
    return found


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rsplit(")", 1)[1].split()[1])
    except OSError:  # it ended meanwhile
        return 0


def _name(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
