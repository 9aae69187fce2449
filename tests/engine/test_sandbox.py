"""Programs that try to get out, and must not; and programs that only lie about how they ended."""

import dataclasses
import os
import signal
import socket
import subprocess
import sysconfig
import tempfile
import threading
import time
import venv
from pathlib import Path

import pytest

import engine.sandbox
from engine.errors import SandboxError
from engine.sandbox import Facilities, Limits, Sandbox, facilities

pytestmark = pytest.mark.skipif(facilities().obstacle() is not None, reason=str(facilities().obstacle()))
ROOT = Path(__file__).parents[2]
SHORT = Limits(cpu_seconds=1, wall_seconds=4.0, memory_bytes=1 << 28)
ALL = facilities()
MEANS = {
    "namespaces": ALL,
    "namespaces-alone": dataclasses.replace(ALL, landlock="left out by the test"),
    "landlock": dataclasses.replace(ALL, namespaces="left out by the test", bwrap=""),
}


@pytest.fixture(scope="module", params=MEANS)
def sandbox(request):
    if MEANS[request.param].obstacle():
        pytest.skip(str(MEANS[request.param].obstacle()))
    with Sandbox(means=MEANS[request.param]) as started:
        yield started


SECRET = "hunter2-in-the-environment"
MARK = Path("/var/tmp") / f"escaped-{os.getpid()}"

REFUSED = {
    "read /etc/passwd": "open('/etc/passwd').read()",
    "read /etc/shadow by descriptor": "import os; os.read(os.open('/etc/shadow', os.O_RDONLY), 10)",
    "read this test": f"open({__file__!r}).read()",
    "read the project": f"open({str(Path(engine.sandbox.__file__))!r}).read()",
    "read another's memory": "open('/proc/1/mem', 'rb').read(1)",
    "read another's environment": "open('/proc/1/environ', 'rb').read()",
    "read its parent's descriptors": "import os; os.listdir(f'/proc/{os.getppid()}/fd')",
    "list the root": "import os; assert 'var' in os.listdir('/')",
    "list a home": "import os; os.listdir('/var/tmp')",
    "read a disk": "open('/dev/vda', 'rb').read(1)",
    "write outside": f"open({str(MARK)!r}, 'w').write('x')",
    "write beside its folder": "open('../mark', 'w').write('x'); open('/tmp/../mark2', 'w').write('x'); open('/mark', 'w')",
    "write into the library": "import os; open(os.__file__, 'a').write('#')",
    "rename a library": "import os; os.rename(os.__file__, os.__file__ + 'x')",
    "symlink out": "import os; os.symlink('/etc/passwd', 'way'); open('way').read()",
    "symlink out to write": f"import os; os.symlink({str(MARK)!r}, 'way'); open('way', 'w').write('x')",
    "hard link out": "import os; os.link('/etc/passwd', 'way'); open('way').read()",
    "climb out": "import os; os.chdir('../' * 20); open('etc/passwd').read()",
    "chroot": "import os; os.chroot('.')",
    "mount": "import ctypes, os; assert ctypes.CDLL(None, use_errno=True).mount(b'none', b'.', b'tmpfs', 0, None) == 0",
    "new namespaces": "import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "fork": "import os; os.fork()",
    "fork through C": "import ctypes; assert ctypes.CDLL(None).fork() >= 0",
    "vfork and exec": "import subprocess; subprocess.run(['/bin/true'])",
    "a shell": "import os; assert os.system('true') == 0",
    "exec": "import os, sys; os.execv(sys.executable, [sys.executable, '-c', ''])",
    "exec a file of its own": "import os; open('x', 'w').write('#!/bin/sh'); os.chmod('x', 0o777); os.execv('x', ['x'])",
    "spawn": "import os; os.posix_spawn('/bin/true', ['true'], {})",
    "multiprocessing": "import multiprocessing as m; p = m.Process(target=print); p.start()",
    "a socket": "import socket; socket.create_connection(('127.0.0.1', PORT), 2)",
    "a datagram": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    "a name": "import socket; socket.getaddrinfo('localhost', 'http', type=socket.SOCK_STREAM)[0]; socket.socket()",
    "a unix socket": "import socket; socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
    "an abstract socket": "import socket; socket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')",
    "a raw socket": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "a server": "import socket; socket.create_server(('', 0))",
    "fetch": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:PORT/', timeout=2)",
    "ptrace": "import ctypes, os; assert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0",
    "another's memory": (
        "import ctypes, os; c = ctypes.CDLL(None); b = ctypes.create_string_buffer(64)\n"
        "v = (ctypes.c_size_t * 2)(ctypes.addressof(b), 8)\n"
        "assert c.process_vm_readv(os.getppid(), v, 1, v, 1, 0) >= 0"
    ),
    "kill the parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "kill all": "import os, signal; os.kill(-1, signal.SIGKILL)",
    "kill the group": "import os, signal; os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)",
    "io_uring": "import ctypes; assert ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(120)) >= 0",
    "bpf": "import ctypes; assert ctypes.CDLL(None).syscall(321, 0, 0, 0) >= 0",
    "a keyring": "import ctypes; assert ctypes.CDLL(None).syscall(250, 0, -3, 0) >= 0",
    "raise its limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "more processors' time": "import resource; resource.setrlimit(resource.RLIMIT_CPU, (600, 600))",
    "a setuid file": "import os; open('s', 'w'); os.chown('s', 12345, 12345)",
    "a device": "import os; os.mknod('d', 0o20666, os.makedev(1, 3))",
    "set the clock": "import time; time.clock_settime(time.CLOCK_REALTIME, 0)",
    "another host name": "import socket; socket.sethostname('x')",
}


