"""Documents against their JSON Schemas, in a process of its own, which a schema that takes too long ends."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from operators.kernels import schema_child

Verdict = tuple[str, list[list[str]]]
_TOGETHER = 512
"""Documents a request. It is read as a whole before the first answer is written, so neither side waits for the other."""
_TOGETHER_CHARACTERS = 1 << 20
_DEATHS = 2
"""How often a schema may end the process before its other documents are not tried."""


class Validation:
    """A validating process, started at the first document and again after it was ended.

    >>> validation = Validation({"dialect": "2020-12"})
    >>> validation([('{"type": "integer"}', "1"), ('{"type": "integer"}', '"a"')])
    [('valid', []), ('invalid', [['type', '$', '[value] is not of type "integer"']])]
    >>> validation.close()
    """

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._configuration = json.dumps(configuration).encode() + b"\n"
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._deaths: dict[str, int] = {}
        self._end = ""

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """The verdict on each pair of a schema and a document that is JSON.

        A status is ``valid``, ``invalid``, ``undecided`` (by a pattern or a number), ``schema`` (that one is wrong),
        ``timeout`` or ``crash``.
        """
        found: list[Verdict] = []
        with self._lock:
            while len(found) < len(pairs):
                found += self._some(pairs[len(found) : len(found) + _TOGETHER])
        return found

    def _some(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """The verdicts on the first pairs: on at least one."""
        taken = [pair for pair in _taken(pairs) if self._deaths.get(pair[0], 0) < _DEATHS]
        if len(taken) < len(_taken(pairs)):
            return self._one(pairs[0])
        answers = self._asked(taken)
        return answers or [verdict for pair in taken for verdict in self._one(pair)]

    def _one(self, pair: tuple[str, str]) -> list[Verdict]:
        """The verdict on a pair by itself, after something ended the process."""
        schema = pair[0]
        if self._deaths.get(schema, 0) >= _DEATHS:
            return [("timeout", [])]
        answers = self._asked([pair])
        if not answers:
            self._deaths[schema] = self._deaths.get(schema, 0) + 1
        return answers or [(self._end, [])]

    def _asked(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """The verdicts on all pairs, or none where the process ended."""
        child = self._child = self._child or self._started()
        schemas = list(dict.fromkeys(schema for schema, _ in pairs))
        places = {schema: at for at, schema in enumerate(schemas)}
        request = {"schemas": schemas, "documents": [(places[schema], document) for schema, document in pairs]}
        line = b""
        if child.stdin and child.stdout:
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(request).encode() + b"\n")
                child.stdin.flush()
                line = child.stdout.readline()
        if line.endswith(b"\n"):
            return [(status, errors) for status, errors in json.loads(line)]
        self.close()
        self._end = "timeout" if child.returncode == -signal.SIGPROF else "crash"
        return []

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", str(Path(schema_child.__file__))]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        if child.stdin:
            child.stdin.write(self._configuration)
        return child

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe:
                with suppress(BrokenPipeError):
                    pipe.close()
        child.wait()

    def __del__(self) -> None:
        self.close()


def _taken(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The first pairs that are not too long together; at least one."""
    size = 0
    for at, (schema, document) in enumerate(pairs):
        size += len(schema) + len(document)
        if at and size > _TOGETHER_CHARACTERS:
            return pairs[:at]
    return pairs
