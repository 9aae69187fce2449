"""The process that parses: what it reads is hostile, and its grammars are C that nobody here wrote.

Requests on standard input, each a line of JSON (``language``, ``size``, ``seconds``) and then ``size`` bytes of program;
answers on standard output, a line of JSON each: ``status`` (`parsed`, `error` or `missing`) and ``place`` ("3:14 what").
A program that takes longer than ``seconds`` of processor time ends the process (SIGPROF), as does one that takes its memory.
"""

import json
import resource
import signal
import sys
from typing import Any

MEMORY_BYTES = 2 << 30
_SHOWN = 40


def main() -> None:
    """Answer until the input ends."""
    from tree_sitter_language_pack import get_parser

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        source = sys.stdin.buffer.read(request["size"])
        parser = get_parser(request["language"])
        signal.setitimer(signal.ITIMER_PROF, request["seconds"])
        status, place = first_error(parser.parse(source).root_node, source)
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps({"status": status, "place": place}) + "\n")
        sys.stdout.flush()


def first_error(root: Any, source: bytes) -> tuple[str, str]:
    """Whether a tree has an error, and where the first one is: line and column from 1, in characters."""
    if not root.has_error:
        return "parsed", ""
    node = root
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    row, column = node.start_point
    start = source.rfind(b"\n", 0, node.start_byte) + 1
    at = f"{row + 1}:{len(source[start : start + column].decode(errors='replace')) + 1}"
    if node.is_missing:
        return "missing", f"{at} {node.type} is missing"
    text = source[node.start_byte : node.start_byte + _SHOWN].decode(errors="ignore").split("\n")[0].strip()
    return "error", f"{at} {text!r}" if text else at


if __name__ == "__main__":
    main()
