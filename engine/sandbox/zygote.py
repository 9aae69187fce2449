"""Runs inside the sandbox: forks one child for every program, bounds it, watches it, and says how it ended.

Started as a script with nothing but the standard library; it imports nothing of the project. It reads requests from stdin and
writes answers to stdout: four bytes of length, then JSON. What a child writes is counted and cut, never trusted.
"""

import ast
import builtins
import ctypes
import gc
import io
import json
import os
import re
import resource
import select
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

PRELOADED = "bisect collections copy functools heapq itertools math operator random re string typing"
_RESULT_BYTES = 1 << 16
_MESSAGE_CHARACTERS = 300
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE, _SECCOMP_FILTER = 38, 22, 4, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_FS_BY_ABI = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")

libc = ctypes.CDLL(None, use_errno=True)


class Frames:
    """Messages over a pair of pipes."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading, self.writing = reading, writing

    def read(self) -> Any:
        """The next message; None at the end."""
        head = self._exactly(4)
        return None if head is None else json.loads(self._exactly(struct.unpack("<I", head)[0]) or b"")

    def write(self, message: Any) -> None:
        """Send one message."""
        data = json.dumps(message).encode()
        data = struct.pack("<I", len(data)) + data
        while data:
            data = data[os.write(self.writing, data) :]

    def _exactly(self, size: int) -> bytes | None:
        pieces = []
        while size:
            piece = os.read(self.reading, size)
            if not piece:
                return None
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


def landlock_abi() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    return max(0, int(libc.syscall(_LANDLOCK_CREATE, None, 0, 1)))


def landlock_ruleset(readable: list[str], writable: str) -> int:
    """A descriptor of the rules "read below these, write below that, nothing else"; -1 where there is no Landlock."""
    abi = landlock_abi()
    if not abi:
        return -1
    every = _FS_BY_ABI[min(abi, 5)] - 1
    fields = [every]
    if abi >= 4:
        fields.append(3)  # binding and connecting over TCP
    if abi >= 6:
        fields.append(3)  # abstract sockets and signals to processes outside
    attributes = struct.pack(f"<{len(fields)}Q", *fields)
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0)
    for path in readable:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0))
    for path in _DEVICES:
        _allow(ruleset, path, every & (_READ_FILE | _WRITE_FILE | _TRUNCATE))
    _allow(ruleset, writable, every & ~_EXECUTE)
    return int(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    if not os.path.exists(path):
        return
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("<Qi", access, handle), 0):
        raise OSError(ctypes.get_errno(), f"landlock: {path}")
    os.close(handle)


def load_filter(program: bytes) -> None:
    """Hold this process to a compiled seccomp filter."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(Program(len(program) // 8, program)), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


def same(left: Any, right: Any) -> Any:
    """``left == right``, where no type that the program made up has a say about a value of a built-in type."""
    if type(right) in _PLAIN and _has_opinion(left, 4):
        return False
    if type(left) in _PLAIN and _has_opinion(right, 4):
        return False
    return left == right


def may_make_types(program: str) -> bool:
    """Whether a program could make or find an object of a type with an equality written in Python.

    It could not where it has neither a class nor another way to make one, and imports only what is known to have none.
    """
    imported = {name.split(".")[0] for at in _IMPORT.finditer(program) for name in re.findall(r"[\w.]+", at[1] or at[2])}
    return bool(_TYPES.search(program)) or not imported <= _KNOWN


_TYPES = re.compile(r"class|type\b|__|exec|eval|compile|import\s*\(|modules")
_IMPORT = re.compile(r"^[ \t]*(?:from\s+([\w.]+)|import\s+([^#\n]*))", re.MULTILINE)
_KNOWN = {*PRELOADED.split(), "bisect", "cmath", "datetime", "decimal", "hashlib", "json", "statistics", "time"}
_HONEST = ("collections", "fractions")
_BUILTINS = {**vars(builtins), "__same__": same}
_PLAIN = {int, float, str, bytes, bool, list, tuple, dict, set, frozenset, type(None), complex}


