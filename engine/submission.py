"""An audit as a Ray job: handed to a cluster, followed to its end, lost sight of and found again.

What `ray job submit --working-dir . -- python -m engine audit PLAN --out OUT --on ray` does, and what it does not: the job is
followed over HTTP requests that each have an end, so a connection that broke, or that nobody answers on, costs a pause; and the
command ends with the audit's own exit code, which Ray's replaces by 1.
"""

import os
import secrets
import shlex
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import AuditorError, PlanError, nearest

POLL_SECONDS = 2.0
"""Between two looks at a job that has something to say; they come to be `LONGEST_POLL_SECONDS` apart where it has not."""
LONGEST_POLL_SECONDS = 10.0
LOST_SECONDS = 900.0
"""How long a cluster may be silent before it is given up."""
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED"})
FORGOTTEN = "does not exist"


class Entrypoint(BaseModel):
    """What the driver of the job holds while it runs; by default nothing, so it starts on a head without CPUs to give."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_cpus: Annotated[float, Field(ge=0)] = 0
    num_gpus: Annotated[float, Field(ge=0)] = 0
    memory_bytes: Annotated[int, Field(ge=0)] = 0
    resources: Mapping[str, float] = {}


class ClusterFile(BaseModel):
    """A cluster that audits are submitted to: a small TOML file.

    Args:
        address: of the head's dashboard ("http://head:8265"); default: that of RAY_API_SERVER_ADDRESS.
        working_dir: the folder that travels with the job: the checkout, or a folder with the plan where the image has the code.
        excludes: what does not travel, as patterns of .gitignore; what .gitignore names stays behind anyway.
        pip: packages that the image lacks, installed once a node.
        image: a container image for the workers of this job.
        pass_env: names of variables whose values go from this environment to the workers'.
        env_vars: other variables of the workers.
        entrypoint: what the driver holds.

    >>> ClusterFile(address="http://head:8265", env_vars={"OMP_NUM_THREADS": "1"}).runtime_env({})["env_vars"]
    {'OMP_NUM_THREADS': '1'}
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, Field(pattern=r"^https?://")] | None = None
    working_dir: str = "."
    excludes: tuple[str, ...] = ()
    pip: tuple[str, ...] = ()
    image: str | None = None
    pass_env: tuple[str, ...] = ()
    env_vars: Mapping[str, str] = {}
    entrypoint: Entrypoint = Entrypoint()

    @model_validator(mode="after")
    def _one_way_to_packages(self) -> "ClusterFile":
        if self.pip and self.image:
            raise ValueError("'pip' and 'image' exclude each other: put the packages into the image")
        return self

    def runtime_env(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """Ray's runtime environment of the job, with values from this environment for the names to pass.

        Raises:
            PlanError: when a name to pass is not set.
        """
        lacking = [name for name in self.pass_env if name not in environment]
        if lacking:
            raise PlanError(f"pass_env names {', '.join(lacking)}, which this environment does not set")
        passed = {name: environment[name] for name in self.pass_env}
        found: dict[str, Any] = {"working_dir": self.working_dir, "env_vars": {**self.env_vars, **passed}}
        found |= {"excludes": [*self.excludes]} if self.excludes else {}
        found |= {"pip": [*self.pip]} if self.pip else {}
        found |= {"image_uri": self.image} if self.image else {}
        return found


def load_cluster_file(path: str | Path) -> ClusterFile:
    """The cluster in a TOML file.

    Raises:
        PlanError: for a file that cannot be read, is not TOML, or says what no cluster has.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(f"{path} cannot be read as a cluster: {error}") from error
    try:
        return ClusterFile.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        if first["type"] == "extra_forbidden":
            known = ClusterFile.model_fields if len(first["loc"]) == 1 else Entrypoint.model_fields
            raise PlanError(f"{path}: '{where}' is not a setting{nearest(str(first['loc'][-1]), known)}") from error
        raise PlanError(f"{path}: '{where}': {first['msg']}") from error


def entrypoint(plan: str, out: str, working_dir: str, options: Sequence[str] = ()) -> str:
    """The command that the cluster runs. A plan in the working folder is named from there, any other by its whole path.

    >>> entrypoint("audit.toml", "s3://bucket/out", ".", ["--strict"])
    'python -m engine audit audit.toml --out s3://bucket/out --on ray --strict'
    """
    path, folder = Path(plan).resolve(), Path(working_dir).resolve()
    named = path.relative_to(folder) if path.is_relative_to(folder) else path
    place = out if "://" in out else str(Path(out).resolve())
    return shlex.join(["python", "-m", "engine", "audit", str(named), "--out", place, "--on", "ray", *options])


class Jobs(Protocol):
    """What is asked of a cluster: Ray's `JobSubmissionClient`."""

    def submit_job(self, **job: Any) -> str:
        """Start a job; return its name."""
        ...

    def get_job_info(self, job_id: str) -> Any:
        """How a job stands."""
        ...

    def get_job_logs(self, job_id: str) -> str:
        """All that a job has written so far."""
        ...


@dataclass(frozen=True)
class Ending:
    """How a job ended.

    Args:
        status: Ray's word: SUCCEEDED, FAILED or STOPPED.
        exit_code: the audit's, or 1 where it never got to give one.
        message: what Ray says about it.
    """

    status: str
    exit_code: int
    message: str = ""


@dataclass(frozen=True)
class Pace:
    """How often a job is looked at, and for how long nobody may answer."""

    poll_seconds: float = POLL_SECONDS
    longest_seconds: float = LONGEST_POLL_SECONDS
    lost_seconds: float = LOST_SECONDS

    def pauses(self) -> Iterator[float]:
        """Longer and longer pauses."""
        pause = self.poll_seconds
        while True:
            yield pause
            pause = min(self.longest_seconds, 1.5 * pause)


def submit(jobs: Jobs, cluster: ClusterFile, command: str, environment: Mapping[str, str] = os.environ) -> str:
    """Start the command on the cluster; return the job's name.

    The name is chosen here, so a request whose answer was lost can be made again: a second job of this name is refused.

    Raises:
        AuditorError: when the cluster does not take the job.
    """
    name = f"auditor-{secrets.token_hex(6)}"
    held = cluster.entrypoint
    job = {
        "entrypoint": command,
        "submission_id": name,
        "runtime_env": cluster.runtime_env(environment),
        "entrypoint_num_cpus": held.num_cpus,
        "entrypoint_num_gpus": held.num_gpus,
        "entrypoint_memory": held.memory_bytes,
        "entrypoint_resources": dict(held.resources),
    }
    for last in (False, False, True):
        try:
            jobs.submit_job(**{key: value for key, value in job.items() if value})
        except OSError as error:
            if last:
                raise AuditorError(f"the cluster did not take the job: {error}") from error
            time.sleep(POLL_SECONDS)
        except RuntimeError as error:
            if "already exists" in str(error):
                return name
            raise AuditorError(f"the cluster did not take the job: {error}") from error
        else:
            return name
    raise AssertionError("unreachable")


def follow(jobs: Jobs, name: str, say: Callable[[str], None], pace: Pace = Pace()) -> Ending:
    """Say every line that the job writes, once, until it ends.

    A cluster that does not answer, or answers with an error, is asked again; its lines so far are not said twice.

    Raises:
        AuditorError: when the cluster knows the job no more, or was silent for ``pace.lost_seconds``.
    """
    said, heard = 0, time.monotonic()
    pauses = pace.pauses()
    while True:
        try:
            info = jobs.get_job_info(name)
            lines = jobs.get_job_logs(name).splitlines(keepends=True)
        except (OSError, RuntimeError, ValueError) as error:  # ValueError: half an answer is no JSON
            _check_lost(name, error, time.monotonic() - heard, pace)
            time.sleep(next(pauses))
            continue
        heard, ended = time.monotonic(), str(getattr(info.status, "value", info.status)) in ENDED
        whole = len(lines) if ended or not lines or lines[-1].endswith("\n") else len(lines) - 1
        for line in lines[said:whole]:
            say(line.rstrip("\n"))
        if ended:
            return _ending(info)
        if whole > said:
            pauses = pace.pauses()
        said = max(said, whole)
        time.sleep(next(pauses))


def _check_lost(name: str, error: Exception, silent_seconds: float, pace: Pace) -> None:
    if FORGOTTEN in str(error):
        raise AuditorError(f"the cluster knows no job {name} any more: submit again, it goes on from OUT") from error
    if silent_seconds > pace.lost_seconds:
        raise AuditorError(
            f"the cluster was silent for {silent_seconds:.0f} s ({error}); `ray job logs --follow {name}` finds the job again"
        ) from error


def _ending(info: Any) -> Ending:
    status = str(getattr(info.status, "value", info.status))
    code = 0 if status == "SUCCEEDED" else info.driver_exit_code or 1
    return Ending(status, code, info.message or "")
