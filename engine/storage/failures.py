"""What goes wrong with storage: what passes and is waited out, what ends a run, and how it is said."""

import errno
import http
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fsspec.exceptions import FSTimeoutError

from engine.errors import AuditorError, StorageError
from engine.storage.names import redact, without

T = TypeVar("T")

_ATTEMPTS, _FIRST_SECONDS = 7, 0.1

_TRANSIENT = (TimeoutError, ConnectionError, FSTimeoutError)
_TRANSIENT_NAMES = frozenset(
    {
        *("ClientConnectionError", "ClientPayloadError", "HTTPClientError", "IncompleteRead", "ResponseParserError"),
        *("ServiceRequestError", "ServiceResponseError", "TransportError", "FlexibleChecksumError"),
    }
)
"""Of aiohttp, botocore, http.client, azure.core and google.auth, which are not imported for this."""
_TRANSIENT_NUMBERS = frozenset({errno.EBUSY, errno.EAGAIN, getattr(errno, "EREMOTEIO", errno.EBUSY)})
_TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_RENEW = "renew them and run the same command, which goes on from what is done"
_REFUSED = {
    "ExpiredToken": f"the credentials have expired: {_RENEW}",
    "ExpiredTokenException": f"the credentials have expired: {_RENEW}",
    "TokenRefreshRequired": f"the credentials have expired: {_RENEW}",
    "InvalidToken": f"the credentials are not valid: {_RENEW}",
    "InvalidAccessKeyId": f"the credentials are not valid: {_RENEW}",
    "SignatureDoesNotMatch": f"the credentials are not valid: {_RENEW}",
    "RequestTimeTooSkewed": "this machine's clock differs too much from the storage's: set it and run the same command",
    "400": f"it refuses every request (400), as it does when credentials have expired: {_RENEW}",
}
"""What the storage says of every request alike, so that no shard is to blame."""


def patiently(act: Callable[[], T], url: str) -> T:
    """The result of ``act``, tried again and again, ever later, while what fails may pass: a busy or broken connection.

    Raises:
        StorageError: when nothing passed within about ten seconds, or when the storage refuses whatever it is asked.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return act()
        except Exception as error:
            if attempt == _ATTEMPTS - 1 or _refusal(error) or not passes(error):
                if end := ended(error, url):
                    raise end from error
                raise
        time.sleep(_FIRST_SECONDS * 2**attempt * (1 + random.random()))  # noqa: S311 - spreads out retries
    raise AssertionError("unreachable")


def ended(error: BaseException, url: str) -> StorageError | None:
    """What ends a run: storage that refuses everything, or does not answer however often it is asked; None for another error.

    >>> ended(FileNotFoundError(), "s3://bucket/a") is None
    True
    """
    if isinstance(error, AuditorError):
        return None
    refused = _refusal(error)
    if refused:
        return StorageError(f"{redact(url)} cannot be used: {refused}")
    if passes(error):
        cause = cause_of(next(one for one in _chain(error) if _passes(one)), url)
        return StorageError(f"{redact(url)} does not answer ({cause}): the same command goes on from what is done")
    return None


def passes(error: BaseException) -> bool:
    """Whether what failed may go well the next time: the storage is busy, or the connection broke.

    >>> passes(TimeoutError()), passes(OSError(errno.EBUSY, "Please reduce your request rate.")), passes(FileNotFoundError())
    (True, True, False)
    """
    return not isinstance(error, AuditorError) and any(_passes(one) for one in _chain(error))


def _passes(error: BaseException) -> bool:
    if isinstance(error, _TRANSIENT) or {kind.__name__ for kind in type(error).__mro__} & _TRANSIENT_NAMES:
        return True
    return (isinstance(error, OSError) and error.errno in _TRANSIENT_NUMBERS) or _status(error) in _TRANSIENT_STATUS


def _refusal(error: BaseException) -> str | None:
    for one in _chain(error):
        code = _response(one).get("Error", {}).get("Code")
        if code in _REFUSED:
            return _REFUSED[code]
        if _status(one) == http.HTTPStatus.UNAUTHORIZED or type(one).__name__ in ("ClientAuthenticationError", "RefreshError"):
            return _REFUSED["InvalidToken"]
    return None


def _status(error: BaseException) -> int | None:
    """The HTTP status behind an error, as the packages of the clouds keep it."""
    given = _response(error).get("ResponseMetadata", {}).get("HTTPStatusCode")
    found = (given, *(getattr(error, name, None) for name in ("status", "status_code", "code")))
    return next((int(one) for one in found if isinstance(one, int | http.HTTPStatus) or str(one).isdigit()), None)


def _response(error: BaseException) -> dict[str, Any]:
    given = getattr(error, "response", None)
    return given if isinstance(given, dict) else {}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from."""
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__


def cause_of(error: BaseException, url: str = "") -> str:
    """What went wrong, in a few words and without secrets."""
    refused = _refusal(error)
    if refused:
        return refused
    if isinstance(error, PermissionError):
        return "access is denied"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "the disk is full: make room and run the same command, which goes on from what is done"
    if isinstance(error, OSError) and error.errno == errno.EROFS:
        return "the file system is read-only"
    if isinstance(error, FileNotFoundError):
        return "there is nothing there"
    if type(error).__name__ in ("NoCredentialsError", "PartialCredentialsError"):
        return "no credentials were found"
    lines = str(getattr(error, "strerror", None) or error).splitlines() or [""]
    return without(lines[0], url)[:300] or type(error).__name__
