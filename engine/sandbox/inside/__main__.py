"""Serves one request after the other; the process that every program is forked from."""

import contextlib
import gc
import io
import json
import marshal
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from . import kernel
from .blocks import goes_on, run_blocks
from .equality import PRELOADED
from .frames import Frames
from .watch import Watch, mark, verdict

_AHEAD = 8
"""Children forked at once: the pages that this process writes to afterwards are copied once for all of them."""
_DESCRIPTORS = 4096


class Child(NamedTuple):
    """A fork that has everything but its program: the pipes to and from it, and the key that it signs verdicts with."""

    number: int
    key: str
    request: int
    out: int
    said: int


class Zygote:
    """Forks, watches and clears up, one program at a time.

    The next children are forked while a program runs. They wait for theirs, and are of no use to the one that runs: that can
    reach neither their pipes nor their memory, and their folder is not there yet.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        self.setup = setup
        self.root = setup["root"]
        self.folder = f"{self.root}/{setup['folder']}"
        self.landlock = kernel.landlock_ruleset(setup["readable"], self.root) if setup["landlock"] else -1
        self.first = os.getpid() == 1
        self.filters = [kernel.compiled(program) for program in setup["filters"]]
        self.waiting: deque[Child] = deque()
        kernel.undumpable()
        kernel.no_new_privileges()
        kernel.few_files()
        if self.filters:
            self.filters[0].load()

    def run(self, asked: bytes, answer: Callable[[list[dict[str, str]]], None]) -> bool:
        """Answer how each block of a request ended; return whether everything of it could be cleared away.

        Where every block came to an end the answer does not wait for the child's: taking a process down takes as long as
        making one, and whoever asked can go on meanwhile.
        """
        request = marshal.loads(asked)  # noqa: S302  (written by the interpreter outside)
        os.mkdir(self.folder)
        child = self._given(asked)
        if self.filters and not self.waiting:
            self.waiting.extend([self._fork() for _ in range(_AHEAD)])
        watch = Watch(len(request["blocks"]), request["limits"], child.key, child.out, child.said)
        watch.until_done(self.root, self.setup["disk_bytes"])
        blocks = watch.blocks
        ended = len(blocks) == len(request["blocks"]) or (blocks and not goes_on(blocks[-1]["status"], request["go_on"]))
        if ended:
            answer(blocks)
        status = self._end(child.number)
        if not ended:
            answer([*blocks, {"status": watch.cause or _cause(status), "error": "", "output": watch.rest}])
        os.close(child.out)
        os.close(child.said)
        return _clear(self.root, self.folder)

    def _given(self, asked: bytes) -> Child:
        """The first child that waits and was not lost, or a new one, with its request."""
        while self.waiting:
            child = self.waiting.popleft()
            if not os.waitpid(child.number, os.WNOHANG)[0]:
                break
            for pipe in (child.request, child.out, child.said):
                os.close(pipe)
        else:
            child = self._fork()
        Frames(-1, child.request).write(asked)
        os.close(child.request)
        return child

    def _fork(self) -> Child:
        requests, out, said = os.pipe(), os.pipe(), os.pipe()
        key = os.urandom(16).hex()
        number = os.fork()
        if not number:
            try:
                self._child(requests[0], out[1], said[1], key)
            finally:
                os._exit(0)
        for pipe in (requests[0], out[1], said[1]):
            os.close(pipe)
        return Child(number, key, requests[1], out[0], said[0])

    def _child(self, requests: int, out: int, said: int, key: str) -> None:
        os.setsid()
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.dup2(said, 3)
        os.dup2(requests, 4)
        if self.landlock >= 0 and not kernel.restrict(self.landlock):
            os._exit(99)
        os.closerange(5, _DESCRIPTORS)
        asked = Frames(4, -1).read()
        if asked is None:
            os._exit(0)
        request = marshal.loads(asked)  # noqa: S302  (written by the interpreter outside)
        os.close(4)
        os.chdir(self.folder)
        kernel.bounded(request["limits"], self.setup["processes"])
        if self.filters:
            self.filters[1].load()
        between = mark(key)

        def say(write: Any, status: str, error: str) -> None:
            write(1, between)
            write(3, verdict(key, status, error))

        run_blocks(request["blocks"], request["judge"], request["values"], request["go_on"], say)

    def _end(self, child: int) -> int:
        """Kill what is left of the run, and reap it; where no filter keeps a program from making processes, these too."""
        alone = bool(self.filters) or not self.first
        for kill, whom in ((os.killpg, child), (os.kill, child), *(() if alone else ((os.kill, -1),))):
            with contextlib.suppress(ProcessLookupError):
                kill(whom, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not alone:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, 0)[0]:
                    pass
        return status


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return {int(signal.SIGXCPU): "timeout", int(signal.SIGXFSZ): "disk"}.get(number, "killed")
    return "exit"


def _clear(root: str, folder: str) -> bool:
    """Whether nothing is left of a run, in its folder or beside it; a sandbox where something is left is not used again."""
    try:
        with contextlib.suppress(OSError):
            os.rmdir(folder)  # most programs write no file
            return not os.listdir(root)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    return False
                os.unlink(entry.path)
        os.rmdir(folder)
        return not os.listdir(root)
    except OSError:
        return False


def main() -> None:
    """Serve requests until stdin ends."""
    frames = Frames(os.dup(0), os.dup(1))
    setup = marshal.loads(frames.read() or b"")  # noqa: S302  (written by the interpreter outside)
    sys.path = [path for path in sys.path if path != os.environ.get("PYTHONPATH")] + setup["packages"]
    for name in ("PYTHONPATH", "LD_BIND_NOW"):
        os.environ.pop(name, None)
    for name, number in (("stdout", 1), ("stderr", 2)):  # made once: a fork gives the number another pipe
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for name in PRELOADED.split():
        __import__(name)
    os.dup2(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC), 0)
    zygote = Zygote(setup)
    gc.collect()
    gc.freeze()  # a child that collects its garbage would copy every page of what it shares

    def answer(blocks: list[dict[str, str]]) -> None:
        frames.write(json.dumps(blocks).encode())

    answer([])
    while True:
        asked = frames.read()
        if asked is None or not zygote.run(asked, answer):
            return


if __name__ == "__main__":
    main()
