"""A warm worker: one sandbox with an interpreter in it that forks for every program."""

import contextlib
import json
import marshal
import os
import select
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine.errors import SandboxError
from engine.sandbox import policy
from engine.sandbox.facilities import Facilities, facilities
from engine.sandbox.inside.frames import Frames

_START_SECONDS = 60
_GRACE_SECONDS = 20
_DISK_BYTES = 64 << 20
_THREADS_AND_PROCESSES = 64
_INSIDE = Path(__file__).with_name("inside")
_SYSTEM = ("/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")


@dataclass(frozen=True)
class Limits:
    """What one program may use.

    Args:
        cpu_seconds: of all its threads.
        wall_seconds: from its start to its end.
        memory_bytes: of address space, the interpreter's 50 MB included.
        output_bytes: on stdout and stderr.
        file_bytes: of one file; all its files have 64 MiB.
    """

    cpu_seconds: int = 5
    wall_seconds: float = 10.0
    memory_bytes: int = 1 << 29
    output_bytes: int = 1 << 16
    file_bytes: int = 1 << 24


@dataclass(frozen=True)
class Block:
    """How one block of a program ended, and what it wrote.

    Args:
        status: passed; exception; exit (it ended the process before its end); timeout, memory, output, disk (over a limit);
            killed (by a signal); tampered (it wrote into the channel that the verdict comes by).
        error: type and message of the exception, or what `sys.exit` was given; at most 300 characters.
        output: of stdout and stderr, in order.
    """

    status: str
    error: str = ""
    output: str = ""


@dataclass(frozen=True)
class Run:
    """How a program ended: its blocks up to the first that did not pass, or that ended the process where it was to go on."""

    blocks: tuple[Block, ...]

    @property
    def status(self) -> str:
        """That of the last block that ran."""
        return self.blocks[-1].status if self.blocks else "passed"


@dataclass(frozen=True)
class _Inside:
    """A running interpreter, the pipes to it, and its folder where that is one of this machine's."""

    process: "subprocess.Popen[bytes]"
    frames: Frames
    folder: str | None

    def end(self) -> None:
        """Kill it and clear up after it."""
        self.process.kill()
        self.process.wait()
        if self.process.stderr:
            self.process.stderr.close()
        os.close(self.frames.reading)
        os.close(self.frames.writing)
        if self.folder:
            _remove(self.folder)


def _nothing() -> None:
    """What ends a sandbox that never started."""