@pytest.fixture(scope="module")
def server():
    """A server that nobody may reach, and what reached it."""
    reached = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.2)
    stop = threading.Event()

    def serve():
        while not stop.is_set():
            try:
                reached.append(listening.accept()[1])
            except TimeoutError:
                continue

    thread = threading.Thread(target=serve)
    thread.start()
    yield listening.getsockname()[1], reached
    stop.set()
    thread.join()
    listening.close()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, sandbox, server):
    port, reached = server
    run = sandbox.run([REFUSED[name].replace("PORT", str(port))], SHORT)
    assert run.status in ("exception", "killed"), (run.status, run.blocks)
    assert not reached
    assert not MARK.exists()
    assert sandbox.run(["print('still here')"]).blocks[0].output == "still here\n"


BOMBS = {
    "processor": ("while True: pass", {"timeout"}),
    "sleep": ("import time; time.sleep(60)", {"timeout"}),
    "threads that spin": (
        "import threading\nfor _ in range(30):\n threading.Thread(target=lambda: [0 for _ in iter(int, 1)]).start()",
        {"timeout", "exception", "memory"},
    ),
    "a handler that ignores the limit": (
        "import signal\nfor s in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGALRM):\n signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
        {"timeout", "killed"},
    ),
    "an exception handler round everything": (
        "while True:\n try:\n  while True: pass\n except BaseException: pass",
        {"timeout"},
    ),
    "memory": ("x = bytearray(1 << 34)", {"memory"}),
    "memory by pieces": ("x = []\nwhile True: x.append(bytearray(1 << 20))", {"memory", "killed"}),
    "memory mapped": ("import mmap\nx = [mmap.mmap(-1, 1 << 26) for _ in range(100)]", {"memory", "exception"}),
    "a power": ("9 ** 9 ** 9", {"timeout", "memory"}),
    "output": ("while True: print('x' * 1000)", {"output"}),
    "output below Python": ("import os\nwhile True: os.write(1, b'x' * 65536)", {"output"}),
    "output on stderr": ("import sys\nwhile True: sys.stderr.write('x' * 1000)", {"output"}),
    "a large file": ("open('x', 'wb').write(bytes(1 << 26))", {"disk", "exception"}),
    "many files": (
        "for i in range(1000):\n with open(f'f{i}', 'wb') as f: f.write(bytes(1 << 20))",
        {"disk", "exception", "timeout"},
    ),
    "open files": ("x = [open(f'f{i}', 'w') for i in range(5000)]", {"exception"}),
    "deep folders": ("import os\nwhile True:\n os.mkdir('d'); os.chdir('d')", {"timeout", "exception", "disk"}),
    "recursion": ("def f(): f()\nf()", {"exception"}),
    "recursion in C": (
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
        {"killed", "memory", "exception", "timeout"},
    ),
    "nested source": ("(" * 100_000 + ")" * 100_000, {"exception", "memory", "killed"}),
    "broken memory": ("import ctypes; ctypes.string_at(0)", {"killed"}),
    "abort": ("import os; os.abort()", {"killed"}),
    "a regular expression that never ends": ("import re; re.match('(a+)+$', 'a' * 50 + 'b')", {"timeout"}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_bounded(name, sandbox):
    program, expected = BOMBS[name]
    started = time.monotonic()
    run = sandbox.run([program], SHORT)
    assert run.status in expected, run
    assert time.monotonic() - started < SHORT.wall_seconds + 2
    assert sum(len(block.output) for block in run.blocks) <= SHORT.output_bytes + 10
    assert sandbox.run(["print('still here')"]).blocks[0].output == "still here\n"


TEST = "assert answer(2) == 4\nassert [answer(3)] == [9]"
LIES = {
    "sys.exit": "import sys; sys.exit(0)",
    "exit": "exit(0)",
    "os._exit": "import os; os._exit(0)",
    "SystemExit at the call": "def answer(x): raise SystemExit(0)",
    "os._exit at the call": "import os\ndef answer(x): os._exit(0)",
    "equal to everything": "class All:\n def __eq__(self, other): return True\n def __ne__(self, other): return False\ndef answer(x): return All()",
    "the library's object equal to everything": "from unittest.mock import ANY\ndef answer(x): return ANY",
    "a class without the word": "import dataclasses\nAll = dataclasses.make_dataclass('All', [], namespace={'_'*2 + 'eq' + '_'*2: lambda a, b: True})\ndef answer(x): return All()",
    "a type by another name": "T = (1).__class__.__class__\ndef answer(x): return T('All', (), {'__eq__': lambda a, b: True})()",
    "a type found on the way": "import re\nm = vars(re)['e' + 'num']\ndef answer(x): return 0",
    "an int equal to everything": "class All(int):\n def __eq__(self, other): return True\ndef answer(x): return All(7)",
    "other built-ins": "import builtins\nbuiltins.AssertionError = ValueError\nbuiltins.compile = None\ndef answer(x): return 0",
    "other equality": "import operator; operator.eq = lambda a, b: True\ndef answer(x): return 0",
    "a trace that skips": "import sys\nsys.settrace(lambda *a: None)\ndef answer(x): return 0",
    "the verdict in the output": "print('passed')\ndef answer(x): return 0",
    "a forged verdict": "import os, json\nos.write(3, (json.dumps(['0' * 32, 'passed', '']) + chr(10)).encode())\ndef answer(x): return 0",
    "noise on every descriptor": "import os\nfor fd in range(64):\n try: os.write(fd, b'noise' + bytes([10]))\n except OSError: pass",
    "descriptors closed": "import os; os.closerange(0, 64)\ndef answer(x): return 0",
    "a handler at exit": "import atexit, os; atexit.register(os._exit, 0)\ndef answer(x): return 0",
    "a replaced hook": "import sys; sys.excepthook = lambda *a: None\ndef answer(x): raise ValueError",
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_does_not_pass(name, sandbox):
    assert sandbox.run([LIES[name], TEST], SHORT, judge=True).status != "passed"
    assert sandbox.run(["def answer(x): return x * x", TEST], SHORT, judge=True).status == "passed"


def test_nothing_is_left_of_a_run(sandbox):
    sandbox.run(["import math, builtins; math.pi = 3; builtins.len = None; open('x', 'w').write('x'); x = 1"])
    run = sandbox.run(["import math, os; print(math.pi > 3.1, len('ab'), os.listdir('.'), 'x' in globals())"])
    assert run.blocks[0].output == "True 2 [] False\n"


@pytest.mark.parametrize("place", ["../left", "../left/deeper", "/dev/shm/left"])
def test_nothing_is_left_beside_the_folder_of_a_run(place, sandbox):
    sandbox.run([f"import os; os.makedirs(os.path.dirname({place!r}), exist_ok=True); open({place!r}, 'w').write('x')"])
    assert sandbox.run([f"open({place!r})"]).status == "exception"
    assert sandbox.run(["import os; print(os.listdir('..'))"]).blocks[0].output == "['run']\n"


def test_the_environment_stays_outside(sandbox, monkeypatch):
    monkeypatch.setenv("AUDITOR_SECRET", SECRET)
    with Sandbox(means=sandbox.means) as fresh:
        assert SECRET not in fresh.run(["import os; print(dict(os.environ))"]).blocks[0].output


def test_ordinary_programs(sandbox):
    program = "from typing import List\nimport threading, tempfile, json, statistics, decimal, datetime, hashlib, dataclasses\n"
    program += "with open('f.txt', 'w') as f: f.write('x')\nt = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\n"
    program += "print(hashlib.sha256(b'').hexdigest()[:4], json.dumps([1]), open('f.txt').read())"
    assert sandbox.run([program]).blocks[0].output == "thread\ne3b0 [1] x\n"


def test_blocks_share_an_interpreter_and_show_their_last_value(sandbox):
    run = sandbox.run(["x = 20", "x + 1", "print('a')\nx / 8\n", "1 / 0", "never"], values=True)
    assert [(block.status, block.output) for block in run.blocks] == [
        ("passed", ""),
        ("passed", "21\n"),
        ("passed", "a\n2.5\n"),
        ("exception", ""),
    ]
    assert run.blocks[-1].error == "ZeroDivisionError: division by zero"


def test_a_notebook_goes_on_after_an_exception_and_not_after_an_exit(sandbox):
    blocks = ["x = 1", "print('a'); y", "x + 1", "(", "raise SystemExit", "x"]
    run = sandbox.run(blocks, values=True, go_on=True)
    assert [(block.status, block.output) for block in run.blocks] == [
        ("passed", ""),
        ("exception", "a\n"),
        ("passed", "2\n"),
        ("exception", ""),
        ("exit", ""),
    ]
    assert [block.status for block in sandbox.run(["x", "while True: pass", "1"], SHORT, go_on=True).blocks] == [
        "exception",
        "timeout",
    ]


def test_no_two_programs_share_a_process(sandbox):
    assert len({sandbox.run(["import os; print(os.getpid())"]).blocks[0].output for _ in range(5)}) == 5


def test_a_child_that_was_lost_while_it_waited_is_replaced(sandbox):
    sandbox.run(["x = 1"])
    time.sleep(0.2)  # until the one that ran is reaped
    number, below = 0, [sandbox._inside.process.pid]
    while below:
        number = int(below[-1])
        below = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    os.kill(number, signal.SIGKILL)
    time.sleep(0.5)
    assert sandbox.run(["print(1)"]).blocks[0].output == "1\n"


def test_all_that_wait_may_be_lost(sandbox):
    sandbox.run(["x = 1"])
    time.sleep(0.2)
    number, below = sandbox._inside.process.pid, []
    while len(below := Path(f"/proc/{number}/task/{number}/children").read_text().split()) == 1:
        number = int(below[0])
    for child in below:
        os.kill(int(child), signal.SIGKILL)
    time.sleep(0.5)
    assert [sandbox.run([f"print({at})"]).blocks[0].output for at in range(20)] == [f"{at}\n" for at in range(20)]


def test_a_lost_interpreter_is_replaced(sandbox):
    sandbox.run(["x = 1"])
    sandbox._inside.process.kill()
    assert sandbox.run(["print(1)"]).blocks[0].output == "1\n"


def test_hash_seeds():
    outputs = set()
    for seed in range(3):
        with Sandbox(hash_seed=seed) as sandbox:
            outputs.add(sandbox.run(["print(hash('a'))"]).blocks[0].output)
            assert sandbox.run(["print(hash('a'))"]).blocks[0].output in outputs
    assert len(outputs) == 3


def test_packages_are_there_only_where_asked_for():
    with Sandbox() as bare, Sandbox(packages=True) as full:
        assert bare.run(["import numpy"]).status == "exception"
        run = full.run(["import numpy; print(numpy.arange(3).sum())"], Limits(memory_bytes=1 << 32))
        assert run.blocks[0].output == "3\n", run


def test_an_environment_below_tmp_is_reused_and_leaves_the_folder_clean():
    """As Ray makes one for a job: the packages lie where a program's own files would."""
    script = "from engine.sandbox import Sandbox\nwith Sandbox(packages=True) as sandbox:\n    for _ in range(3):\n"
    script += (
        "        print(sandbox.run(['import os, given; print(os.getpid(), os.listdir(\"..\"))']).blocks[0].output, end='')\n"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        venv.create(folder, with_pip=False)
        site = next(Path(folder).glob("lib/python*/site-packages"))
        (site / "given.py").write_text("")
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_paths()["purelib"]])}
        command = [f"{folder}/bin/python", "-c", script]
        lines = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.partition(" ")[2] for line in lines] == ["['run']"] * 3
    assert len({line.split()[0] for line in lines}) == 3


def test_without_means_nothing_runs_unless_told():
    nothing = Facilities("none", "none", "none")
    with pytest.raises(SandboxError, match="no sandbox for untrusted code here"):
        Sandbox(means=nothing)
    with Sandbox(means=nothing, unsandboxed=True) as sandbox:
        assert sandbox.run(["print(1)"]).blocks[0].output == "1\n"
        assert sandbox.run(["while True: pass"], SHORT).status == "timeout"


@pytest.mark.parametrize("name", ["namespaces", "landlock"])
def test_nothing_is_left_of_a_sandbox(name):
    def used():
        sandbox = Sandbox(means=MEANS[name])
        sandbox.run(["open('f', 'w').write('x'); import os; os.mkdir('d')"])
        return sandbox._inside

    before = len(os.listdir("/proc/self/fd"))
    inside = used()  # dropped without being closed
    assert inside.process.poll() is not None
    assert not inside.folder or not os.path.exists(inside.folder)
    assert len(os.listdir("/proc/self/fd")) == before
