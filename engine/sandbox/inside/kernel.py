"""What a process asks of the kernel about itself: Landlock, seccomp, limits."""

import ctypes
import os
import resource
import struct
from typing import Any

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_DUMPABLE, _SECCOMP_FILTER = 38, 22, 4, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_FS_BY_ABI = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_libc = ctypes.CDLL(None, use_errno=True)
_prctl: Any = getattr(_libc, "prctl", None)  # looked up before the fork: in a child that is 50 page faults
_syscall = _libc.syscall


def landlock_abi() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    return max(0, int(_syscall(_LANDLOCK_CREATE, None, 0, 1)))


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
    ruleset = _syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0)
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
    if _syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("<Qi", access, handle), 0):
        raise OSError(ctypes.get_errno(), f"landlock: {path}")
    os.close(handle)


class Filter(ctypes.Structure):
    """A compiled seccomp filter, made before the fork."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))

    def load(self) -> None:
        """Hold this process to it."""
        if _prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(self), 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")


def compiled(program: str) -> Filter:
    """The filter of a program in hexadecimal."""
    return Filter(len(program) // 16, bytes.fromhex(program))


def few_files() -> None:
    """Let this process and its children have few files open, and leave no memory on disk."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bounded(limits: dict[str, Any], processes: int) -> None:
    """Hold this process to its limits."""
    limit, memory, size = resource.setrlimit, limits["memory_bytes"], limits["file_bytes"]
    limit(resource.RLIMIT_AS, (memory, memory))
    limit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    limit(resource.RLIMIT_FSIZE, (size, size))
    if processes:
        limit(resource.RLIMIT_NPROC, (processes, processes))


def restrict(ruleset: int) -> bool:
    """Hold this process to a ruleset of Landlock for good; whether the kernel agreed."""
    return not _syscall(_LANDLOCK_RESTRICT, ruleset, 0)


def undumpable() -> None:
    """Let no other process look into this one."""
    _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def no_new_privileges() -> None:
    """Let nothing that this process starts have more rights than it has."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