@dataclass
class Sandbox:
    """A place for programs that nobody read. Not to be used by two threads at once.

    Each program runs in a fork of an interpreter that is warm: in a process of its own, with a folder of its own that is
    gone afterwards, no network, no other files than Python's, no way to make a process, within `Limits`. What a program does
    to its interpreter ends with it. What the sandbox cannot keep a program from is lying about itself: one that reads the
    memory of its own interpreter to forge a verdict may succeed (the usual tricks do not: leaving early, objects equal to
    everything, other built-ins).

    Args:
        hash_seed: PYTHONHASHSEED of the interpreter.
        folder: what the folder is called that a program runs in.
        timezone: TZ of the interpreter, without a file behind it: ``XXX-5:30`` is five hours and a half ahead of UTC.
        packages: whether the packages installed beside this interpreter can be imported.
        unsandboxed: run even where nothing contains the program.
        means: of the kernel, to use fewer than there are.

    Raises:
        SandboxError: where untrusted code cannot be contained, and ``unsandboxed`` is not set.

    >>> with Sandbox() as sandbox:
    ...     [sandbox.run(["x = 6 * 7", "print(x)"]).blocks[-1].output, sandbox.run(["open('/etc/passwd')"]).status]
    ['42\\n', 'exception']
    """

    hash_seed: int = 0
    folder: str = "run"
    timezone: str = "UTC"
    packages: bool = False
    unsandboxed: bool = False
    means: Facilities = field(default_factory=facilities)
    _inside: "_Inside | None" = None
    _end: Callable[[], object] = _nothing

    def __post_init__(self) -> None:
        obstacle = self.means.obstacle()
        if obstacle and not self.unsandboxed:
            raise SandboxError(obstacle)

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        blocks: Sequence[str],
        limits: Limits = Limits(),
        *,
        judge: bool = False,
        values: bool = False,
        go_on: bool = False,
    ) -> Run:
        """Run the blocks one after the other in one interpreter, up to the first that fails.

        Args:
            judge: the last block is a test: what the program made up has no say in its comparisons.
            values: show the value of a block's last expression, as a notebook does.
            go_on: with the next block after one that raised, as a notebook does.
        """
        request = {"blocks": list(blocks), "judge": judge, "values": values, "go_on": go_on, "limits": asdict(limits)}
        asked = marshal.dumps(request)
        answer = self._ask(asked, limits) or self._ask(asked, limits)
        if answer is None:
            return Run((Block("killed"),))
        return Run(tuple(Block(block["status"], block["error"], block["output"]) for block in answer))

    def close(self) -> None:
        """End the interpreter and whatever is in the sandbox; so does losing the last reference to it."""
        self._end()
        self._inside = None

    def _ask(self, asked: bytes, limits: Limits) -> list[dict[str, str]] | None:
        """The answer; None where the sandbox was lost with the question."""
        frames = (self._inside or self._start()).frames
        try:
            frames.write(asked)
            answer = _within(frames, limits.wall_seconds + _GRACE_SECONDS)
        except (OSError, ValueError, struct.error):
            answer = None
        if answer is None:
            self.close()
        return answer

    def _start(self) -> "_Inside":
        folder = None if self.means.bwrap else tempfile.mkdtemp(prefix="sandbox-")
        (reading, answers), (requests, writing) = os.pipe(), os.pipe()
        process = subprocess.Popen(  # noqa: S603  (a fixed command)
            list(self._command()),
            stdin=requests,
            stdout=answers,
            stderr=subprocess.PIPE,
            env={
                "PYTHONPATH": "/" if self.means.bwrap else str(_INSIDE.parent),
                "PYTHONHASHSEED": str(self.hash_seed),
                "PYTHONDONTWRITEBYTECODE": "1",
                "LD_BIND_NOW": "1",  # else every fork looks the same names up again
                "LC_ALL": "C.UTF-8",
                "TZ": self.timezone,
            },
            cwd="/",
        )
        os.close(requests)
        os.close(answers)
        self._inside = inside = _Inside(process, Frames(reading, writing), folder)
        self._end = weakref.finalize(self, inside.end)
        contained = self.means.seccomp is None
        setup = {
            "root": folder or self._root(),
            "folder": self.folder,
            "filters": [program.hex() for program in policy.compiled()] if contained else [],
            "landlock": self.means.landlock is None,
            "readable": self._shown(),
            "packages": _packages() if self.packages else [],
            "processes": 0 if contained else _THREADS_AND_PROCESSES,
            "disk_bytes": _DISK_BYTES if folder else 0,
        }
        started = time.monotonic()
        try:
            inside.frames.write(marshal.dumps(setup))
            ready = _within(inside.frames, _START_SECONDS)
        except OSError:
            ready = None
        if ready is None:
            said = _said(process)
            self.close()
            raise SandboxError(f"the sandbox did not start within {time.monotonic() - started:.0f} s: {said}")
        return inside

    def _shown(self) -> list[str]:
        """What a program may read of this machine."""
        return [*_readable(), *(_packages() if self.packages else ())]

    def _root(self) -> str:
        """The file system of the sandbox's own: where programs expect one, unless what they may read lies below that."""
        usual = "/tmp"  # noqa: S108
        shown = [*self._shown(), os.path.realpath(sys.executable)]
        return "/private" if any(path.startswith(f"{usual}/") for path in shown) else usual

    def _command(self) -> Iterator[str]:
        python = os.path.realpath(sys.executable)
        if self.means.bwrap:
            yield from (self.means.bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--as-pid-1")
            yield from ("--dev", "/dev", "--size", str(_DISK_BYTES), "--tmpfs", self._root())
            for path in [*self._shown(), python]:
                yield from ("--symlink", os.readlink(path), path) if os.path.islink(path) else ("--ro-bind-try", path, path)
            yield from ("--ro-bind", str(_INSIDE), f"/{_INSIDE.name}", "--remount-ro", "/", "--remount-ro", "/dev")
        yield from (python, "-s", "-S", "-X", "utf8", "-u", "-m", _INSIDE.name)


def _within(frames: Frames, seconds: float) -> list[dict[str, str]] | None:
    """The next answer; JSON, since nothing that comes out is trusted."""
    poll = select.poll()
    poll.register(frames.reading, select.POLLIN)
    said = frames.read() if poll.poll(seconds * 1000) else None
    return None if said is None else json.loads(said)


def _readable() -> list[str]:
    """What an interpreter and its standard library are made of."""
    base = {"installed_base": sys.base_prefix, "installed_platbase": sys.base_exec_prefix}  # not an environment's packages
    paths = sysconfig.get_paths(vars={**base, "base": sys.base_prefix, "platbase": sys.base_exec_prefix})
    found = [paths["stdlib"], paths["platstdlib"], sysconfig.get_config_var("LIBDIR") or ""]
    found = [path for path in dict.fromkeys(map(os.path.realpath, filter(None, found))) if os.path.exists(path)]
    below = [path for path in found if not any(path != other and path.startswith(f"{other}/") for other in (*found, *_SYSTEM))]
    return [*(path for path in _SYSTEM if os.path.exists(path)), *below]


def _packages() -> list[str]:
    paths = sysconfig.get_paths()
    return [path for path in dict.fromkeys((paths["purelib"], paths["platlib"])) if os.path.exists(path)]


def _remove(folder: str) -> None:
    """Remove a folder that a program filled: however deep it is, no path of more than three names is ever used."""
    made = 0
    while below := [entry.path for entry in os.scandir(folder)]:
        for path in below:
            if os.path.islink(path) or not os.path.isdir(path):
                os.unlink(path)
                continue
            os.chmod(path, 0o700)
            for entry in os.scandir(path):
                made += 1
                os.rename(entry.path, f"{folder}/.{made}")
            os.rmdir(path)
    os.rmdir(folder)


def _said(process: "subprocess.Popen[bytes]") -> str:
    process.kill()
    said = b""
    with contextlib.suppress(ValueError, OSError):
        said = (process.stderr.read() if process.stderr else b"")[-300:]
    return " ".join(said.decode(errors="replace").split()) or "it says nothing"
