"""Programs by plain Python, each in a process of its own: ``python plain_programs.py CPU_SECONDS MEMORY_MB < PROGRAMS > ENDS``.

A line in is a program as a JSON string; a line out is what ``python -c`` would have ended with: its exit code, minus the
signal that killed it, or null where it was still there after twice the CPU seconds. A fresh interpreter forks for each
program, so that they share nothing; it knows nothing of the project, and contains nothing.
"""

import json
import os
import resource
import select
import signal
import sys
import types


def ended(program: str, cpu_seconds: int, memory_mb: int) -> int | None:
    """How it ended."""
    number = os.fork()
    if not number:
        code = 1
        try:
            code = run(program, cpu_seconds, memory_mb)
        finally:
            os._exit(code)
    handle, waiting = os.pidfd_open(number), select.poll()
    waiting.register(handle, select.POLLIN)
    in_time = waiting.poll(2000 * cpu_seconds)
    os.close(handle)
    for kill in (os.killpg, os.kill):
        try:
            kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
    status = os.waitpid(number, 0)[1]
    return os.waitstatus_to_exitcode(status) if in_time else None


def run(program: str, cpu_seconds: int, memory_mb: int) -> int:
    """Run it as the main module, as an interpreter of its own would."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, memory_mb << 20))
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        exec(compile(program, "<string>", "exec"), vars(main))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        return 1
    return 0


if __name__ == "__main__":
    limits = int(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(ended(json.loads(line), *limits)), flush=True)