def _has_opinion(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind in _PLAIN:
        inside = value.values() if kind is dict else value if kind in (list, tuple, set, frozenset) else ()
        return bool(depth) and any(_has_opinion(item, depth - 1) for item in inside)
    code = getattr(kind.__eq__, "__code__", None)
    return code is not None and kind.__module__ not in _HONEST


class Comparisons(ast.NodeTransformer):
    """Asks `same` for every ``==`` and ``!=`` of two operands."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """One comparison; a chain of them is left as it is."""
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
            return node
        asked = ast.Call(ast.Name("__same__", ast.Load()), [node.left, node.comparators[0]], [])
        negated = isinstance(node.ops[0], ast.NotEq)
        return ast.copy_location(ast.UnaryOp(ast.Not(), asked) if negated else asked, node)


def run_blocks(blocks: list[str], judge: bool, values: bool, say: Any) -> None:
    """Run the blocks one after the other in one namespace, and say how each ended; stops at the first that fails.

    A test that judges has built-ins of its own, copied before the fork: what the program did to its own does not reach it.
    """
    namespace = {"__name__": "__main__", "__builtins__": builtins}
    write, flush, stack = os.write, sys.stdout.flush, sys.getrecursionlimit()
    for at, block in enumerate(blocks):
        judging = judge and at == len(blocks) - 1
        doubted = judging and any(map(may_make_types, blocks[:-1]))
        if judging:
            sys.settrace(None)
            sys.setprofile(None)
            sys.setrecursionlimit(stack)
            namespace["__builtins__"] = _BUILTINS
        try:
            _run_block(block, f"<block {at}>", namespace, doubted, values)
            status, error = "passed", ""
        except SystemExit as left:
            status, error = "exit", str(left.code)[:_MESSAGE_CHARACTERS] if isinstance(left.code, int | str | None) else "?"
        except MemoryError:
            status, error = "memory", ""
        except BaseException as raised:
            status, error = "exception", _described(raised)
        try:
            flush()
        except BaseException:
            status = "exception"
        say(write, status, error)
        if status != "passed":
            return


def _run_block(block: str, name: str, namespace: dict[str, Any], doubted: bool, values: bool) -> None:
    tree: Any = ast.parse(block, name) if doubted or values else block
    if doubted:
        tree = ast.fix_missing_locations(Comparisons().visit(tree))
    last = tree.body[-1] if values and tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if last is not None:
        tree.body.pop()
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)  # noqa: S102  (inside the sandbox)
    if last is not None:
        expression = compile(ast.Expression(last.value), name, "eval", dont_inherit=True)
        value = eval(expression, namespace)  # noqa: S307  (inside the sandbox)
        if value is not None:
            print(repr(value))


def _described(raised: BaseException) -> str:
    try:
        return f"{type(raised).__name__}: {raised}"[:_MESSAGE_CHARACTERS]
    except BaseException:  # what a program raises may refuse to be shown
        return type(raised).__name__[:_MESSAGE_CHARACTERS]


def bounded(limits: dict[str, Any], processes: int) -> None:
    """Hold this process to its limits."""
    set_to = (
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1),
        (resource.RLIMIT_FSIZE, limits["file_bytes"], limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, 64, 64),
        (resource.RLIMIT_CORE, 0, 0),
    )
    for what, soft, hard in set_to:
        resource.setrlimit(what, (soft, hard))
    if processes:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))


class Zygote:
    """Forks, watches and clears up, one program at a time."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.setup = setup
        self.program = bytes.fromhex(setup["filter"])
        self.root = setup["root"]
        self.landlock = landlock_ruleset(setup["readable"], self.root) if setup["landlock"] else -1
        self.first = os.getpid() == 1

    def run(self, request: dict[str, Any], answer: Callable[[list[dict[str, str]]], None]) -> bool:
        """Answer how each block of a request ended; return whether everything of it could be cleared away.

        Where every block came to an end the answer does not wait for the child's: taking a process down takes as long as
        making one, and whoever asked can go on meanwhile.
        """
        folder = f"{self.root}/run"
        os.mkdir(folder)
        out, said = os.pipe(), os.pipe()
        key = os.urandom(16).hex()
        child = os.fork()
        if not child:
            try:
                self._child(request, folder, out[1], said[1], key)
            finally:
                os._exit(0)
        os.close(out[1])
        os.close(said[1])
        blocks, cause = self._watch(len(request["blocks"]), request["limits"], out[0], said[0], key)
        ended = len(blocks) == len(request["blocks"]) or (blocks and blocks[-1]["status"] != "passed")
        if ended:
            answer(blocks)
        status = self._end(child)
        if not ended:
            answer([*blocks, {"status": cause or _cause(status), "error": "", "output": self.rest}])
        os.close(out[0])
        os.close(said[0])
        return _clear(folder)

    def _child(self, request: dict[str, Any], folder: str, out: int, said: int, key: str) -> None:
        os.setsid()
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.dup2(said, 3)
        keep = (0, 1, 2, 3) if self.landlock < 0 else (0, 1, 2, 3, self.landlock)
        _close_all_but(keep)
        os.chdir(folder)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        bounded(request["limits"], self.setup["processes"])
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if self.landlock >= 0:
            if libc.syscall(_LANDLOCK_RESTRICT, self.landlock, 0):
                os._exit(99)
            os.close(self.landlock)
        if self.program:
            load_filter(self.program)

        mark = _mark(key)

        def say(write: Any, status: str, error: str) -> None:
            write(1, mark)
            write(3, (json.dumps([key, status, error]) + "\n").encode())

        run_blocks(request["blocks"], request["judge"], request["values"], say)

    def _watch(self, wanted: int, limits: dict[str, Any], out: int, said: int, key: str) -> tuple[list[dict[str, str]], str]:
        """Read what the child writes and says until it is done, or over a limit. Returns its blocks and the limit."""
        deadline = time.monotonic() + limits["wall_seconds"]
        room, told, blocks, mark, self.rest = limits["output_bytes"], b"", [], _mark(key), ""
        written = bytearray()
        poll = select.poll()
        for pipe in (out, said):
            os.set_blocking(pipe, False)
            poll.register(pipe, select.POLLIN)
        open_pipes = {out, said}
        cause = ""
        while open_pipes and not cause:
            left = deadline - time.monotonic()
            ready = poll.poll(max(0, min(left, 0.05 if self.setup["disk_bytes"] else 5)) * 1000)
            if left <= 0:
                cause = "timeout"
                break
            if self.setup["disk_bytes"] and _used(self.root) > self.setup["disk_bytes"]:
                cause = "disk"
                break
            for pipe, _ in ready:
                data = _available(pipe)
                if data == b"":
                    poll.unregister(pipe)
                    open_pipes.discard(pipe)
                elif pipe == out:
                    written += data or b""
                else:
                    told += data or b""
            if b"\n" in told:
                written += _available(out) or b"" if out in open_pipes else b""
            if len(written) > room + wanted * len(mark) or len(told) > _RESULT_BYTES:
                cause = "output"
                del written[room:]
            *lines, told = told.split(b"\n")
            for line in lines:
                block = _block(line, key)
                if block is None:
                    cause = "tampered"
                    break
                output, _, written = written.partition(mark)
                blocks.append({**block, "output": output.decode("utf-8", "replace")})
                room -= len(output)
            if said not in open_pipes or len(blocks) == wanted:
                break
        if out in open_pipes:
            written += _available(out) or b""
        self.rest = written[: max(0, room)].decode("utf-8", "replace")
        return blocks, cause

    def _end(self, child: int) -> int:
        """Kill what is left of the run, and reap it."""
        try:
            os.kill(child, signal.SIGKILL)
            if self.first:
                os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            pass
        _, status = os.waitpid(child, 0)
        if self.first:
            try:
                while os.waitpid(-1, 0)[0]:
                    pass
            except ChildProcessError:
                pass
        return status


def _mark(key: str) -> bytes:
    """What a child writes between the outputs of two blocks."""
    return f"\0{key}\0".encode()


def _available(pipe: int) -> bytes | None:
    """What can be read now: b"" at the end, None where there is nothing yet."""
    pieces: list[bytes] = []
    while True:
        try:
            data = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return b"".join(pieces) or None
        if not data:
            return b"".join(pieces)
        pieces.append(data)
        if len(pieces) > 16:
            return b"".join(pieces)


def _block(line: bytes, key: str) -> dict[str, str] | None:
    try:
        got = json.loads(line)
        secret, status, error = got
    except (ValueError, TypeError, RecursionError):
        return None
    if secret != key or status not in ("passed", "exit", "memory", "exception") or not isinstance(error, str):
        return None
    return {"status": status, "error": error[:_MESSAGE_CHARACTERS]}


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return {int(signal.SIGXCPU): "timeout", int(signal.SIGXFSZ): "disk"}.get(number, "killed")
    return "exit"


def _used(folder: str) -> int:
    """The bytes of the regular files below a folder, as far as 10,000 of them go."""
    total, seen, waiting = 0, 0, [folder]
    while waiting and seen < 10_000:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    seen += 1
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total if seen < 10_000 else 1 << 62


def _clear(folder: str) -> bool:
    """Whether the run's folder could be removed; a sandbox with a folder that cannot is not used again."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    return False
                os.unlink(entry.path)
        os.rmdir(folder)
    except OSError:
        return False
    return True


def _close_all_but(keep: tuple[int, ...]) -> None:
    start = 0
    for number in sorted(keep):
        if number > start:
            os.closerange(start, number)
        start = number + 1
    os.closerange(start, 4096)


def main() -> None:
    """Serve requests until stdin ends."""
    frames = Frames(os.dup(0), os.dup(1))
    setup = frames.read()
    sys.path += setup["packages"]
    for name, number in (("stdout", 1), ("stderr", 2)):  # made once: a fork gives the number another pipe
        raw = io.FileIO(number, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for name in PRELOADED.split():
        __import__(name)
    zygote = Zygote(setup)
    gc.collect()
    gc.freeze()  # a child that collects its garbage would copy every page of what it shares
    frames.write({"ready": True, "landlock": zygote.landlock >= 0})
    while True:
        request = frames.read()
        if request is None:
            return
        if not zygote.run(request, frames.write):
            return


if __name__ == "__main__":
    main()
