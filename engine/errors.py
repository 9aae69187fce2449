"""What can go wrong, and the exit code each ends the command with.

::

    AuditorError                1   something failed that no other class names
    ├── UsageError              2   the user can mend it; raised before any work starts
    │   ├── PlanError               the plan names what does not exist or contradicts itself
    │   ├── SourceError             data that is not there, is empty or may not be read
    │   └── StoreError              OUT holds another audit, or cannot be written
    ├── StorageError        2   storage refuses everything, or does not answer: ends a run, whose work is kept
    ├── SandboxError            1   untrusted code cannot be contained here
    ├── ShardFault              3   one unit cannot be read: quarantined, or raised under ``--strict``
    └── GateFailure             1   the report does not meet what the gate asks

Every message is one sentence that says what is wrong, where, and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class AuditorError(Exception):
    """The root: catch it to catch whatever the auditor raises on purpose."""

    exit_code = 1


class UsageError(AuditorError):
    """The user can mend it. Raised before any work starts."""

    exit_code = 2


class PlanError(UsageError):
    """The plan names what does not exist, or contradicts itself."""


class SourceError(UsageError):
    """Data that is not there, is empty, or may not be read."""


class StoreError(UsageError):
    """OUT holds another audit, or cannot be written."""


class StorageError(AuditorError):
    """Storage refuses everything, or does not answer: the run ends, what it did is kept, and the same command goes on."""

    exit_code = 2


class SandboxError(AuditorError):
    """Untrusted code cannot be contained here."""


class ShardFault(AuditorError):
    """One unit of a shard cannot be read; its records are quarantined together.

    Args:
        path: the shard.
        cause: what is wrong with it, without the path.
    """

    exit_code = 3

    def __init__(self, path: str, cause: str) -> None:
        super().__init__(path, cause)
        self.path = path
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"


class GateFailure(AuditorError):
    """The report does not meet what the gate asks."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of an error message that suggests what may have been meant.

    >>> nearest("text.distinct", ["text.distinct_n", "text.self_bleu"])
    "; did you mean 'text.distinct_n'?"
    >>> nearest("zebra", ["text.distinct_n"])
    ''
    """
    matches = get_close_matches(word, list(known), n=3, cutoff=0.5)
    return "; did you mean " + " or ".join(repr(match) for match in matches) + "?" if matches else ""
