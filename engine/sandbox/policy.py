"""Which system calls a program may make: those that computing in memory and on its own files takes, and no other."""

import errno
import tempfile
from functools import cache

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
def compiled() -> bytes:
    """The filter as the kernel takes it (an array of ``sock_filter``), for this machine's architecture.

    What is not allowed fails with EPERM; ``clone3``, which no filter can look into, with ENOSYS, so that a thread is made by
    ``clone``, where only threads pass: no process is ever made.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in _ALLOWED.split():
        if seccomp.resolve_syscall(seccomp.system_arch(), name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.add_rule(seccomp.ALLOW, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    rules.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(2, seccomp.EQ, 0))
    rules.add_rule(seccomp.ALLOW, "prctl", seccomp.Arg(0, seccomp.EQ, _PR_SET_NAME))
    for request in (_TIOCGWINSZ, _TCGETS, _FIONREAD, _FIOCLEX, _FIONBIO):
        rules.add_rule(seccomp.ALLOW, "ioctl", seccomp.Arg(1, seccomp.EQ, request))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
