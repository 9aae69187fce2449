"""The jobs of a cluster: Ray's own client of them."""

import os
from typing import Any

import ray

from engine.errors import UsageError
from engine.storage.names import redact

REQUEST_SECONDS = 60
ADDRESS_VARIABLE = "RAY_API_SERVER_ADDRESS"


def job_client(address: str | None) -> Any:
    """Ray's client of a cluster's jobs. Each of its requests has an end, so a connection that nobody answers on is noticed.

    Args:
        address: of the head's dashboard; None takes that of RAY_API_SERVER_ADDRESS.

    Raises:
        UsageError: when nothing answers there, or the token is not right.
    """
    from ray.job_submission import JobSubmissionClient

    class Client(JobSubmissionClient):  # type: ignore[misc]
        def _do_request(self, method: str, endpoint: str, **options: Any) -> Any:
            try:
                return super()._do_request(method, endpoint, **{"timeout": REQUEST_SECONDS, **options})
            except ray.exceptions.AuthenticationError as error:
                raise UsageError(f"the cluster refuses the token that RAY_AUTH_MODE and its like give: {error}") from error

    named = os.environ.get(ADDRESS_VARIABLE)
    where = address or named
    if where is None:
        raise UsageError(f"no cluster is named: give its file an address, or set {ADDRESS_VARIABLE}")
    os.environ[ADDRESS_VARIABLE] = where  # Ray puts it, and RAY_ADDRESS, above the address that it is given
    try:
        return Client(where)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"no cluster answers at {redact(where)}: {error}") from error
    finally:
        os.environ.pop(ADDRESS_VARIABLE)
        if named is not None:
            os.environ[ADDRESS_VARIABLE] = named
