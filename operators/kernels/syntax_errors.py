"""Programs parsed by tree-sitter in a process of its own, which a program that takes too long ends."""

import json
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from operators.kernels import syntax_child


class Parsers:
    """A parsing process, started at the first program and again after it was ended.

    Tree-sitter is linear on what people write, and takes minutes for 50 kB of ``a<a<a<`` as Java. A program may take half
    a second and 20 us a byte, about ten times what ordinary code takes.

    >>> parsers = Parsers()
    >>> parsers("python", "x = 1"), parsers("javascript", "if (a) {\\n  b(;\\n}")
    (('parsed', ''), ('error', "2:3 'b(;'"))
    >>> parsers.close()
    """

    SECONDS = 0.5
    SECONDS_A_BYTE = 20e-6

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def __call__(self, language: str, program: str) -> tuple[str, str]:
        """``parsed``, ``error``, ``missing`` (with the place), ``timeout``, or ``crash`` of the parser."""
        source = program.encode(errors="replace")
        seconds = self.SECONDS + self.SECONDS_A_BYTE * len(source)
        request = {"language": language, "size": len(source), "seconds": seconds}
        with self._lock:
            return self._asked(json.dumps(request).encode() + b"\n" + source)

    def _asked(self, request: bytes) -> tuple[str, str]:
        child = self._child = self._child or _started()
        answer = b""
        if child.stdin and child.stdout:
            with suppress(BrokenPipeError):
                child.stdin.write(request)
                child.stdin.flush()
                answer = child.stdout.readline()
        if answer.endswith(b"\n"):
            found = json.loads(answer)
            return found["status"], found["place"]
        self.close()
        return ("timeout" if child.returncode == -signal.SIGPROF else "crash"), ""

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            for pipe in (child.stdin, child.stdout):
                if pipe:
                    with suppress(BrokenPipeError):
                        pipe.close()
            child.wait()

    def __del__(self) -> None:
        self.close()


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", str(Path(syntax_child.__file__))]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
