"""The process that validates: schemas and documents are hostile, and some schemas take exponential time.

The first line of standard input is the configuration, a JSON object: ``dialect``, ``formats``, ``registry`` (URI to schema).
Every further line is a request: ``schemas`` (texts) and ``documents`` (pairs of a schema's position and a text). It is answered
by a line on standard output: of each document a status and its errors, each a keyword, a path and a message. A request that
takes longer than its share of processor time ends the process (SIGPROF), as does one that takes its memory.
"""

import json
import re
import resource
import signal
import sys
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

MEMORY_BYTES = 2 << 30
SECONDS, SECONDS_EACH, SECONDS_A_BYTE = 1.0, 1e-3, 20e-6
KEPT_SCHEMAS = 256
MOST_ERRORS, MOST_CHARACTERS = 16, 120
_BACKTRACKS = 100_000
_COMPILED_BYTES = 1 << 21
_EXACT = re.compile(rb"\d{16}|[\d.][eE][+-]?\d{3}")
"""Numbers that orjson would round, or refuse."""


class Validators:
    """Compiled schemas, the last ones used.

    A schema's own ``$schema`` says its dialect where that is one of the five, or a metaschema of the registry; the configured
    one holds for all others.

    >>> validators = Validators("2020-12")
    >>> validators.answer('{"type": "object", "required": ["a"]}', '{"b": 1}')
    ('invalid', [['required', '$', '"a" is a required property']])
    >>> validators.answer('{"$ref": "https://example.com/s.json"}', "1")[0]
    'schema'
    """

    def __init__(self, dialect: str, formats: bool = False, registry: Mapping[str, Any] | None = None) -> None:
        self.dialect, self.formats, self.registry = dialect, formats, dict(registry or {})
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def answer(self, schema: str, document: str) -> tuple[str, list[list[str]]]:
        """``valid``, ``invalid`` with the first errors, ``undecided``, or ``schema`` with what is wrong with that."""
        validator = self._kept.pop(schema, None) or self._compiled(schema)
        self._kept[schema] = validator
        if len(self._kept) > KEPT_SCHEMAS:
            self._kept.popitem(last=False)
        if isinstance(validator, str):
            return "schema", [["$schema", "$", validator]]
        return _judged(validator, _parsed(document))

    def _compiled(self, text: str) -> Any:
        """The validator, or why there is none."""
        import jsonschema_rs as js

        try:
            schema = json.loads(text)
        except (ValueError, RecursionError):
            return "not JSON"
        if not isinstance(schema, (dict, bool)):
            return "neither an object nor true or false"
        declared = schema.get("$schema") if isinstance(schema, dict) else None
        dialect = _URI.fullmatch(declared) if isinstance(declared, str) else None
        own = dialect is None and isinstance(declared, str) and declared in self.registry
        build = js.validator_for if own else getattr(js, _CLASSES[dialect[1] if dialect else self.dialect])
        linear = js.RegexOptions(_COMPILED_BYTES, _COMPILED_BYTES)
        looking = js.FancyRegexOptions(_BACKTRACKS, _COMPILED_BYTES, _COMPILED_BYTES)
        said = ""
        for patterns in (linear, looking):  # what looks around needs the engine that may go back
            try:
                return build(
                    schema,
                    validate_formats=self.formats,
                    retriever=self.registry.__getitem__,
                    mask="[value]",
                    pattern_options=patterns,
                )
            except (ValueError, js.ReferencingError) as error:
                said = str(error).split("\n")[0]
        return said[:MOST_CHARACTERS] or "cannot be compiled"


_CLASSES = {
    "draft-04": "Draft4Validator",
    "draft-06": "Draft6Validator",
    "draft-07": "Draft7Validator",
    "2019-09": "Draft201909Validator",
    "2020-12": "Draft202012Validator",
}
_URI = re.compile(r"https?://json-schema\.org/(?:draft/)?(draft-0[467]|2019-09|2020-12)/schema#?")


def _parsed(document: str) -> Any:
    """The document's value; its numbers exactly, where orjson would round them."""
    import orjson

    data = document.encode("utf-8", "replace")
    return json.loads(data) if _EXACT.search(data) else orjson.loads(data)


def _judged(validator: Any, value: Any) -> tuple[str, list[list[str]]]:
    if validator.is_valid(value):
        return "valid", []
    errors: list[list[str]] = []
    for error in validator.iter_errors(value):
        if type(error.kind).__name__.endswith(("BacktrackLimitExceeded", "RegexEngineFailure")):
            return "undecided", [[error.kind.name, path(error.instance_path), "the pattern takes too long"]]
        message = error.message.split("\n")[0]
        errors.append([error.kind.name, path(error.instance_path), message[:MOST_CHARACTERS]])
        if len(errors) == MOST_ERRORS:
            break
    return "invalid", errors


def path(steps: list[str | int]) -> str:
    """Where a value is in its document, whichever element of an array.

    >>> path(["orders", 3, "id"])
    '$.orders[].id'
    """
    return "$" + "".join("[]" if isinstance(step, int) else f".{step[:40]}" for step in steps[:16])


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    sys.set_int_max_str_digits(4300)
    validators = Validators(**json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        request = json.loads(line)
        documents = request["documents"]
        signal.setitimer(signal.ITIMER_PROF, SECONDS + sum(SECONDS_EACH + SECONDS_A_BYTE * len(text) for _, text in documents))
        answers = [_answered(validators, request["schemas"][at], text) for at, text in documents]
        signal.setitimer(signal.ITIMER_PROF, 0)
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


def _answered(validators: Validators, schema: str, document: str) -> tuple[str, list[list[str]]]:
    try:
        return validators.answer(schema, document)
    except (ValueError, RecursionError):  # numbers of thousands of digits
        return "undecided", []


if __name__ == "__main__":
    main()
