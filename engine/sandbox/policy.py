"""Which system calls a program may make: those that computing in memory and on its own files takes, and no other.

There are two filters, because one that says all costs half a millisecond to load: the first holds the interpreter that programs
are forked from, once; the second, a tenth as long, takes from a program what only that interpreter may do.
"""

import errno
import tempfile
from functools import cache
from typing import Any

_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev open openat creat close close_range lseek _llseek
stat fstat lstat newfstatat statx access faccessat faccessat2 statfs fstatfs getcwd chdir fchdir getdents getdents64
readlink readlinkat mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 symlink symlinkat chmod fchmod fchmodat
umask utimensat utime utimes truncate ftruncate fallocate fsync fdatasync flock fcntl fadvise64 copy_file_range sendfile
dup dup2 dup3 pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
mmap munmap mprotect mremap madvise brk mlock munlock membarrier
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait rt_sigpending sigaltstack alarm getitimer setitimer pause
nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times sched_yield
futex set_robust_list get_robust_list set_tid_address rseq sched_getaffinity sched_getparam sched_getscheduler getpriority
getpid getppid gettid getuid geteuid getgid getegid getgroups getpgid getpgrp getsid getresuid getresgid
getrlimit getrusage sysinfo uname getrandom arch_prctl restart_syscall wait4 exit exit_group
"""
_ONLY_BEFORE = "clone kill setsid prlimit64 prctl landlock_restrict_self"
"""What making and bounding a process takes."""
_CLONE_THREAD = 0x00010000
_PR_SET_NAME, _TIOCGWINSZ, _TCGETS, _FIONREAD, _FIOCLEX, _FIONBIO = 15, 0x5413, 0x5401, 0x541B, 0x5451, 0x5421


def available() -> str | None:
    """Why no filter can be made here; None where it can."""
    try:
        import pyseccomp  # noqa: F401
    except ImportError:
        return "needs the package pyseccomp: pip install 'llm-data-auditor[sandbox]'"
    except (OSError, RuntimeError) as error:
        return f"needs the library libseccomp ({error})"
    return None


@cache
def compiled() -> tuple[bytes, bytes]:
    """The two filters as the kernel takes them (arrays of ``sock_filter``), for this machine's architecture.

    What is not allowed fails with EPERM; ``clone3``, which no filter can look into, with ENOSYS, so that a thread is made by
    ``clone``, where only threads pass: no program ever makes a process.
    """
    return _before(), _after()


def _before() -> bytes:
    """Everything that programs may do, and what their interpreter does before they start."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in (_ALLOWED + _ONLY_BEFORE).split():
        if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in (_TIOCGWINSZ, _TCGETS, _FIONREAD, _FIOCLEX, _FIONBIO):
        rules.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, request))
    return _exported(rules)


def _after() -> bytes:
    """Nothing of `_ONLY_BEFORE` but threads, reading limits, and giving a thread its name."""
    import pyseccomp as seccomp

    refused = {
        "clone": seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, 0),
        "prlimit64": seccomp.Arg(2, seccomp.NE, 0),
        "prctl": seccomp.Arg(0, seccomp.NE, _PR_SET_NAME),
    }
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in _ONLY_BEFORE.split():
        if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:
            rules.add_rule(seccomp.ERRNO(errno.EPERM), name, *filter(None, [refused.get(name)]))
    return _exported(rules)


def _exported(rules: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
